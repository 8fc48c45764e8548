/**
 * What loaders write to and what they hand back: memory seen as physical
 * addresses, and the state in which the processor starts.
 */

/** Guest memory as a loader sees it. */
export interface LoadTarget {
  /** Bytes of RAM from physical address 0. */
  readonly ramSize: number;
  /** Copies bytes into RAM. */
  writePhysical(address: number, bytes: Uint8Array): void;
}

/** Where ROM images are kept and mapped; all in whole pages. */
export interface RomTarget {
  /** Bytes of RAM from physical address 0. */
  readonly ramSize: number;
  /** Keeps an image. Returns its name for the others. */
  storeRom(bytes: Uint8Array): number;
  /** Maps part of what is kept, read-only, above RAM. */
  mapHigh(address: number, stored: number, size: number): void;
  /** Puts it into C0000h to FFFFFh, in front of the RAM there, until the host bridge says otherwise. */
  mapLegacy(address: number, stored: number, size: number): void;
}

/**
 * The processor's state at the first instruction.
 *
 * `protected-flat`: CR0.PE set, paging off, interrupts off, CS and the data
 * segments with base 0 and limit 4 GiB from the given table's selectors.
 * `reset`: the processor's own reset state; the registers here are ignored.
 */
export interface EntryState {
  readonly mode: 'protected-flat' | 'reset';
  readonly eip: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  /** Where the descriptors lie and which to use (protected-flat). */
  readonly gdt?: GdtEntryState;
}

/** `base` and `limit` as LGDT takes them. */
export interface GdtEntryState {
  readonly base: number;
  readonly limit: number;
  readonly codeSelector: number;
  readonly dataSelector: number;
}

/** A file that cannot be started: one line that names the file, the value and the rule. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

/** Selectors that Linux's boot protocol asks for. */
const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;
const FLAT_CODE_HIGH = 0x00cf9b00;
const FLAT_DATA_HIGH = 0x00cf9300;
const FLAT_LOW = 0x0000ffff;

/** Bytes of the table `writeFlatGdt` writes. */
export const FLAT_GDT_SIZE = 32;

/** Writes a table with flat 4 GiB ring 0 segments (code 10h, data 18h) at `base`. */
export function writeFlatGdt(target: LoadTarget, base: number): GdtEntryState {
  const view = new DataView(new ArrayBuffer(FLAT_GDT_SIZE));
  view.setUint32(CODE_SELECTOR, FLAT_LOW, true);
  view.setUint32(CODE_SELECTOR + 4, FLAT_CODE_HIGH, true);
  view.setUint32(DATA_SELECTOR, FLAT_LOW, true);
  view.setUint32(DATA_SELECTOR + 4, FLAT_DATA_HIGH, true);
  target.writePhysical(base, new Uint8Array(view.buffer));
  return { base, limit: FLAT_GDT_SIZE - 1, codeSelector: CODE_SELECTOR, dataSelector: DATA_SELECTOR };
}

/** Bytes as a person reads them, for error lines. */
export function formatSize(bytes: number): string {
  if (bytes >= 0x10_0000) {
    return `${Math.ceil(bytes / 0x10_0000)} MiB`;
  }
  return bytes >= 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${bytes} bytes`;
}

/** A string as the zero-terminated bytes guests read; above Latin-1, "?". */
export function zeroTerminated(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + 1);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = code > 0 && code < 256 ? code : 0x3f;
  }
  return bytes;
}
