/**
 * The Multiboot 1 header (Multiboot Specification 0.6.96, section 3.1): where it
 * is in a file, and what it asks for.
 */
import { LoadError } from './load-target.ts';

export interface MultibootHeader {
  /** File offset of the header. */
  readonly offset: number;
  readonly flags: number;
  /** The address fields, if flag 16 says that they count instead of ELF's. */
  readonly addresses: MultibootAddresses | undefined;
}

/** Physical addresses; `loadEnd` and `bssEnd` may be 0: to the file's end, no bss. */
export interface MultibootAddresses {
  readonly header: number;
  readonly load: number;
  readonly loadEnd: number;
  readonly bssEnd: number;
  readonly entry: number;
}

const MAGIC = 0x1badb002;
/** The header lies whole in this much of the file. */
const SEARCH_SIZE = 8192;
const HAS_ADDRESSES = 1 << 16;
/** Flags 0 to 15 are demands: page-aligned modules, memory information, video mode. */
const DEMANDS = 0xffff;
const DEMANDS_MET = 0x0007;

/** Finds the header, undefined if there is none. */
export function findMultibootHeader(file: Uint8Array): MultibootHeader | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = Math.min(file.length, SEARCH_SIZE);
  for (let at = 0; at + 12 <= end; at += 4) {
    if (view.getUint32(at, true) !== MAGIC) {
      continue;
    }
    const flags = view.getUint32(at + 4, true);
    if (((MAGIC + flags + view.getUint32(at + 8, true)) | 0) !== 0) {
      continue;
    }
    const complete = at + 32 <= file.length;
    const field = (i: number): number => view.getUint32(at + 12 + i * 4, true);
    const addresses =
      (flags & HAS_ADDRESSES) !== 0 && complete
        ? { header: field(0), load: field(1), loadEnd: field(2), bssEnd: field(3), entry: field(4) }
        : undefined;
    return { offset: at, flags, addresses };
  }
  return undefined;
}

/** @throws LoadError if the header demands something that this loader does not know. */
export function checkDemands(header: MultibootHeader, name: string): void {
  const unmet = header.flags & DEMANDS & ~DEMANDS_MET;
  if (unmet !== 0) {
    throw new LoadError(
      `kernel ${name}: its Multiboot header demands unknown features (flags 0x${unmet.toString(16)})`,
    );
  }
  if ((header.flags & HAS_ADDRESSES) !== 0 && header.addresses === undefined) {
    throw new LoadError(`kernel ${name}: truncated in its Multiboot header`);
  }
}
