/**
 * What a debugger can do with a machine: stop it, look at it, change it, go on.
 *
 * What holds: everything but `interrupt` is to be used while the guest is stopped;
 * a stopped guest sees no time pass, and a deterministic run that was stopped, stepped and looked at is the same run.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { type BreakType, DebugPoints, type DebugStop, type Watchpoint } from '../../cpu/debug-points.ts';
import { EIP } from '../../cpu/layout.ts';
import { CS } from '../../cpu/registers.ts';
import type { Engine } from '../engine.ts';

/** How a guest came to stand still. */
export type StopEvent =
  | DebugStop
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'step' }
  | { readonly kind: 'ended' };

/** The machine, as far as a debugger drives it. */
export interface DebuggedMachine {
  readonly cpu: Cpu;
  readonly engine: Engine;
  readonly deterministic: boolean;
  /** Holds the guest, and its time. */
  hold(): void;
  release(): void;
  /** One instruction of a held guest. @param events timers that are due fire before it, and interrupts are delivered */
  stepOne(events: boolean): void;
}

export class Debugger {
  readonly cpu: Cpu;
  /** Told whenever the guest stops by itself, or was interrupted. */
  onStop: (event: StopEvent) => void = () => {};
  stopped = false;
  /**
   * Whether timers and interrupts go on while the guest is stepped. A deterministic run would not be the same run
   * without; in real time a step would always end in the timer's handler.
   */
  stepEvents: boolean;
  private readonly machine: DebuggedMachine;
  private readonly points = new DebugPoints();
  private stepping = false;
  private over = false;

  constructor(machine: DebuggedMachine) {
    this.machine = machine;
    this.cpu = machine.cpu;
    this.stepEvents = machine.deterministic;
  }

  /** Begins: the machine's engines see breakpoints and watchpoints from now on. */
  attach(): void {
    this.cpu.debug = this.points;
    this.cpu.tlb.watchPages = this.points.watchPages;
    this.stepEvents = this.machine.deterministic;
  }

  /** Takes all points away and lets the guest go on. */
  detach(): void {
    this.points.clear();
    this.cpu.debug = undefined;
    this.cpu.tlb.watchPages = undefined;
    this.resume();
  }

  /** Stops the guest, between two instructions. */
  interrupt(): void {
    if (this.stopped) return;
    this.stop({ kind: 'interrupt' });
  }

  /** The run has come to a point: called by the machine, between slices. */
  reached(): void {
    const { stop } = this.points;
    if (stop === undefined || this.stepping) return;
    this.points.stop = undefined;
    this.stop(stop);
  }

  /** The machine has come to its end. */
  ended(): void {
    this.stopped = true;
    this.over = true;
    if (!this.stepping) this.onStop({ kind: 'ended' });
  }

  resume(): void {
    if (!this.stopped || this.over) return;
    this.stopped = false;
    this.points.stop = undefined;
    // Not stopped again where it stands.
    this.points.goOnAt = (this.cpu.s32[EIP >> 2]! + this.cpu.segBase(CS)) >>> 0;
    this.machine.release();
  }

  /** One instruction; none while the guest waits in HLT and nothing ends that. */
  step(): StopEvent {
    if (this.over) return { kind: 'ended' };
    this.points.goOnAt = -1;
    this.points.stop = undefined;
    this.stepping = true;
    this.machine.stepOne(this.stepEvents);
    this.stepping = false;
    const { stop } = this.points;
    this.points.stop = undefined;
    return this.over ? { kind: 'ended' } : (stop ?? { kind: 'step' });
  }

  /** @returns false where there are too many */
  addBreakpoint(type: BreakType, address: number): boolean {
    const page = address >>> 12;
    if (this.points.breakPages[page] === 0) this.machine.engine.breakpointSet?.(page);
    return this.points.addBreakpoint(type, address);
  }

  removeBreakpoint(type: BreakType, address: number): void {
    this.points.removeBreakpoint(type, address);
  }

  /** @returns false where there are too many */
  addWatchpoint(point: Watchpoint): boolean {
    const added = this.points.addWatchpoint(point);
    this.cpu.tlb.dropAllDeltas();
    return added;
  }

  removeWatchpoint(point: Watchpoint): void {
    this.points.removeWatchpoint(point);
  }

  private stop(event: StopEvent): void {
    this.stopped = true;
    this.machine.hold();
    this.onStop(event);
  }
}
