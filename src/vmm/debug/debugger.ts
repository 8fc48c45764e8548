/**
 * What a debugger can do with a machine: stop it, look at it, change it, go on.
 *
 * What holds: everything but `interrupt` is to be used while the guest is stopped;
 * a stopped guest sees no time pass, and a deterministic run that was stopped and looked at is the same run.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { DebugPoints, type DebugStop, type Watchpoint } from '../../cpu/debug-points.ts';
import { EIP } from '../../cpu/layout.ts';
import { CS } from '../../cpu/registers.ts';
import type { Engine } from '../engine.ts';
import { physicalOf } from './guest-memory.ts';

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
  /** Holds the guest, and its time. */
  hold(): void;
  release(): void;
  /** One instruction of a held guest; no interrupt is delivered. */
  stepOne(): void;
}

export class Debugger {
  readonly cpu: Cpu;
  /** Told whenever the guest stops by itself, or was interrupted. */
  onStop: (event: StopEvent) => void = () => {};
  stopped = false;
  private readonly machine: DebuggedMachine;
  private readonly points = new DebugPoints();

  constructor(machine: DebuggedMachine) {
    this.machine = machine;
    this.cpu = machine.cpu;
  }

  /** Begins: the machine's engines see breakpoints and watchpoints from now on. */
  attach(): void {
    this.cpu.debug = this.points;
    this.cpu.tlb.watchPages = this.points.watchPages;
  }

  /** Takes all points away and lets the guest go on. */
  detach(): void {
    this.points.clear();
    this.points.stop = undefined;
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
    this.points.stop = undefined;
    if (stop !== undefined) this.stop(stop);
  }

  /** The machine has come to its end. */
  ended(): void {
    this.stopped = true;
    this.onStop({ kind: 'ended' });
  }

  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.points.stop = undefined;
    // Not stopped again where it stands.
    this.points.goOnAt = (this.cpu.s32[EIP >> 2]! + this.cpu.segBase(CS)) >>> 0;
    this.machine.release();
  }

  /** One instruction. */
  step(): StopEvent {
    this.points.goOnAt = -1;
    this.machine.stepOne();
    const { stop } = this.points;
    this.points.stop = undefined;
    return stop ?? { kind: 'step' };
  }

  /** @returns false where there are too many */
  addBreakpoint(address: number): boolean {
    const page = address >>> 12;
    if (this.points.breakPages[page] === 0) {
      const physical = physicalOf(this.cpu, address);
      this.machine.engine.breakpointSet?.(page, physical < 0 ? -1 : physical >>> 12);
    }
    return this.points.addBreakpoint(address);
  }

  removeBreakpoint(address: number): void {
    this.points.removeBreakpoint(address);
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
