/**
 * Cases and results in bytes, as harness/harness.h has them: little-endian, everything aligned to 4 bytes.
 */
import type { ArchState, FuzzCase, Patch } from '../../case.ts';
import { fpuFromImage, fpuToImage } from './fxsave.ts';
import type { HostTables } from './tables.ts';

/** Linear addresses that a case can have memory at. */
export const FIRST = 0x1_0000;
export const LAST = 0x10_0000;
export const PAGES = (LAST - FIRST) >>> 12;
export const LAST_PAGE = LAST >>> 12;

/** FXSAVE image up to and with XMM7. */
export const FX = 288;

/** Bytes of a batch that the harness takes. */
export const BATCH = 0x20_0000;

const IN_GPR = 4;
const IN_EIP = 36;
const IN_EFLAGS = 40;
const IN_SELECTORS = 44;
const IN_BACKGROUND = 56;
const IN_DESCRIPTORS = 68;
const IN_PATCHES = 72;
const IN_RIGHTS = 76;
const IN_FX = IN_RIGHTS + PAGES;
const IN_SIZE = IN_FX + FX;

const OUT_ENDING = 4;
const OUT_TRAP = 8;
const OUT_ERROR = 12;
const OUT_CR2 = 16;
const OUT_GPR = 20;
const OUT_EIP = 52;
const OUT_EFLAGS = 56;
const OUT_SELECTORS = 60;
const OUT_PATCHES = 72;
const OUT_FX = 76;
const OUT_SIZE = OUT_FX + FX;

/** How a case ended: END_ in harness.h. */
export const END_EXCEPTION = 1;
export const END_SYSTEM_CALL = 2;
export const END_TIME = 3;
export const END_NOT_ENTERED = 4;

/** What the harness says of a case. */
export interface RawOutcome {
  readonly ending: number;
  readonly trap: number;
  readonly error: number;
  readonly cr2: number;
  readonly gpr: readonly number[];
  readonly eip: number;
  readonly eflags: number;
  readonly selectors: readonly number[];
  readonly fpu: Pick<ArchState, 'fpu' | 'mxcsr' | 'xmm'>;
  readonly written: readonly Patch[];
}

const padded = (size: number) => (size + 3) & ~3;

/** Bytes that {@link encodeCase} needs. */
export function sizeOfCase(c: FuzzCase, tables: HostTables): number {
  let size = IN_SIZE + tables.ldt.length * 4;
  for (const { at, bytes } of c.patches) if (at + bytes.length > FIRST) size += 8 + padded(bytes.length);
  return size;
}

/**
 * Writes a case. Everything of it outside of [FIRST, LAST) is left out.
 * @returns where the next one begins
 */
export function encodeCase(c: FuzzCase, tables: HostTables, to: Buffer, start: number): number {
  const { initial, background } = c;
  for (let n = 0; n < 8; n++) to.writeInt32LE(initial.gpr[n]! | 0, start + IN_GPR + n * 4);
  to.writeInt32LE(initial.eip | 0, start + IN_EIP);
  to.writeInt32LE(initial.eflags | 0, start + IN_EFLAGS);
  for (let n = 0; n < 6; n++) to.writeUInt16LE(initial.segments[n]!.selector & 0xffff, start + IN_SELECTORS + n * 2);
  to.writeInt32LE(background?.at ?? FIRST, start + IN_BACKGROUND);
  to.writeInt32LE(background?.size ?? 0, start + IN_BACKGROUND + 4);
  to.writeInt32LE(background === undefined ? 0 : background.seed | 0, start + IN_BACKGROUND + 8);
  to.writeInt32LE(tables.ldt.length >>> 1, start + IN_DESCRIPTORS);
  to.set(tables.rights, start + IN_RIGHTS);
  fpuToImage(initial, to, start + IN_FX);
  let at = start + IN_SIZE;
  for (const word of tables.ldt) at = to.writeInt32LE(word, at);
  let patches = 0;
  for (const patch of c.patches) {
    const from = Math.max(patch.at, FIRST);
    const bytes = patch.bytes.subarray(from - patch.at);
    if (bytes.length === 0) continue;
    patches++;
    to.writeInt32LE(from, at);
    to.writeInt32LE(bytes.length, at + 4);
    to.set(bytes, at + 8);
    at += 8 + padded(bytes.length);
  }
  to.writeInt32LE(patches, start + IN_PATCHES);
  to.writeInt32LE(at - start, start);
  return at;
}

/** Size of the result at `start`, or 0 while it is not all there. */
export function sizeOfResult(from: Buffer, start: number, end: number): number {
  if (end - start < OUT_SIZE) return 0;
  const size = from.readUInt32LE(start);
  return end - start < size ? 0 : size;
}

/** Reads a result that is all there; `initial` is the state that its case began with. */
export function decodeResult(from: Buffer, start: number, initial: ArchState): RawOutcome {
  const gpr: number[] = [];
  for (let n = 0; n < 8; n++) gpr.push(from.readUInt32LE(start + OUT_GPR + n * 4));
  const selectors: number[] = [];
  for (let n = 0; n < 6; n++) selectors.push(from.readUInt16LE(start + OUT_SELECTORS + n * 2));
  const written: Patch[] = [];
  let at = start + OUT_SIZE;
  for (let n = from.readUInt32LE(start + OUT_PATCHES); n > 0; n--) {
    const length = from.readUInt32LE(at + 4);
    written.push({ at: from.readUInt32LE(at), bytes: Uint8Array.from(from.subarray(at + 8, at + 8 + length)) });
    at += 8 + padded(length);
  }
  return {
    ending: from.readUInt32LE(start + OUT_ENDING),
    trap: from.readUInt32LE(start + OUT_TRAP),
    error: from.readUInt32LE(start + OUT_ERROR),
    cr2: from.readUInt32LE(start + OUT_CR2),
    gpr,
    eip: from.readUInt32LE(start + OUT_EIP),
    eflags: from.readUInt32LE(start + OUT_EFLAGS),
    selectors,
    fpu: fpuFromImage(from, start + OUT_FX, initial),
    written,
  };
}
