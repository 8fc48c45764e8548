/**
 * The video memory window A0000h..BFFFFh without an adapter's picture: 128 KiB
 * of plain bytes, so that what guests draw is kept and harmless.
 */
import type { AccessSize } from './io-bus.ts';
import type { MmioBus, MmioHandler } from './mmio-bus.ts';

export const VGA_HOLE_START = 0xa0000;
export const VGA_HOLE_SIZE = 0x20000;

export class VgaHole implements MmioHandler {
  readonly bytes = new Uint8Array(VGA_HOLE_SIZE);

  attach(mmio: MmioBus): void {
    mmio.register(VGA_HOLE_START, VGA_HOLE_SIZE, this);
  }

  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) {
      value |= (this.bytes[offset + i] ?? 0xff) << (i * 8);
    }
    return value >>> 0;
  }

  write(offset: number, value: number, size: AccessSize): void {
    for (let i = 0; i < size && offset + i < VGA_HOLE_SIZE; i++) {
      this.bytes[offset + i] = value >>> (i * 8);
    }
  }
}
