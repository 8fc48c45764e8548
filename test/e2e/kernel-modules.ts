/** Debian's kernel for i386 with its modules, as one package has them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Apt, FetchError, isAptThere, privateApt, run, systemApt } from '../../guests/linux/apt.ts';
import { newestKernel } from '../../guests/linux/fetch.ts';
import { type CpioEntry, REGULAR } from '../../guests/linux/initramfs.ts';

const FOLDER = fileURLToPath(new URL('../../build/e2e', import.meta.url));
const PACKAGE = join(FOLDER, 'linux-image');

export interface ModularKernel {
  readonly kernel: string;
  /** Module files by name, without the ending. */
  readonly modules: ReadonlyMap<string, string>;
}

/** The kernel, fetched where it is not there yet; undefined, with the reason printed, where it cannot be had. */
export function modularKernel(): ModularKernel | undefined {
  try {
    if (!existsSync(PACKAGE)) fetchPackage();
    const boot = join(PACKAGE, 'boot');
    const kernel = readdirSync(boot).find((name) => name.startsWith('vmlinuz-')) ?? '';
    const files = readdirSync(join(PACKAGE, 'lib/modules'), { recursive: true, encoding: 'utf8' });
    const modules = files.filter((file) => file.endsWith('.ko'));
    const nameOf = (file: string) => file.slice(dirname(file).length + 1, -'.ko'.length);
    return {
      kernel: join(boot, kernel),
      modules: new Map(modules.map((file) => [nameOf(file), join(PACKAGE, 'lib/modules', file)])),
    };
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    console.warn(`no kernel with modules: ${error.message}`);
    return undefined;
  }
}

/** Modules as files of an initramfs: modules/NAME.ko. */
export function moduleFiles({ modules }: ModularKernel, names: readonly string[]): CpioEntry[] {
  return names.map((name) => {
    const path = modules.get(name);
    if (path === undefined) throw new FetchError(`module ${name}: not in the kernel's package`);
    return { path: `root/${name}.ko`, mode: REGULAR | 0o644, data: readFileSync(path) };
  });
}

function fetchPackage(): void {
  if (!isAptThere()) throw new FetchError('no apt here');
  const from = (apt: Apt) => {
    const name = newestKernel(apt.names('linux-image-6.1.0-'));
    if (name === undefined) throw new FetchError(`${apt.name} have no kernel for i386`);
    mkdirSync(FOLDER, { recursive: true });
    const archive = apt.download(name, join(FOLDER, 'linux-image-download'));
    rmSync(`${PACKAGE}.part`, { recursive: true, force: true });
    run('dpkg', ['-x', archive, `${PACKAGE}.part`]);
    renameSync(`${PACKAGE}.part`, PACKAGE);
  };
  try {
    from(systemApt());
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    from(privateApt(join(FOLDER, 'apt')));
  }
}
