/**
 * Starts a Multiboot 1 kernel (Multiboot Specification 0.6.96): ELF32, or any
 * file whose header gives its addresses. Modules follow the kernel on page
 * boundaries, and after them the information structure and its strings.
 */
import { e820Map } from './e820.ts';
import { type ElfSegment, isElf, parseElf32 } from './elf32.ts';
import {
  type EntryState,
  FLAT_GDT_SIZE,
  formatSize,
  LoadError,
  type LoadTarget,
  writeFlatGdt,
  zeroTerminated,
} from './load-target.ts';
import {
  checkDemands,
  findMultibootHeader,
  type MultibootAddresses,
  type MultibootHeader,
} from './multiboot-header.ts';

/** A module and the string that goes with it (by custom its name and arguments). */
export interface MultibootModule {
  readonly bytes: Uint8Array;
  readonly name: string;
}

export interface MultibootBoot {
  readonly kernel: Uint8Array;
  readonly kernelName: string;
  /** The whole command line, the kernel's name first. */
  readonly commandLine: string;
  readonly modules?: readonly MultibootModule[];
}

const BOOTED_BY_MULTIBOOT = 0x2badb002;
const LOADER_NAME = 'transvisor';
/** Information flags: memory sizes, command line, modules, memory map, loader name. */
const INFO_FLAGS = 0x001 | 0x004 | 0x008 | 0x040 | 0x200;
const INFO_SIZE = 116;
const MODULE_ENTRY = 16;
const MAP_ENTRY = 24;
const PAGE = 0x1000;
const CLEAR_CHUNK = 0x10_0000;
/** Kernels may not load into firmware's tables or the video hole. */
const LOW_END = 0xa0000;
const HIGH_START = 0x10_0000;

interface LoadPlan {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
}

/** Whether a file has a Multiboot header. */
export function isMultiboot(file: Uint8Array): boolean {
  return findMultibootHeader(file) !== undefined;
}

/**
 * Loads kernel, modules and boot information.
 * @throws LoadError if the file is no Multiboot kernel, is truncated, or does not fit.
 */
export function loadMultiboot(target: LoadTarget, boot: MultibootBoot): EntryState {
  const { kernel, kernelName } = boot;
  const header = findMultibootHeader(kernel);
  if (header === undefined) {
    throw new LoadError(`kernel ${kernelName}: no Multiboot header in its first 8192 bytes`);
  }
  checkDemands(header, kernelName);
  const plan =
    header.addresses !== undefined
      ? planByAddresses(kernel, header, header.addresses, kernelName)
      : planElf(kernel, kernelName);
  let end = HIGH_START;
  for (const segment of plan.segments) {
    const segmentEnd = segment.physical + segment.memorySize;
    const inLow = segmentEnd <= LOW_END;
    if (!inLow && (segment.physical < HIGH_START || segmentEnd > target.ramSize)) {
      throw new LoadError(
        `kernel ${kernelName}: loads at 0x${segment.physical.toString(16)} to 0x${segmentEnd.toString(16)}, ` +
          `memory is 0 to 0xa0000 and 0x100000 to 0x${target.ramSize.toString(16)}`,
      );
    }
    end = Math.max(end, segmentEnd);
  }
  for (const { physical, offset, fileSize, memorySize } of plan.segments) {
    target.writePhysical(physical, kernel.subarray(offset, offset + fileSize));
    clear(target, physical + fileSize, physical + memorySize);
  }
  const tables = writeTables(target, boot, end);
  return {
    mode: 'protected-flat',
    eip: plan.entry,
    eax: BOOTED_BY_MULTIBOOT,
    ebx: tables.info,
    ecx: 0,
    edx: 0,
    esi: 0,
    edi: 0,
    ebp: 0,
    esp: 0,
    gdt: tables.gdt,
  };
}

/** Zeroes memory, which a machine that was reset still has its last run in. */
function clear(target: LoadTarget, start: number, end: number): void {
  const zeros = new Uint8Array(Math.min(end - start, CLEAR_CHUNK));
  for (let at = start; at < end; at += CLEAR_CHUNK) {
    target.writePhysical(at, zeros.subarray(0, end - at));
  }
}

function planElf(kernel: Uint8Array, name: string): LoadPlan {
  if (!isElf(kernel)) {
    throw new LoadError(`kernel ${name}: a Multiboot header without addresses, and not an ELF file`);
  }
  return parseElf32(kernel, name);
}

/** The address fields as one segment: the file from where `load` lies, then bss. */
function planByAddresses(
  kernel: Uint8Array,
  header: MultibootHeader,
  addresses: MultibootAddresses,
  name: string,
): LoadPlan {
  const { load, loadEnd, bssEnd, entry } = addresses;
  const offset = header.offset - (addresses.header - load);
  const fileSize = loadEnd === 0 ? kernel.length - offset : loadEnd - load;
  const memorySize = bssEnd === 0 ? fileSize : bssEnd - load;
  if (addresses.header < load || offset < 0 || fileSize <= 0 || memorySize < fileSize) {
    throw new LoadError(`kernel ${name}: the addresses in its Multiboot header contradict each other`);
  }
  if (offset + fileSize > kernel.length) {
    throw new LoadError(`kernel ${name}: truncated: ${formatSize(kernel.length)} of ${formatSize(offset + fileSize)}`);
  }
  return { entry, segments: [{ physical: load, virtual: load, offset, fileSize, memorySize }] };
}

/** Writes modules, strings, map, information structure and descriptor table above the kernel. */
function writeTables(target: LoadTarget, boot: MultibootBoot, kernelEnd: number) {
  const modules = boot.modules ?? [];
  let next = kernelEnd;
  const place = (size: number, alignment: number, what: string): number => {
    const at = Math.ceil(next / alignment) * alignment;
    if (at + size > target.ramSize) {
      throw new LoadError(
        `${what}: ${formatSize(size)} do not fit above the kernel in ${formatSize(target.ramSize)} of memory`,
      );
    }
    next = at + size;
    return at;
  };
  const put = (bytes: Uint8Array, alignment: number, what: string): number => {
    const at = place(bytes.length, alignment, what);
    target.writePhysical(at, bytes);
    return at;
  };

  const starts = modules.map(({ bytes, name }) => put(bytes, PAGE, `module ${name}`));
  next = Math.ceil(next / PAGE) * PAGE;
  const moduleTable = new DataView(new ArrayBuffer(modules.length * MODULE_ENTRY));
  modules.forEach(({ bytes, name }, i) => {
    const start = starts[i] as number;
    moduleTable.setUint32(i * MODULE_ENTRY, start, true);
    moduleTable.setUint32(i * MODULE_ENTRY + 4, start + bytes.length, true);
    moduleTable.setUint32(i * MODULE_ENTRY + 8, put(zeroTerminated(name), 1, 'module names'), true);
  });
  const map = memoryMap(target.ramSize);
  const info = new DataView(new ArrayBuffer(INFO_SIZE));
  const fields: [number, number][] = [
    [0, INFO_FLAGS],
    [4, 639], // KiB below the BIOS data area
    [8, (target.ramSize - HIGH_START) / 1024],
    [16, put(zeroTerminated(boot.commandLine), 1, 'command line')],
    [20, modules.length],
    [24, put(new Uint8Array(moduleTable.buffer), 4, 'module table')],
    [44, map.length],
    [48, put(map, 4, 'memory map')],
    [64, put(zeroTerminated(LOADER_NAME), 1, 'loader name')],
  ];
  for (const [at, value] of fields) {
    info.setUint32(at, value, true);
  }
  return {
    info: put(new Uint8Array(info.buffer), 4, 'boot information'),
    gdt: writeFlatGdt(target, place(FLAT_GDT_SIZE, 8, 'descriptor table')),
  };
}

/** The e820 map in Multiboot's form: each entry after a word with its size. */
function memoryMap(ramSize: number): Uint8Array {
  const entries = e820Map(ramSize);
  const view = new DataView(new ArrayBuffer(entries.length * MAP_ENTRY));
  entries.forEach(({ start, size, type }, i) => {
    const at = i * MAP_ENTRY;
    view.setUint32(at, MAP_ENTRY - 4, true);
    view.setUint32(at + 4, start, true);
    view.setUint32(at + 12, size, true);
    view.setUint32(at + 20, type, true);
  });
  return new Uint8Array(view.buffer);
}
