// Fetches the parts of the Linux guest, Debian 12's kernel (flavour 686, without PAE) and a static busybox, through apt
// into a cache folder, where later runs find them without a network.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Apt, FetchError, isAptThere, privateApt, run, systemApt } from './apt.ts';
import { buildInitramfs } from './initramfs.ts';

export { FetchError };

/** Below the checkout's build/, which git ignores. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../build/guests/linux', import.meta.url));

export const NO_APT =
  'this machine has no apt to fetch Debian packages with; give a kernel of your own: ' +
  'transvisor run -kernel FILE -initrd FILE -append "console=ttyS0" -nographic';

const KERNEL_NAME = /^linux-image-6\.1\.0-(\d+)-686$/;
const BUSYBOX = 'busybox-static';

/** Where the guest's parts lie. */
export interface LinuxGuest {
  readonly kernel: string;
  readonly busybox: string;
  readonly initrd: string;
}

export interface FetchOptions {
  readonly folder?: string;
  /** Told what is being done, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

/** The newest of the kernel packages named, or undefined when none is one. */
export function newestKernel(names: readonly string[]): string | undefined {
  const release = (name: string): number => Number(KERNEL_NAME.exec(name)?.[1] ?? -1);
  return names.filter((name) => KERNEL_NAME.test(name)).sort((a, b) => release(b) - release(a))[0];
}

/**
 * Makes sure of the kernel and busybox in the cache, packs the initramfs anew, and returns their paths.
 * @throws FetchError with one line for the user when they cannot be had
 */
export function fetchLinuxGuest(options: FetchOptions = {}): LinuxGuest {
  const folder = options.folder ?? CACHE_FOLDER;
  const progress = options.onProgress ?? (() => {});
  const guest = {
    kernel: join(folder, 'vmlinuz'),
    busybox: join(folder, 'busybox'),
    initrd: join(folder, 'initrd.gz'),
  };
  if (!existsSync(guest.kernel) || !existsSync(guest.busybox)) {
    if (!isAptThere()) throw new FetchError(NO_APT);
    mkdirSync(folder, { recursive: true });
    fetchParts(folder, guest, progress);
  }
  writeFileSync(guest.initrd, buildInitramfs({ busybox: readFileSync(guest.busybox) }));
  return guest;
}

/** Tries the system's package lists, then our own; the last one's error is the one to tell. */
function fetchParts(folder: string, guest: LinuxGuest, progress: (line: string) => void): void {
  try {
    fetchFrom(systemApt(), folder, guest, progress);
    return;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    progress('loading package lists for i386 (the system has none that serve)');
  }
  try {
    fetchFrom(privateApt(join(folder, 'apt')), folder, guest, progress);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    throw new FetchError(`${error.message}; or boot a kernel of your own with transvisor run -kernel FILE`);
  }
}

function fetchFrom(apt: Apt, folder: string, guest: LinuxGuest, progress: (line: string) => void): void {
  const kernel = newestKernel(apt.names('linux-image-6.1.0-'));
  if (kernel === undefined) throw new FetchError(`${apt.name} have no linux-image-6.1.0-*-686 (Debian 12, i386)`);
  const scratch = join(folder, 'scratch');
  try {
    for (const [name, inside, prefix, target] of [
      [BUSYBOX, 'bin', 'busybox', guest.busybox],
      [kernel, 'boot', 'vmlinuz-', guest.kernel],
    ] as const) {
      progress(`fetching ${name}:i386`);
      const archive = apt.download(name, join(scratch, 'download'));
      progress(`unpacking ${basename(archive)}`);
      const unpacked = join(scratch, 'unpacked');
      rmSync(unpacked, { recursive: true, force: true });
      run('dpkg', ['-x', archive, unpacked]);
      const source = join(unpacked, inside);
      const found = existsSync(source) ? readdirSync(source).find((file) => file.startsWith(prefix)) : undefined;
      if (found === undefined) throw new FetchError(`${basename(archive)} holds no /${inside}/${prefix}*`);
      // Under its own name only once it is whole.
      copyFileSync(join(source, found), `${target}.part`);
      renameSync(`${target}.part`, target);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
