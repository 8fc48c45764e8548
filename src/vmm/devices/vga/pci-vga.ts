/**
 * The display adapter on the PCI bus, 1234:1111 as drivers of the Bochs VBE interface look for it: BAR 0 is the
 * linear frame buffer, BAR 2 the registers once more as memory, the expansion ROM its BIOS.
 */
import type { AccessSize } from '../io-bus.ts';
import type { MmioHandler } from '../mmio-bus.ts';
import type { PciBus } from '../pci-bus.ts';
import { PciFunction } from '../pci-function.ts';
import type { Vga } from './vga.ts';

export const VGA_VENDOR = 0x1234;
export const VGA_DEVICE = 0x1111;
const REGISTERS_SIZE = 0x1000;
/** In BAR 2: ports 3C0h to 3DFh as bytes, then the interface's registers as words. */
const PORTS_AT = 0x400;
const PORTS_END = 0x420;
const DISPI_AT = 0x500;
const DISPI_END = 0x516;

/** Where nothing is mapped, as while memory is elsewhere. */
const NOTHING: MmioHandler = {
  read: (_offset, size) => (size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff),
  write() {},
};

function registers(vga: Vga): MmioHandler {
  const { dispi, ports } = vga;
  return {
    read(offset, size) {
      let value = 0;
      for (let i = 0; i < size; i++) value |= readByte(offset + i) << (8 * i);
      return value >>> 0;
    },
    write(offset, value, size) {
      if (offset >= DISPI_AT && offset < DISPI_END) writeDispi(offset, value, size);
      else for (let i = 0; i < size; i++) writePort(offset + i, (value >>> (8 * i)) & 0xff);
    },
  };

  function readByte(at: number): number {
    if (at >= PORTS_AT && at < PORTS_END) return ports.read(0x3c0 + at - PORTS_AT);
    if (at < DISPI_AT || at >= DISPI_END) return 0xff;
    return (dispi.read((at - DISPI_AT) >> 1) >>> (8 * (at & 1))) & 0xff;
  }
  function writePort(at: number, value: number): void {
    if (at >= PORTS_AT && at < PORTS_END) ports.write(0x3c0 + at - PORTS_AT, value);
  }
  /** Words, as drivers write them; single bytes change nothing. */
  function writeDispi(offset: number, value: number, size: AccessSize): void {
    if (size === 1 || (offset & 1) !== 0) return;
    dispi.write((offset - DISPI_AT) >> 1, value & 0xffff);
    if (size === 4) dispi.write((offset + 2 - DISPI_AT) >> 1, value >>> 16);
  }
}

/** Puts the adapter on the bus, at the first free device. */
export function addVgaFunction(bus: PciBus, vga: Vga, bios: Uint8Array | undefined): void {
  vga.bios = bios;
  const frameBuffer = {
    kind: 'memory',
    size: vga.video.u8.length,
    prefetchable: true,
    handler: NOTHING,
    onMap: (address: number | undefined) => vga.mapFrameBuffer(address),
  } as const;
  const bars = [frameBuffer, undefined, { kind: 'memory', size: REGISTERS_SIZE, handler: registers(vga) } as const];
  bus.addNext(
    new PciFunction({
      vendor: VGA_VENDOR,
      device: VGA_DEVICE,
      classCode: 0x030000,
      subsystemVendor: 0x1af4,
      subsystem: 0x1100,
      bars,
      ...(bios !== undefined && { rom: bios }),
    }),
  );
}
