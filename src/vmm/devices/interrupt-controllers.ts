/**
 * The board's interrupt wiring: every line goes to the pair of 8259s and to the I/O
 * APIC; what comes of it goes through the local APIC to the processor.
 *
 * IRQ 0 is at input 2 of the I/O APIC, the others at the input of their number. The 8259s' output is at
 * LINT0, or straight at the processor where the IMCR says so (MultiProcessor Specification 1.4, 3.6.2.1) or
 * where there is no local APIC. `intr` is the wire to the processor, kept current on every change.
 */

import { ApicRegisters } from './apic/apic-registers.ts';
import { IO_APIC_BASE, IoApic } from './apic/io-apic.ts';
import { LocalApic } from './apic/local-apic.ts';
import type { Clock } from './clock.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import type { MmioBus } from './mmio-bus.ts';
import { Pic } from './pic.ts';

const PAGE_SIZE = 0x1000;
const LOCAL_APIC_BASE = 0xfee0_0000;
/** IA32_APIC_BASE. */
const BASE_ENABLED = 1 << 11;
const BASE_ADDRESS = 0xffff_f000;

const IMCR_SELECT = 0x22;
const IMCR_INDEX = 0x70;
const THROUGH_APIC = 1;

const IO_APIC_TIMER_PIN = 2;

/** What the controllers do to the processor. */
export interface ProcessorPins {
  /** INTR has changed. */
  interrupt(intr: boolean): void;
  nmi(): void;
  init(): void;
  /** The time-stamp deadline has passed: its MSR reads 0 from now on. */
  deadlineOver(): void;
  /** The local APIC's page is at physical page `to` instead of `from`; undefined: nowhere. */
  apicMoved(from: number | undefined, to: number | undefined): void;
}

export class InterruptControllers {
  readonly pic: Pic;
  readonly ioApic: IoApic;
  /** Absent: the processor has none. */
  readonly localApic: LocalApic | undefined;
  /** The wire to the processor. */
  intr = false;
  private readonly pins: ProcessorPins;
  private readonly registers: ApicRegisters | undefined;
  private mmio: MmioBus | undefined;
  /** Where the local APIC's page is. */
  private base: number | undefined;
  private close: () => void = () => {};
  /** How many drive each line. */
  private readonly drivers = new Uint8Array(16);
  private imcrSelected = 0;
  /** Powered on as firmware leaves it: everything goes through the local APIC. */
  private imcr = THROUGH_APIC;

  constructor(clock: Clock, withApic: boolean, pins: ProcessorPins) {
    this.pins = pins;
    this.pic = new Pic((intr) => this.picChanged(intr));
    this.ioApic = new IoApic((message) => this.localApic?.accept(message) ?? false);
    if (!withApic) return;
    this.localApic = new LocalApic(clock, {
      changed: () => this.update(),
      nmi: () => pins.nmi(),
      init: () => pins.init(),
      accepting: () => this.ioApic.retry(),
      endOfInterrupt: (vector) => this.ioApic.endOfInterrupt(vector),
      deadlineOver: () => pins.deadlineOver(),
    });
    this.registers = new ApicRegisters(this.localApic);
  }

  attach(io: IoBus, mmio: MmioBus): void {
    this.mmio = mmio;
    this.pic.attach(io);
    if (this.localApic === undefined) return;
    mmio.register(IO_APIC_BASE, PAGE_SIZE, this.ioApic);
    this.place(LOCAL_APIC_BASE);
    io.register(IMCR_SELECT, 2, {
      read: (port) => (port === IMCR_SELECT ? this.imcrSelected : this.imcrSelected === IMCR_INDEX ? this.imcr : 0xff),
      write: (port, value) => {
        if (port === IMCR_SELECT) this.imcrSelected = value;
        else if (this.imcrSelected === IMCR_INDEX) {
          this.imcr = value & THROUGH_APIC;
          this.update();
        }
      },
    });
  }

  /** Power-on state; the lines stay as devices drive them. */
  reset(): void {
    this.imcrSelected = 0;
    this.imcr = THROUGH_APIC;
    this.pic.reset();
    this.ioApic.reset();
    this.localApic?.reset();
    if (this.localApic !== undefined) this.place(LOCAL_APIC_BASE);
    this.update();
  }

  /**
   * A new driver of the line of ISA IRQ 0..15 (not 2, the cascade): the line is active while any of its drivers is.
   * @throws RangeError for any other number
   */
  line(irq: number): IrqLine {
    const pic = this.pic.line(irq);
    const pin = irq === 0 ? IO_APIC_TIMER_PIN : irq;
    let active = false;
    const drive = (level: boolean) => {
      if (level === active) return;
      active = level;
      const drivers = (this.drivers[irq] as number) + (level ? 1 : -1);
      this.drivers[irq] = drivers;
      if (drivers !== (level ? 1 : 0)) return;
      if (level) pic.raise();
      else pic.lower();
      this.ioApic.setInput(pin, level);
    };
    return { raise: () => drive(true), lower: () => drive(false) };
  }

  /** The board's NMI, a pulse: at LINT1, which may not let it through. */
  nmi(): void {
    const { localApic } = this;
    if (localApic === undefined || this.imcr === 0) {
      this.pins.nmi();
      return;
    }
    localApic.setLint(1, true);
    localApic.setLint(1, false);
  }

  /** INTA: the vector of the interrupt to be delivered. */
  acknowledge(): number {
    const { localApic } = this;
    if (localApic !== undefined && localApic.pending >= 0) return localApic.acknowledge();
    if (this.externalPending()) return this.pic.acknowledge();
    return localApic?.acknowledge() ?? this.pic.acknowledge();
  }

  /** A write of IA32_APIC_BASE; reserved bits have been checked. @param low its low word */
  setApicBase(low: number): void {
    const { localApic } = this;
    if (localApic === undefined) return;
    const enabled = (low & BASE_ENABLED) !== 0;
    this.place(enabled ? (low & BASE_ADDRESS) >>> 0 : undefined);
    localApic.setEnabled(enabled);
  }

  /** The registers as text. */
  describe(): string {
    const lines = [this.pic.describe()];
    const { localApic } = this;
    if (localApic !== undefined) lines.push(localApic.describe(), this.ioApic.describe());
    return lines.join('\n');
  }

  /** Whether an interrupt of the 8259s may go to the processor now. */
  private externalPending(): boolean {
    return this.pic.intr && (this.localApic === undefined || this.imcr === 0 || this.localApic.passesExternal);
  }

  private picChanged(intr: boolean): void {
    this.localApic?.setLint(0, intr);
    this.update();
  }

  private update(): void {
    const intr = (this.localApic !== undefined && this.localApic.pending >= 0) || this.externalPending();
    if (intr === this.intr) return;
    this.intr = intr;
    this.pins.interrupt(intr);
  }

  /** Puts the local APIC's page at a physical address, or nowhere. */
  private place(to: number | undefined): void {
    const { base: from, mmio, registers } = this;
    if (from === to || mmio === undefined || registers === undefined) return;
    this.close();
    this.base = to;
    this.close = to === undefined ? () => {} : mmio.openWindow(to, PAGE_SIZE, registers);
    this.pins.apicMoved(from, to);
  }
}
