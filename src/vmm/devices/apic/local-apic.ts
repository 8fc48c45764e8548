/**
 * A local APIC in xAPIC mode (SDM vol. 3, "Advanced Programmable Interrupt
 * Controller"): what interrupts are requested and in service, and which may go to
 * the processor. Its registers as a page of memory are in apic-registers.ts.
 *
 * `pending` is kept current on every change, so that an idle APIC costs nothing.
 * Powered on, it stands as firmware leaves it, in virtual wire mode: LINT0 takes
 * the 8259's interrupts, LINT1 is NMI.
 */
import type { Clock } from '../clock.ts';
import { ApicTimer } from './apic-timer.ts';
import { LocalSources } from './local-sources.ts';
import { LVT_COUNT, LVT_ERROR, LVT_LINT0, LVT_TIMER, LVT_TIMER_MODE_SHIFT } from './local-vectors.ts';
import { type ApicMessage, MODE_FIXED, MODE_INIT, MODE_LOWEST, MODE_NMI, MODE_SMI, MODE_STARTUP } from './message.ts';
import { VectorSet } from './vector-set.ts';

/** What an APIC does to others. */
export interface ApicOutputs {
  /** `pending` or the way of the 8259's interrupts has changed. */
  changed(): void;
  nmi(): void;
  /** INIT was sent to this processor. */
  init(): void;
  /** Software has switched it on: messages that were refused may come again. */
  accepting(): void;
  /** A level-triggered interrupt has ended. */
  endOfInterrupt(vector: number): void;
  /** The deadline of the timer has passed, or will never come. */
  deadlineOver(): void;
}

const SOFTWARE_ENABLED = 1 << 8;
const BROADCAST = 0xff;
const FLAT_MODEL = 0xf;
/** Vectors below are the processor's. */
const FIRST_VECTOR = 16;
export const ERROR_SEND_VECTOR = 1 << 5;
export const ERROR_RECEIVE_VECTOR = 1 << 6;
export const ERROR_REGISTER = 1 << 7;

export class LocalApic {
  readonly irr = new VectorSet();
  readonly isr = new VectorSet();
  readonly tmr = new VectorSet();
  readonly timer: ApicTimer;
  /** Whether IA32_APIC_BASE has it switched on; while it is off, it is as if there were none. */
  enabled = true;
  id = 0;
  taskPriority = 0;
  logicalDestination = 0;
  /** The destination format register's model, bits 28 to 31. */
  model = FLAT_MODEL;
  spurious = 0xff;
  /** The error status register, and the errors since it was written last. */
  errors = 0;
  newErrors = 0;
  commandLow = 0;
  commandHigh = 0;
  /** The vector to be delivered next, -1 when there is none. */
  pending = -1;
  private readonly sources: LocalSources;
  private readonly out: ApicOutputs;

  constructor(clock: Clock, out: ApicOutputs) {
    this.out = out;
    this.timer = new ApicTimer(clock, () => this.expired());
    this.sources = new LocalSources({
      request: (vector, level) => this.request(vector, level),
      nmi: () => out.nmi(),
      init: () => out.init(),
    });
    this.powerOn();
  }

  /** Power-on state; the levels of LINT0 and LINT1 stay as they are driven. */
  reset(): void {
    this.powerOn();
    this.update();
  }

  private powerOn(): void {
    this.enabled = true;
    for (const set of [this.irr, this.isr, this.tmr]) set.clear();
    this.id = 0;
    this.taskPriority = 0;
    this.logicalDestination = 0;
    this.model = FLAT_MODEL;
    this.spurious = 0xff;
    this.errors = 0;
    this.newErrors = 0;
    this.commandLow = 0;
    this.commandHigh = 0;
    this.sources.reset(true);
    this.timer.reset();
    this.pending = -1;
  }

  /** Switches the whole APIC on or off by IA32_APIC_BASE; off, it forgets everything. */
  setEnabled(on: boolean): void {
    if (on === this.enabled) return;
    this.powerOn();
    // Its pins are the processor's INTR and NMI while it is off; back on, it is for software to say what they are.
    this.sources.reset(false);
    this.enabled = on;
    this.out.deadlineOver();
    this.update();
  }

  get softwareEnabled(): boolean {
    return (this.spurious & SOFTWARE_ENABLED) !== 0;
  }

  /** Whether the 8259's output goes through to the processor. */
  get passesExternal(): boolean {
    return !this.enabled || this.sources.passesExternal;
  }

  /** The priority below which nothing is delivered: the higher of the task's and that in service. */
  processorPriority(): number {
    const inService = Math.max(0, this.isr.highest());
    const task = this.taskPriority;
    return task >> 4 >= inService >> 4 ? task : inService & 0xf0;
  }

  /** Takes the vector to be delivered into service; the spurious one where there is none. */
  acknowledge(): number {
    const vector = this.pending;
    if (vector < 0) return this.spurious & 0xff;
    this.irr.set(vector, false);
    this.isr.set(vector);
    this.update();
    return vector;
  }

  /** A write of the EOI register. */
  endOfInterrupt(): void {
    const vector = this.isr.highest();
    if (vector < 0) return;
    this.isr.set(vector, false);
    if (this.tmr.has(vector)) {
      this.sources.endOfInterrupt(vector);
      this.out.endOfInterrupt(vector);
    }
    this.update();
  }

  setTaskPriority(value: number): void {
    this.taskPriority = value & 0xff;
    this.update();
  }

  /** Writes the spurious-interrupt vector register. Off by it, the APIC keeps what is pending and masks its own. */
  setSpurious(value: number): void {
    const before = this.softwareEnabled;
    this.spurious = value & 0x1ff;
    if (!before && this.softwareEnabled) this.out.accepting();
    if (!this.softwareEnabled) this.sources.maskAll();
    this.update();
  }

  // ---- what comes in ---------------------------------------------------------------------------

  /** Whether a message is for this APIC. */
  isAddressed({ destination, logical }: ApicMessage): boolean {
    if (!this.enabled) return false;
    if (destination === BROADCAST) return true;
    if (!logical) return destination === this.id;
    const own = this.logicalDestination;
    if (this.model === FLAT_MODEL) return (own & destination) !== 0;
    return own >> 4 === destination >> 4 && (own & destination & 0xf) !== 0;
  }

  /** Takes a message in. @returns whether it is for this APIC and was accepted */
  accept(message: ApicMessage): boolean {
    if (!this.isAddressed(message)) return false;
    switch (message.mode) {
      case MODE_FIXED:
      case MODE_LOWEST:
        return this.request(message.vector, message.level);
      case MODE_NMI:
        this.out.nmi();
        return true;
      case MODE_INIT:
        this.out.init();
        return true;
      default:
        // SMI has no handler here, a start-up finds the processor running.
        return true;
    }
  }

  /** Requests a vector. @returns whether it was accepted */
  private request(vector: number, level: boolean): boolean {
    if (vector < FIRST_VECTOR) {
      this.error(ERROR_RECEIVE_VECTOR);
      return true;
    }
    if (!this.softwareEnabled) return false;
    this.irr.set(vector);
    this.tmr.set(vector, level);
    this.update();
    return true;
  }

  /** Drives LINT0 (0) or LINT1 (1). */
  setLint(pin: 0 | 1, level: boolean): void {
    this.sources.setPin(pin, level, !this.enabled);
  }

  private expired(): void {
    if (this.timer.deadlineMode) this.out.deadlineOver();
    this.sources.fire(LVT_TIMER);
  }

  // ---- what software asks for --------------------------------------------------------------------

  /** Entry LVT_* of the local vector table. */
  localVector(index: number): number {
    return this.sources.entry(index);
  }

  setLocalVector(index: number, value: number): void {
    const before = this.timer.deadlineMode;
    this.sources.setEntry(index, value, !this.softwareEnabled);
    if (index === LVT_TIMER) {
      this.timer.setMode((value >> LVT_TIMER_MODE_SHIFT) & 3);
      if (before && !this.timer.deadlineMode) this.out.deadlineOver();
    } else if (index === LVT_LINT0) this.out.changed();
  }

  /** A write of the interrupt command register's low word: sends. */
  sendCommand(low: number): void {
    this.commandLow = low & 0x000c_cfff;
    const mode = (low >> 8) & 7;
    const shorthand = (low >> 18) & 3;
    const level = (low & (1 << 15)) !== 0;
    const vector = low & 0xff;
    if ((mode === MODE_FIXED || mode === MODE_LOWEST) && vector < FIRST_VECTOR) {
      this.error(ERROR_SEND_VECTOR);
      return;
    }
    // INIT with level 0 only synchronised arbitration; there is nobody to start up, and nobody else to be sent to.
    const deassert = mode === MODE_INIT && (low & (1 << 14)) === 0 && level;
    if (deassert || mode === MODE_STARTUP || mode === MODE_SMI || shorthand === 3) return;
    const all = shorthand === 1 || shorthand === 2;
    this.accept({
      vector,
      mode,
      level: false,
      destination: all ? BROADCAST : this.commandHigh >>> 24,
      logical: (low & (1 << 11)) !== 0,
    });
  }

  /** Notes an error (ERROR_*), and interrupts for it. */
  error(bit: number): void {
    const known = (this.newErrors & bit) !== 0;
    this.newErrors |= bit;
    // An error vector that is itself one of the processor's must not report itself.
    if (!known && (this.localVector(LVT_ERROR) & 0xff) >= FIRST_VECTOR) this.sources.fire(LVT_ERROR);
  }

  /** A write of the error status register: shows what has come since the last one. */
  latchErrors(): void {
    this.errors = this.newErrors;
    this.newErrors = 0;
  }

  /** A line of text. */
  describe(): string {
    const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, '0');
    const lvt = Array.from({ length: LVT_COUNT }, (_, n) => hex(this.localVector(n), 5)).join(' ');
    const state = this.enabled ? (this.softwareEnabled ? 'on' : 'off by software') : 'off';
    const vectors = `irr=${this.irr.describe()} isr=${this.isr.describe()}`;
    return `apic: ${state} tpr=${hex(this.taskPriority, 2)} ${vectors} lvt=${lvt}`;
  }

  private update(): void {
    const vector = this.enabled ? this.irr.highest() : -1;
    this.pending = vector >= 0 && vector >> 4 > this.processorPriority() >> 4 ? vector : -1;
    this.out.changed();
  }
}
