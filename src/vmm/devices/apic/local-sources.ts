/**
 * The local vector table of an APIC at work: its pins LINT0 and LINT1, and what
 * each of its own sources does by its entry.
 */
import {
  LVT_COUNT,
  LVT_LEVEL,
  LVT_LINT0,
  LVT_LINT1,
  LVT_MASKED,
  LVT_MODE_SHIFT,
  LVT_REMOTE_IRR,
  LVT_WRITABLE,
  lvtMode,
} from './local-vectors.ts';
import { MODE_EXTINT, MODE_FIXED, MODE_INIT, MODE_NMI } from './message.ts';

/** What an entry can lead to. */
export interface SourceOutputs {
  request(vector: number, level: boolean): void;
  nmi(): void;
  init(): void;
}

export class LocalSources {
  private readonly entries = new Uint32Array(LVT_COUNT);
  private readonly pins = [false, false];
  private readonly out: SourceOutputs;

  constructor(out: SourceOutputs) {
    this.out = out;
  }

  /** All masked; with `wired`, LINT0 and LINT1 as firmware leaves them. The levels of the pins stay. */
  reset(wired: boolean): void {
    this.entries.fill(LVT_MASKED);
    if (!wired) return;
    this.entries[LVT_LINT0] = MODE_EXTINT << LVT_MODE_SHIFT;
    this.entries[LVT_LINT1] = MODE_NMI << LVT_MODE_SHIFT;
  }

  /** Entry LVT_*. */
  entry(index: number): number {
    return this.entries[index]!;
  }

  /** Writes an entry; a level that waits at LINT0 may come by it. @param masked whether it stays masked */
  setEntry(index: number, value: number, masked: boolean): void {
    const kept = index === LVT_LINT0 && isLevelTriggered(value) ? this.entries[index]! & LVT_REMOTE_IRR : 0;
    this.entries[index] = (value & LVT_WRITABLE[index]!) | kept | (masked ? LVT_MASKED : 0);
    if (index === LVT_LINT0) this.driveLevel();
  }

  maskAll(): void {
    for (let n = 0; n < LVT_COUNT; n++) this.entries[n]! |= LVT_MASKED;
  }

  /** Whether LINT0 lets the 8259s' interrupts through. */
  get passesExternal(): boolean {
    const entry = this.entries[LVT_LINT0]!;
    return (entry & LVT_MASKED) === 0 && lvtMode(entry) === MODE_EXTINT;
  }

  /** Drives LINT0 (0) or LINT1 (1). @param bypassed the APIC is off: LINT1 is the processor's NMI, LINT0 its INTR */
  setPin(pin: 0 | 1, level: boolean, bypassed: boolean): void {
    const rising = level && !this.pins[pin];
    this.pins[pin] = level;
    if (bypassed) {
      if (pin === 1 && rising) this.out.nmi();
      return;
    }
    const index = pin === 0 ? LVT_LINT0 : LVT_LINT1;
    if (pin === 0 && isLevelTriggered(this.entries[index]!)) this.driveLevel();
    else if (rising) this.fire(index);
  }

  /** The end of a level-triggered interrupt: LINT0's own comes again while the pin is high. */
  endOfInterrupt(vector: number): void {
    const entry = this.entries[LVT_LINT0]!;
    if ((entry & LVT_REMOTE_IRR) === 0 || (entry & 0xff) !== vector) return;
    this.entries[LVT_LINT0] = entry & ~LVT_REMOTE_IRR;
    this.driveLevel();
  }

  /** An event of source LVT_*. */
  fire(index: number): void {
    const entry = this.entries[index]!;
    if ((entry & LVT_MASKED) !== 0) return;
    switch (lvtMode(entry)) {
      case MODE_FIXED:
        this.out.request(entry & 0xff, false);
        break;
      case MODE_NMI:
        this.out.nmi();
        break;
      case MODE_INIT:
        this.out.init();
        break;
    }
  }

  /** Requests LINT0's vector while the pin is high and the last one has ended. */
  private driveLevel(): void {
    const entry = this.entries[LVT_LINT0]!;
    if (!this.pins[0] || !isLevelTriggered(entry) || (entry & (LVT_MASKED | LVT_REMOTE_IRR)) !== 0) return;
    this.entries[LVT_LINT0] = entry | LVT_REMOTE_IRR;
    this.out.request(entry & 0xff, true);
  }
}

function isLevelTriggered(entry: number): boolean {
  return (entry & LVT_LEVEL) !== 0 && lvtMode(entry) === MODE_FIXED;
}
