/** What loader tests share: memory that records, and small files made to order. */
import type { LoadTarget, RomTarget } from '../../../src/vmm/loaders/load-target.ts';

export class TestTarget implements LoadTarget, RomTarget {
  readonly ramSize: number;
  readonly ram: Uint8Array;
  /** Images kept, one after the other, and where parts of them are mapped. */
  stored = new Uint8Array(0);
  readonly roms: { address: number; bytes: Uint8Array }[] = [];

  constructor(ramSize: number) {
    this.ramSize = ramSize;
    this.ram = new Uint8Array(ramSize).fill(0xcc);
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.ram.set(bytes, address); // throws outside RAM
  }

  storeRom(bytes: Uint8Array): number {
    const at = this.stored.length;
    const larger = new Uint8Array(at + bytes.length);
    larger.set(this.stored);
    larger.set(bytes, at);
    this.stored = larger;
    return at;
  }

  mapHigh(address: number, stored: number, size: number): void {
    this.roms.push({ address, bytes: this.stored.subarray(stored, stored + size) });
  }

  mapLegacy(address: number, stored: number, size: number): void {
    this.mapHigh(address, stored, size);
  }

  u32(address: number): number {
    return new DataView(this.ram.buffer).getUint32(address, true);
  }

  text(address: number): string {
    return new TextDecoder('latin1').decode(this.ram.subarray(address, this.ram.indexOf(0, address)));
  }

  bytes(address: number, length: number): number[] {
    return [...this.ram.subarray(address, address + length)];
  }
}

/** A bzImage of `code` bytes (all 90h) with the header fields that loaders look at. */
export function bzImage(options: { version?: number; loadFlags?: number; code?: number; initSize?: number } = {}) {
  const { version = 0x020f, loadFlags = 1, code = 4096, initSize = 0x20_0000 } = options;
  const file = new Uint8Array(5 * 512 + code).fill(0x90);
  file.fill(0, 0, 5 * 512);
  const view = new DataView(file.buffer);
  file[0x1f1] = 4;
  view.setUint32(0x1f4, code >> 4, true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint16(0x200, 0x6aeb, true); // jmp: the header ends at 26Ch
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, version, true);
  file[0x211] = loadFlags;
  view.setUint32(0x22c, 0x37ff_ffff, true);
  file[0x234] = 1;
  view.setUint32(0x238, 2047, true);
  view.setUint32(0x258, 0x10_0000, true);
  view.setUint32(0x260, initSize, true);
  return file;
}

/** A Multiboot header with `fields` after the checksum. */
export function multibootHeader(flags: number, fields: readonly number[] = []): Uint8Array {
  const words = Uint32Array.of(0x1badb002, flags, -(0x1badb002 + flags), ...fields);
  return new Uint8Array(words.buffer);
}

/** An ELF32 file with one segment: the Multiboot header and `code`, at `physical`, mapped at `virtual`. */
export function elf(
  options: { physical?: number; virtual?: number; entry?: number; bss?: number; flags?: number } = {},
) {
  const { physical = 0x10_0000, virtual = physical, bss = 0, flags = 3 } = options;
  const entry = options.entry ?? virtual + 12;
  const file = new Uint8Array(0x1000 + 16);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 1, true);
  [1, 0x1000, virtual, physical, 16, 16 + bss].forEach((value, i) => {
    view.setUint32(52 + i * 4, value, true);
  });
  file.set(multibootHeader(flags), 0x1000);
  file.set([0xf4, 0xeb, 0xfd, 0x90], 0x100c);
  return file;
}
