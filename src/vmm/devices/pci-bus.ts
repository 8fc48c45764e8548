/**
 * The PCI bus 0 as configuration mechanism 1 shows it (CF8h/CFCh): which
 * functions there are, what they decode, and where their interrupt pins lead.
 *
 * A doubleword at CF8h selects, CFCh to CFFh read and write; what is not there reads all
 * ones, by which guests see that. Port CF9h in between is reset control.
 */
import type { IrqLine } from './interrupt-line.ts';
import { type AccessSize, allOnes, type IoBus } from './io-bus.ts';
import type { MmioBus } from './mmio-bus.ts';
import { type Bar, PCI_COMMAND, type PciFunction, type PciWindow } from './pci-function.ts';

const ENABLE = 0x8000_0000;
const RESET_CPU = 0x04;
const LAST_BAR_BYTE = 0x33;
const PINS = 4;

/** Where the four interrupt wires of the bus lead. */
export interface PirqSink {
  /** Drives wire 0 to 3. */
  setPirq(wire: number, active: boolean): void;
}

interface OpenWindow extends PciWindow {
  close(): void;
}

interface Slot {
  readonly pci: PciFunction;
  open: OpenWindow[];
}

export class PciBus {
  /** CF8h: the configuration address, unsigned. */
  address = 0;
  /** CF9h. */
  resetControl = 0;
  /** What takes the interrupt wires; undefined until the machine has one. */
  pirqSink: PirqSink | undefined;
  private readonly io: IoBus;
  private readonly mmio: MmioBus;
  private readonly onReset: () => void;
  /** By device * 8 + function. */
  private readonly slots = new Map<number, Slot>();
  /** How many pins drive each wire. */
  private readonly wires = new Uint8Array(PINS);

  /** @param onReset the guest's request, by CF9h */
  constructor(io: IoBus, mmio: MmioBus, onReset: () => void) {
    this.io = io;
    this.mmio = mmio;
    this.onReset = onReset;
    io.register(0xcf8, 4, {
      wide: true,
      read: (port, size) => this.readAddress(port, size),
      write: (port, value, size) => this.writeAddress(port, value, size),
    });
    io.register(0xcfc, 4, {
      wide: true,
      read: (port, size) => this.readData(port & 3, size),
      write: (port, value, size) => this.writeData(port & 3, value, size),
    });
  }

  /**
   * Puts a function on the bus; its registers' values now are those at reset.
   * @throws RangeError where there is one already
   */
  add(device: number, number: number, pci: PciFunction): void {
    const at = device * 8 + number;
    if (device < 0 || device > 31 || number < 0 || number > 7 || this.slots.has(at)) {
      throw new RangeError(`PCI function ${device}.${number}: taken, or no such place`);
    }
    if (pci.interruptPin !== 0) pci.intx = this.pin(device, pci.interruptPin);
    pci.seal();
    this.slots.set(at, { pci, open: [] });
    this.decode(at);
  }

  /** Adds it as function 0 of the first free device. Returns the device's number. @throws RangeError when all are taken */
  addNext(pci: PciFunction): number {
    for (let device = 2; device < 32; device++) {
      if (this.slots.has(device * 8)) continue;
      this.add(device, 0, pci);
      return device;
    }
    throw new RangeError('PCI bus: all 32 devices are taken');
  }

  /** Writes configuration space as a guest does, at `at` within a doubleword. */
  configure(device: number, number: number, at: number, value: number, size: number): void {
    const place = device * 8 + number;
    this.slots.get(place)?.pci.write(at, value, size);
    if (this.slots.has(place)) this.decode(place);
  }

  /** The functions on the bus, with their places, lowest first. */
  list(): { readonly device: number; readonly number: number; readonly pci: PciFunction }[] {
    const places = [...this.slots.keys()].sort((a, b) => a - b);
    return places.map((at) => ({ device: at >> 3, number: at & 7, pci: (this.slots.get(at) as Slot).pci }));
  }

  reset(): void {
    this.address = 0;
    this.resetControl = 0;
    for (const [at, { pci }] of this.slots) {
      pci.reset();
      pci.intx.lower();
      this.decode(at);
    }
  }

  /** The wire of a function's pin: INTA# of device 1 is wire 0, and each device is one further on. */
  private pin(device: number, pin: number): IrqLine {
    const wire = (device + pin + 2) & 3;
    let active = false;
    const drive = (level: boolean) => {
      if (level === active) return;
      active = level;
      const count = (this.wires[wire] as number) + (level ? 1 : -1);
      this.wires[wire] = count;
      if (count === (level ? 1 : 0)) this.pirqSink?.setPirq(wire, level);
    };
    return { raise: () => drive(true), lower: () => drive(false) };
  }

  /** Opens what a function decodes now, and closes what it no longer does. */
  private decode(at: number): void {
    const slot = this.slots.get(at) as Slot;
    const wanted = slot.pci.windows();
    const same = (a: PciWindow, b: PciWindow) => a.bar === b.bar && a.base === b.base;
    const gone = slot.open.filter((window) => !wanted.some((other) => same(window, other)));
    for (const window of gone) window.close();
    slot.open = wanted.map((window) => slot.open.find((other) => same(window, other)) ?? this.open(window));
    for (const { bar } of gone) {
      if (bar.kind === 'memory' && !wanted.some((other) => other.bar === bar)) bar.onMap?.(undefined);
    }
  }

  private open({ bar, base }: PciWindow): OpenWindow {
    const close = this.openOn(bar, base);
    if (bar.kind === 'memory') bar.onMap?.(base);
    return { bar, base, close };
  }

  private openOn(bar: Bar, base: number): () => void {
    if (bar.kind === 'memory') return this.mmio.openWindow(base, bar.size, bar.handler);
    const { handler } = bar;
    return this.io.openWindow(base, bar.size, {
      ...(handler.wide === true && { wide: true }),
      read: (port, size) => handler.read(port - base, size),
      write: (port, value, size) => handler.write(port - base, value, size),
    });
  }

  private readAddress(port: number, size: AccessSize): number {
    if (port === 0xcf8 && size === 4) return this.address;
    return port === 0xcf9 && size === 1 ? this.resetControl : allOnes(size);
  }

  /** Only a doubleword reaches the address register; a byte at CF9h is reset control. */
  private writeAddress(port: number, value: number, size: AccessSize): void {
    if (port === 0xcf8 && size === 4) {
      this.address = (value & ~0x7f00_0003) >>> 0;
    } else if (port === 0xcf9 && size === 1) {
      const rising = (value & ~this.resetControl & RESET_CPU) !== 0;
      this.resetControl = value & 0x02;
      if (rising) this.onReset();
    }
  }

  /** The place that the address register selects. */
  private selected(): number {
    const { address } = this;
    const bus = (address >>> 16) & 0xff;
    return address < ENABLE || bus !== 0 ? -1 : (address >>> 8) & 0xff;
  }

  private readData(lane: number, size: AccessSize): number {
    const slot = this.slots.get(this.selected());
    if (slot === undefined) return allOnes(size);
    let value = 0;
    for (let i = 0; i < size; i++) {
      // A doubleword at CFDh runs over the register's end; those lanes float.
      const byte = lane + i < 4 ? (slot.pci.config[(this.address & 0xfc) + lane + i] as number) : 0xff;
      value |= byte << (i * 8);
    }
    return value >>> 0;
  }

  private writeData(lane: number, value: number, size: AccessSize): void {
    const at = this.selected();
    const slot = this.slots.get(at);
    if (slot === undefined) return;
    const first = (this.address & 0xfc) + lane;
    slot.pci.write(first, value, Math.min(size, 4 - lane));
    if (first >= PCI_COMMAND && first <= LAST_BAR_BYTE) this.decode(at);
  }
}
