/**
 * What -initrd names: the initial RAM disk of a Linux kernel, or for a Multiboot
 * kernel its modules, `FILE ARGUMENTS,FILE ARGUMENTS` with a doubled comma for a literal one.
 */
import { readImage } from '../host/files.ts';
import type { MachineOptions } from '../index.ts';
import { isBzImage } from '../vmm/loaders/bzimage.ts';
import { isMultiboot } from '../vmm/loaders/multiboot.ts';
import { splitCommas } from './parse-options.ts';

/**
 * Reads the files.
 * @param limit bytes that they may have, each; `what` says why
 * @throws FileError
 */
export function openInitrd(
  initrd: string | undefined,
  kernel: Uint8Array | undefined,
  limit: number,
  what: string,
): Pick<MachineOptions, 'initrd' | 'initrdName' | 'modules'> {
  if (initrd === undefined) return {};
  if (kernel !== undefined && isMultiboot(kernel) && !isBzImage(kernel)) {
    const modules = splitCommas(initrd).map((part) => {
      const file = part.split(' ', 1)[0] ?? '';
      return { bytes: readImage(file, limit, what), name: part };
    });
    return { modules };
  }
  return { initrd: readImage(initrd, limit, what), initrdName: initrd };
}
