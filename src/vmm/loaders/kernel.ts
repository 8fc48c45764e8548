/**
 * Starts whatever kernel file it is given: a Linux bzImage or a Multiboot image,
 * told apart by their headers.
 */
import { isBzImage, loadBzImage } from './bzimage.ts';
import { type EntryState, LoadError, type LoadTarget } from './load-target.ts';
import { isMultiboot, loadMultiboot, type MultibootModule } from './multiboot.ts';

export interface KernelFiles {
  readonly kernel: Uint8Array;
  readonly kernelName: string;
  /** What follows -append. */
  readonly append: string;
  /** Linux takes at most one, its initrd; a Multiboot kernel any number of modules. */
  readonly modules?: readonly MultibootModule[];
}

/** Smallest memory in which a kernel can be placed at all. */
const MEMORY_MIN = 0x20_0000;

/**
 * Loads a kernel and what goes with it.
 * @throws LoadError with one line that says what is wrong.
 */
export function loadKernel(target: LoadTarget, files: KernelFiles): EntryState {
  const { kernel, kernelName, append } = files;
  const modules = files.modules ?? [];
  if (kernel.length === 0) {
    throw new LoadError(`kernel ${kernelName}: the file is empty`);
  }
  if (target.ramSize < MEMORY_MIN) {
    throw new LoadError(`memory of ${target.ramSize} bytes: a kernel needs at least 2 MiB`);
  }
  if (!isBzImage(kernel) && isMultiboot(kernel)) {
    return loadMultiboot(target, { kernel, kernelName, commandLine: `${kernelName} ${append}`.trim(), modules });
  }
  if (modules.length > 1) {
    throw new LoadError(`initrd ${modules[1]?.name ?? ''}: Linux takes one initrd, ${modules.length} were given`);
  }
  const initrd = modules[0];
  return loadBzImage(target, {
    kernel,
    kernelName,
    commandLine: append,
    ...(initrd === undefined ? {} : { initrd: initrd.bytes, initrdName: initrd.name }),
  });
}
