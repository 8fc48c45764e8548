/**
 * Starts a Linux bzImage by the 32-bit boot protocol (Linux's
 * Documentation/arch/x86/boot.rst): the real-mode part is only read, the
 * protected-mode part goes to 1 MiB, and the kernel is entered there with a
 * filled-in boot_params.
 */
import { e820Map } from './e820.ts';
import {
  type EntryState,
  formatSize,
  LoadError,
  type LoadTarget,
  writeFlatGdt,
  zeroTerminated,
} from './load-target.ts';

/** The files, and their names for messages. */
export interface LinuxBoot {
  readonly kernel: Uint8Array;
  readonly kernelName: string;
  readonly initrd?: Uint8Array;
  readonly initrdName?: string;
  readonly commandLine: string;
}

/** The parts of the setup header that a loader needs. */
export interface SetupHeader {
  /** Boot protocol version, 020Fh for 2.15. */
  readonly version: number;
  /** File offset of the protected-mode part. */
  readonly kernelOffset: number;
  /** End of the header in the file; it begins at 1F1h. */
  readonly headerEnd: number;
  readonly initrdMax: number;
  readonly commandLineMax: number;
  /** First address past what the kernel needs for itself before it knows its memory map. */
  readonly kernelEnd: number;
}

const SECTOR = 512;
const KERNEL_ADDRESS = 0x10_0000;
const BOOT_PARAMS = 0x1_0000;
const BOOT_PARAMS_SIZE = 0x1000;
const GDT = 0x1_1000;
const COMMAND_LINE = 0x2_0000;

/** Offsets of header fields, the same in the file and in boot_params. */
const HEADER_START = 0x1f1;
const SETUP_SECTORS = 0x1f1;
const BOOT_FLAG = 0x1fe;
const JUMP_LENGTH = 0x201;
const MAGIC = 0x202;
const VERSION = 0x206;
const LOADER_TYPE = 0x210;
const LOAD_FLAGS = 0x211;
const CODE32_START = 0x214;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const COMMAND_LINE_POINTER = 0x228;
const INITRD_MAX = 0x22c;
const RELOCATABLE = 0x234;
const COMMAND_LINE_SIZE = 0x238;
const PREFERRED_ADDRESS = 0x258;
const INIT_SIZE = 0x260;
const HEADER_MINIMUM = 0x268;
/** Offsets in boot_params alone. */
const EXTENDED_KIB = 0x002;
const ALT_MEMORY_KIB = 0x1e0;
const E820_COUNT = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_ENTRY = 20;

const MAGIC_HDRS = 0x53726448;
const LOADED_HIGH = 0x01;
const UNKNOWN_LOADER = 0xff;
/** Limits of protocols that do not tell their own. */
const OLD_INITRD_MAX = 0x37ff_ffff;
const OLD_COMMAND_LINE_MAX = 255;

/** The screen as boot_params has it: mode 3, 80 columns, an EGA or better, 25 lines, a VGA, characters of 16 lines. */
const SCREEN_INFO: readonly (readonly [at: number, value: number])[] = [
  [0x06, 3],
  [0x07, 80],
  [0x0a, 3],
  [0x0e, 25],
  [0x0f, 1],
  [0x10, 16],
];

/** Whether a file carries the Linux boot header's signatures (so it is not for Multiboot). */
export function isBzImage(file: Uint8Array): boolean {
  const view = viewOf(file);
  return (
    file.length >= MAGIC + 4 && view.getUint16(BOOT_FLAG, true) === 0xaa55 && view.getUint32(MAGIC, true) === MAGIC_HDRS
  );
}

/**
 * Reads and checks a bzImage's setup header.
 * @throws LoadError if the file is empty, truncated, no bzImage, or of a protocol before 2.02.
 */
export function parseSetupHeader(file: Uint8Array, name: string): SetupHeader {
  if (file.length === 0) {
    throw new LoadError(`kernel ${name}: the file is empty`);
  }
  if (!isBzImage(file)) {
    throw new LoadError(`kernel ${name}: neither a Linux bzImage (no boot header) nor a Multiboot image`);
  }
  const view = viewOf(file);
  const kernelOffset = ((file[SETUP_SECTORS] || 4) + 1) * SECTOR;
  const headerEnd = MAGIC + (file[JUMP_LENGTH] as number);
  if (file.length <= Math.max(kernelOffset, HEADER_MINIMUM, headerEnd)) {
    throw new LoadError(
      `kernel ${name}: truncated: ${formatSize(file.length)}, its setup code alone takes ${formatSize(kernelOffset)}`,
    );
  }
  const version = view.getUint16(VERSION, true);
  if (version < 0x0202) {
    throw new LoadError(`kernel ${name}: boot protocol ${version >> 8}.${version & 0xff}, 2.02 or later is needed`);
  }
  if ((view.getUint8(LOAD_FLAGS) & LOADED_HIGH) === 0) {
    throw new LoadError(`kernel ${name}: a zImage, which loads below 1 MiB; only a bzImage can be started`);
  }
  // syssize counts paragraphs; up to 15 bytes of padding may be missing from the file.
  const codeSize = view.getUint32(0x1f4, true) * 16;
  if (file.length - kernelOffset + 15 < codeSize) {
    const needed = formatSize(kernelOffset + codeSize);
    throw new LoadError(`kernel ${name}: truncated: ${formatSize(file.length)} of ${needed}`);
  }
  return {
    version,
    kernelOffset,
    headerEnd,
    initrdMax: version >= 0x0203 ? view.getUint32(INITRD_MAX, true) : OLD_INITRD_MAX,
    commandLineMax: version >= 0x0206 ? view.getUint32(COMMAND_LINE_SIZE, true) : OLD_COMMAND_LINE_MAX,
    kernelEnd: kernelEnd(view, version, KERNEL_ADDRESS + file.length - kernelOffset),
  };
}

/**
 * Loads kernel, initrd, command line and boot_params.
 * @throws LoadError as parseSetupHeader, or if RAM or the command line's room is too small.
 */
export function loadBzImage(target: LoadTarget, boot: LinuxBoot): EntryState {
  const header = parseSetupHeader(boot.kernel, boot.kernelName);
  if (header.kernelEnd > target.ramSize) {
    const needed = formatSize(header.kernelEnd);
    throw new LoadError(
      `kernel ${boot.kernelName}: needs ${needed} of memory, the machine has ${formatSize(target.ramSize)}`,
    );
  }
  const commandLine = zeroTerminated(boot.commandLine);
  // The lower of the kernel's limit and the room below the BIOS data area.
  const commandLineMax = Math.min(header.commandLineMax, 0x1_0000 - 1);
  if (commandLine.length - 1 > commandLineMax) {
    throw new LoadError(
      `kernel command line: ${commandLine.length - 1} characters, the kernel takes ${commandLineMax}`,
    );
  }
  const initrd = boot.initrd ?? new Uint8Array(0);
  const initrdAddress = placeInitrd(target, header, boot);

  const params = new Uint8Array(BOOT_PARAMS_SIZE);
  const view = viewOf(params);
  params.set(boot.kernel.subarray(HEADER_START, header.headerEnd), HEADER_START);
  params[LOADER_TYPE] = UNKNOWN_LOADER;
  view.setUint32(CODE32_START, KERNEL_ADDRESS, true);
  view.setUint32(RAMDISK_IMAGE, initrdAddress, true);
  view.setUint32(RAMDISK_SIZE, initrd.length, true);
  view.setUint32(COMMAND_LINE_POINTER, COMMAND_LINE, true);
  for (const [at, value] of SCREEN_INFO) params[at] = value;
  writeMemoryMap(view, target.ramSize);

  target.writePhysical(BOOT_PARAMS, params);
  target.writePhysical(COMMAND_LINE, commandLine);
  target.writePhysical(KERNEL_ADDRESS, boot.kernel.subarray(header.kernelOffset));
  target.writePhysical(initrdAddress, initrd);
  const gdt = writeFlatGdt(target, GDT);
  return {
    mode: 'protected-flat',
    eip: KERNEL_ADDRESS,
    eax: 0,
    ebx: 0,
    ecx: 0,
    edx: 0,
    esi: BOOT_PARAMS,
    edi: 0,
    ebp: 0,
    esp: BOOT_PARAMS, // the kernel sets its own; a first push must not hurt anything
    gdt,
  };
}

/** The highest page-aligned address that the kernel and RAM allow; 0 if there is no initrd. */
function placeInitrd(target: LoadTarget, header: SetupHeader, boot: LinuxBoot): number {
  const size = boot.initrd?.length ?? 0;
  if (size === 0) {
    if (boot.initrd !== undefined) {
      throw new LoadError(`initrd ${boot.initrdName ?? ''}: the file is empty`);
    }
    return 0;
  }
  const top = Math.min(target.ramSize, header.initrdMax + 1);
  const address = Math.floor((top - size) / 0x1000) * 0x1000;
  if (address < header.kernelEnd) {
    const room = Math.max(0, top - header.kernelEnd);
    throw new LoadError(
      `initrd ${boot.initrdName ?? ''}: ${formatSize(size)} do not fit, memory of ${formatSize(target.ramSize)} ` +
        `leaves ${formatSize(room)} above the kernel`,
    );
  }
  return address;
}

function writeMemoryMap(params: DataView, ramSize: number): void {
  const extendedKib = (ramSize - 0x10_0000) / 1024;
  params.setUint16(EXTENDED_KIB, Math.min(0xfc00, extendedKib), true);
  params.setUint32(ALT_MEMORY_KIB, extendedKib, true);
  const map = e820Map(ramSize);
  params.setUint8(E820_COUNT, map.length);
  map.forEach(({ start, size, type }, i) => {
    const at = E820_TABLE + i * E820_ENTRY;
    params.setUint32(at, start, true);
    params.setUint32(at + 8, size, true);
    params.setUint32(at + 16, type, true);
  });
}

/** Since 2.10 the header says how much the kernel needs, from its preferred address if that is higher than ours. */
function kernelEnd(view: DataView, version: number, loadedEnd: number): number {
  if (version < 0x020a) {
    return loadedEnd;
  }
  const preferred = view.getUint32(PREFERRED_ADDRESS, true);
  const start = view.getUint8(RELOCATABLE) !== 0 ? Math.max(KERNEL_ADDRESS, preferred) : preferred;
  return Math.max(loadedEnd, start + view.getUint32(INIT_SIZE, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
