/**
 * Programs made of C sources, built with gcc once for each version of them, into the user's cache directory.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where builds are kept: `$XDG_CACHE_HOME/transvisor`, or `~/.cache/transvisor`. */
function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'transvisor');
}

/** gcc did not build it, or is not there. */
export class BuildError extends Error {}

/**
 * Path of a program, built where it was not yet.
 * @param folder all `.c` files in it are compiled; `.h` files count for the version
 * @param before options in front of the sources, `behind` behind them
 * @throws BuildError
 */
export function cachedProgram(
  name: string,
  folder: string,
  before: readonly string[],
  behind: readonly string[] = [],
): string {
  const files = readdirSync(folder)
    .filter((file) => /\.[ch]$/.test(file))
    .sort();
  const hash = createHash('sha256').update([...before, ...behind].join(' '));
  for (const file of files) hash.update(readFileSync(join(folder, file)));
  const directory = cacheDirectory();
  const path = join(directory, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new BuildError(`${directory}: ${(error as Error).message}`);
  }
  const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(folder, file));
  // Somebody else may be building it too: each makes their own, the last one stays.
  const own = `${path}.${randomUUID()}`;
  const built = spawnSync('gcc', [...before, '-o', own, ...sources, ...behind], { encoding: 'utf8', timeout: 60_000 });
  if (built.error === undefined && built.status === 0) {
    renameSync(own, path);
    return path;
  }
  rmSync(own, { force: true });
  throw new BuildError(built.error ? `gcc does not run: ${built.error.message}` : built.stderr.trim() || 'gcc fails');
}
