/** Files of the package that are no code: found from source as from compiled JavaScript, which lies one folder deeper. */
import { existsSync } from 'node:fs';

/** The package's folder: the nearest one above this file that has a package.json. */
function root(): URL {
  let folder = new URL('.', import.meta.url);
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/') folder = new URL('..', folder);
  return folder;
}

/** @param path from the package's folder on */
export function packageFile(path: string): URL {
  return new URL(path, root());
}
