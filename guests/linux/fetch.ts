// Fetches the parts of the Linux guest, Debian 12's kernel (flavour 686 without PAE, or 686-pae) and a static busybox, through apt
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

/** Flavours of Debian's kernel for i386. */
export type KernelFlavour = '686' | '686-pae';

const KERNEL_NAMES: Readonly<Record<KernelFlavour, RegExp>> = {
  '686': /^linux-image-6\.1\.0-(\d+)-686$/,
  '686-pae': /^linux-image-6\.1\.0-(\d+)-686-pae$/,
};
const BUSYBOX = 'busybox-static';

/** Where the guest's parts lie. */
export interface LinuxGuest {
  readonly kernel: string;
  readonly busybox: string;
  readonly initrd: string;
}

export interface FetchOptions {
  /** Default 686. */
  readonly flavour?: KernelFlavour;
  readonly folder?: string;
  /** Told what is being done, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

/** The newest of the kernel packages named, or undefined when none is one. */
export function newestKernel(names: readonly string[], flavour: KernelFlavour = '686'): string | undefined {
  const pattern = KERNEL_NAMES[flavour];
  const release = (name: string): number => Number(pattern.exec(name)?.[1] ?? -1);
  return names.filter((name) => pattern.test(name)).sort((a, b) => release(b) - release(a))[0];
}

/**
 * Makes sure of the kernel and busybox in the cache, packs the initramfs anew, and returns their paths.
 * @throws FetchError with one line for the user when they cannot be had
 */
export function fetchLinuxGuest(options: FetchOptions = {}): LinuxGuest {
  const folder = options.folder ?? CACHE_FOLDER;
  const progress = options.onProgress ?? (() => {});
  const flavour = options.flavour ?? '686';
  const guest = {
    kernel: join(folder, flavour === '686' ? 'vmlinuz' : `vmlinuz-${flavour}`),
    busybox: join(folder, 'busybox'),
    initrd: join(folder, 'initrd.gz'),
  };
  if (!existsSync(guest.kernel) || !existsSync(guest.busybox)) {
    if (!isAptThere()) throw new FetchError(NO_APT);
    mkdirSync(folder, { recursive: true });
    fetchParts(folder, guest, flavour, progress);
  }
  writeFileSync(guest.initrd, buildInitramfs({ busybox: readFileSync(guest.busybox) }));
  return guest;
}

/** Tries the system's package lists, then our own; the last one's error is the one to tell. */
function fetchParts(folder: string, guest: LinuxGuest, flavour: KernelFlavour, progress: (line: string) => void): void {
  try {
    fetchFrom(systemApt(), folder, guest, flavour, progress);
    return;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    progress('loading package lists for i386 (the system has none that serve)');
  }
  try {
    fetchFrom(privateApt(join(folder, 'apt')), folder, guest, flavour, progress);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    throw new FetchError(`${error.message}; or boot a kernel of your own with transvisor run -kernel FILE`);
  }
}

function fetchFrom(
  apt: Apt,
  folder: string,
  guest: LinuxGuest,
  flavour: KernelFlavour,
  progress: (line: string) => void,
): void {
  const kernel = newestKernel(apt.names('linux-image-6.1.0-'), flavour);
  if (kernel === undefined) {
    throw new FetchError(`${apt.name} have no linux-image-6.1.0-*-${flavour} (Debian 12, i386)`);
  }
  const scratch = join(folder, 'scratch');
  try {
    for (const [name, inside, prefix, target] of [
      [BUSYBOX, 'bin', 'busybox', guest.busybox],
      [kernel, 'boot', 'vmlinuz-', guest.kernel],
    ] as const) {
      if (existsSync(target)) continue;
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
