/**
 * The loadable segments of a little-endian ELF32 executable for IA-32 (System V
 * ABI, chapter "Program Loading"). Only what a boot loader needs.
 */
import { formatSize, LoadError } from './load-target.ts';

/** Bytes of the file that go to a physical address, then zeros up to `memorySize`. */
export interface ElfSegment {
  readonly physical: number;
  readonly virtual: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface ElfImage {
  /** Entry point as a physical address. */
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
}

const HEADER_SIZE = 52;
const PROGRAM_HEADER_SIZE = 32;
const MAGIC = 0x464c457f;
const MACHINE_386 = 3;
const LOAD = 1;

/** Whether a file begins as ELF. */
export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && new DataView(file.buffer, file.byteOffset).getUint32(0, true) === MAGIC;
}

/**
 * Reads the program headers.
 * @throws LoadError if the file is truncated, not 32-bit IA-32, or has nothing to load.
 */
export function parseElf32(file: Uint8Array, name: string): ElfImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_SIZE) {
    throw new LoadError(`kernel ${name}: truncated: ${file.length} bytes, an ELF header takes ${HEADER_SIZE}`);
  }
  if (file[4] !== 1 || file[5] !== 1 || view.getUint16(18, true) !== MACHINE_386) {
    throw new LoadError(`kernel ${name}: an ELF file, but not a 32-bit IA-32 one`);
  }
  const tableOffset = view.getUint32(28, true);
  const entrySize = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  if (entrySize < PROGRAM_HEADER_SIZE || tableOffset + count * entrySize > file.length) {
    throw new LoadError(`kernel ${name}: truncated: its program headers lie outside the file`);
  }
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = tableOffset + i * entrySize;
    const segment: ElfSegment = {
      offset: view.getUint32(at + 4, true),
      virtual: view.getUint32(at + 8, true),
      physical: view.getUint32(at + 12, true),
      fileSize: view.getUint32(at + 16, true),
      memorySize: view.getUint32(at + 20, true),
    };
    if (view.getUint32(at, true) !== LOAD || segment.memorySize === 0) {
      continue;
    }
    if (segment.offset + segment.fileSize > file.length) {
      const end = formatSize(segment.offset + segment.fileSize);
      throw new LoadError(`kernel ${name}: truncated: ${formatSize(file.length)} of ${end}`);
    }
    if (segment.fileSize > segment.memorySize) {
      throw new LoadError(`kernel ${name}: segment ${i} is larger in the file than in memory`);
    }
    segments.push(segment);
  }
  if (segments.length === 0) {
    throw new LoadError(`kernel ${name}: an ELF file without a segment to load`);
  }
  return { entry: physicalEntry(view.getUint32(24, true), segments), segments };
}

/** Kernels linked high give their entry as a virtual address; the segment it lies in tells the physical one. */
function physicalEntry(entry: number, segments: readonly ElfSegment[]): number {
  const home = segments.find(({ virtual, memorySize }) => entry >= virtual && entry - virtual < memorySize);
  return home === undefined ? entry : (entry - home.virtual + home.physical) >>> 0;
}
