/**
 * A function on the PCI bus, as a device module builds it: configuration space,
 * base address registers with what lies behind them, an expansion ROM, an
 * interrupt pin.
 *
 * What holds: whatever a guest writes, `windows` names only ranges that the
 * function's registers enable, each of its BAR's size and aligned to it.
 */
import { type IrqLine, NO_IRQ } from './interrupt-line.ts';
import type { IoHandler } from './io-bus.ts';
import type { MmioHandler } from './mmio-bus.ts';

/** Ports; the handler is given offsets from the BAR's base. `size` is a power of two, 4 to 256. */
export interface IoBar {
  readonly kind: 'io';
  readonly size: number;
  readonly handler: IoHandler;
}

/** Memory below 4 GiB; `size` is a power of two, 4096 or more. */
export interface MemoryBar {
  readonly kind: 'memory';
  readonly size: number;
  readonly prefetchable?: boolean;
  readonly handler: MmioHandler;
  /** Told where the guest puts it, undefined for nowhere: for devices that map memory of their own there. */
  onMap?(address: number | undefined): void;
}

export type Bar = IoBar | MemoryBar;

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** Base class, subclass and programming interface: 0x010180 for an IDE controller. */
  readonly classCode: number;
  readonly revision?: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** 1 to 4 for INTA# to INTD#. */
  readonly interruptPin?: number;
  /** Function 0 of a device that has others. */
  readonly multifunction?: boolean;
  /** By BAR number, 0 to 5. */
  readonly bars?: readonly (Bar | undefined)[];
  /** What the expansion ROM's register maps. */
  readonly rom?: Uint8Array;
}

/** A range that a function decodes now; `offset`s that its handler sees count from `base`. */
export interface PciWindow {
  readonly bar: Bar;
  readonly base: number;
}

/** Offsets in configuration space. */
export const PCI_COMMAND = 0x04;
export const PCI_BAR0 = 0x10;
const ROM_BAR = 0x30;
/** Command register. */
const COMMAND_IO = 0x01;
const COMMAND_MEMORY = 0x02;
const COMMAND_MASTER = 0x04;
const COMMAND_NO_INTX = 0x400;
const ROM_ENABLE = 1;
const IO_FLAG = 1;
const PREFETCHABLE = 8;

export class PciFunction {
  readonly config = new Uint8Array(256);
  /** Bits of `config` that a guest can write. */
  readonly writable = new Uint8Array(256);
  /** Called after bytes [first, last] of `config` were written. */
  onWrite: ((first: number, last: number) => void) | undefined;
  /** Called at reset, when `config` has its first values again. */
  onReset: (() => void) | undefined;
  /** The interrupt pin; the bus connects it. */
  intx: IrqLine = NO_IRQ;
  readonly interruptPin: number;
  private readonly view = new DataView(this.config.buffer);
  private readonly bars: readonly (Bar | undefined)[];
  private readonly rom: MemoryBar | undefined;
  private initial: Uint8Array | undefined;

  constructor(identity: PciIdentity) {
    const { vendor, device, classCode, revision = 0, subsystemVendor = 0, subsystem = 0 } = identity;
    this.bars = identity.bars ?? [];
    this.rom = identity.rom === undefined ? undefined : romBar(identity.rom);
    this.interruptPin = identity.interruptPin ?? 0;
    this.set16(0x00, vendor);
    this.set16(0x02, device);
    this.set32(0x08, ((classCode << 8) | revision) >>> 0);
    this.config[0x0e] = identity.multifunction === true ? 0x80 : 0;
    this.set16(0x2c, subsystemVendor);
    this.set16(0x2e, subsystem);
    this.config[0x3d] = this.interruptPin;
    this.allow(PCI_COMMAND, 0x07, 0x05);
    this.allow(0x0c, 0xff, 0xf8); // cache line size, latency timer
    if (this.interruptPin !== 0) this.allow(0x3c, 0xff);
    this.bars.forEach((bar, n) => {
      if (bar !== undefined) this.addBar(PCI_BAR0 + n * 4, bar);
    });
    if (this.rom !== undefined) this.allow32(ROM_BAR, (-this.rom.size & 0xffff_f800) | ROM_ENABLE);
  }

  set16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  set32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  get16(at: number): number {
    return this.view.getUint16(at, true);
  }

  get32(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Lets a guest write the bits of `masks` from `at` on. */
  allow(at: number, ...masks: readonly number[]): void {
    this.writable.set(masks, at);
  }

  /** Whether the guest lets the function read and write memory. */
  get busMaster(): boolean {
    return (this.get16(PCI_COMMAND) & COMMAND_MASTER) !== 0;
  }

  /** Drives the interrupt pin, unless the command register turns it off. */
  setInterrupt(active: boolean): void {
    if (active && (this.get16(PCI_COMMAND) & COMMAND_NO_INTX) === 0) this.intx.raise();
    else this.intx.lower();
  }

  /** A guest's write of `size` bytes at `at`, within a doubleword. */
  write(at: number, value: number, size: number): void {
    for (let i = 0; i < size; i++) {
      const mask = this.writable[at + i] as number;
      this.config[at + i] = ((this.config[at + i] as number) & ~mask) | ((value >>> (i * 8)) & mask);
    }
    this.onWrite?.(at, at + size - 1);
  }

  /** What the function decodes now. */
  windows(): PciWindow[] {
    const command = this.config[PCI_COMMAND] as number;
    const found: PciWindow[] = [];
    this.bars.forEach((bar, n) => {
      if (bar === undefined) return;
      const enabled = command & (bar.kind === 'io' ? COMMAND_IO : COMMAND_MEMORY);
      const base = (this.get32(PCI_BAR0 + n * 4) & (bar.kind === 'io' ? ~3 : ~15)) >>> 0;
      if (enabled !== 0 && fits(bar, base)) found.push({ bar, base });
    });
    const rom = this.get32(ROM_BAR);
    if (this.rom !== undefined && (command & COMMAND_MEMORY) !== 0 && (rom & ROM_ENABLE) !== 0) {
      const base = (rom & 0xffff_f800) >>> 0;
      if (fits(this.rom, base)) found.push({ bar: this.rom, base });
    }
    return found;
  }

  /** Back to what `config` was when the function was put on the bus. */
  reset(): void {
    if (this.initial !== undefined) this.config.set(this.initial);
    this.onReset?.();
  }

  /** Keeps `config` as the state at reset. */
  seal(): void {
    this.initial = this.config.slice();
  }

  private addBar(at: number, bar: Bar): void {
    const least = bar.kind === 'io' ? 4 : 4096;
    if (bar.size < least || (bar.size & (bar.size - 1)) !== 0) {
      throw new RangeError(`PCI BAR of ${bar.size} bytes: a power of two from ${least} on`);
    }
    this.set32(at, bar.kind === 'io' ? IO_FLAG : bar.prefetchable === true ? PREFETCHABLE : 0);
    this.allow32(at, -bar.size & (bar.kind === 'io' ? ~3 : ~15));
  }

  private allow32(at: number, mask: number): void {
    new DataView(this.writable.buffer).setInt32(at, mask, true);
  }
}

/** A BAR at address 0 or beyond what there is decodes nothing, as while a guest measures it. */
function fits({ kind, size }: Bar, base: number): boolean {
  return base !== 0 && base + size <= (kind === 'io' ? 0x1_0000 : 0xffff_f000);
}

/** The ROM's bytes as a device, padded with ones to a power of two. */
function romBar(rom: Uint8Array): MemoryBar {
  let size = 4096;
  while (size < rom.length) size *= 2;
  return {
    kind: 'memory',
    size,
    handler: {
      read(offset, width) {
        let value = 0;
        for (let i = 0; i < width; i++) value |= (rom[offset + i] ?? 0xff) << (i * 8);
        return value >>> 0;
      },
      write() {},
    },
  };
}
