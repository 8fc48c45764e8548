/**
 * Runs one vCPU: asks the engine for stretches of instructions, and between
 * them does what happens at instruction boundaries only — timers, interrupt
 * delivery, HLT, shutdown.
 *
 * The count of retired instructions is exact at every moment, also while a
 * device is being accessed: it is what earlier stretches retired, plus the
 * budget of this one less `cpu.remaining`. Whoever must end a stretch early
 * takes the rest away from both.
 *
 * In deterministic mode a stretch ends exactly at the next deadline; how host
 * time cuts it further is invisible to the guest.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { IF } from '../cpu/registers.ts';
import { deliverNmi } from '../cpu/system/interrupts.ts';
import type { BoundarySchedule } from './boundary-schedule.ts';
import type { GuestClock } from './clocks.ts';
import type { PendingBlocks } from './devices/block-queue.ts';
import type { Engine } from './engine.ts';
import type { HostServices } from './host-services.ts';
import { GRAIN } from './publication.ts';

/** Host time one stretch should take, in ns: how late a real-time timer can be. */
const STRETCH_NS = 250_000;
/** Host time after which a slice ends, in ns; leaves room for a slow stretch and a pause of the collector under 10 ms. */
const SLICE_NS = 4_000_000;
/** Skipped idle periods of a deterministic run after which a slice ends whatever the time. */
const MAX_SKIPS = 4096;
const MIN_BUDGET = 1000;
/** How much faster than the last stretch the next may be taken to be. */
const GROWTH = 1.5;
/** Instructions a nanosecond of an engine that does not say. */
const PEAK_RATE = 0.4;

/** Why a slice ended. */
export type SliceEnd =
  /** The slice's time is up, or something outside the vCPU wants a turn. */
  | { readonly kind: 'yield' }
  /** HLT: nothing to do until guest time `until` (ns; Infinity: until input comes). */
  | { readonly kind: 'idle'; readonly until: number }
  | { readonly kind: 'haltedForEver' }
  /** A debugger's breakpoint or watchpoint. */
  | { readonly kind: 'debug' }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'instructionLimit' };

const YIELD: SliceEnd = { kind: 'yield' };
const HALTED_FOR_EVER: SliceEnd = { kind: 'haltedForEver' };
const DEBUG: SliceEnd = { kind: 'debug' };
const SHUTDOWN: SliceEnd = { kind: 'shutdown' };
const LIMIT: SliceEnd = { kind: 'instructionLimit' };

export interface VcpuLoopParts {
  readonly cpu: Cpu;
  readonly engine: Engine;
  readonly host: HostServices;
  /** INTA: the vector of the interrupt to be delivered. */
  readonly acknowledge: () => number;
  /** Delivers an external interrupt; guest faults on the way are the callee's. */
  readonly deliver: (vector: number) => void;
  /** Instructions after which the machine stops; Infinity for none. */
  readonly maxInstructions: number;
  /** Disk operations that the host works on. */
  readonly blocks: PendingBlocks;
  /** What is to happen at given counts. */
  readonly schedule: BoundarySchedule;
}

/** Counts retired instructions; exists before the clock and the engine, which both read it. */
export class InstructionCounter {
  private readonly cpu: Cpu;
  private before = 0;
  private budget = 0;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  /** Instructions retired since the machine was created. Exact at any time. */
  retired(): number {
    return this.before + this.budget - this.cpu.remaining;
  }

  /** Begins a stretch of at most `budget` instructions. */
  begin(budget: number): void {
    this.before = this.retired();
    this.budget = budget;
    this.cpu.remaining = budget;
  }

  /** Makes the running stretch end after `remaining` more instructions at most (the one being executed included). */
  shorten(remaining: number): void {
    const excess = this.cpu.remaining - remaining;
    if (excess <= 0) return;
    this.budget -= excess;
    this.cpu.remaining = remaining;
    this.cpu.withdrawn += excess;
    this.cpu.leaveBlock = true;
  }
}

export class VcpuLoop {
  private readonly parts: VcpuLoopParts;
  private readonly counter: InstructionCounter;
  private readonly clock: GuestClock;
  private exitRequested = false;
  /** Instructions the engine retires in a nanosecond of host time, as lately seen. */
  private rate = 0.02;

  constructor(parts: VcpuLoopParts, counter: InstructionCounter, clock: GuestClock) {
    this.parts = parts;
    this.counter = counter;
    this.clock = clock;
    clock.onEarlier = (deadline) => this.counter.shorten(clock.instructionsUntil(deadline));
  }

  /**
   * One instruction, for a debugger.
   * @param events whether timers fire and interrupts are delivered before it, as in a run
   */
  stepOne(events: boolean): SliceEnd {
    if (events) return this.runSlice(true);
    const { cpu } = this.parts;
    if (cpu.shutdown) return SHUTDOWN;
    if (cpu.halted) return YIELD;
    this.single();
    return YIELD;
  }

  private single(): void {
    this.counter.begin(1);
    this.parts.engine.step();
  }

  /** Ends the running slice at the next instruction boundary. */
  requestExit(): void {
    this.exitRequested = true;
    this.counter.shorten(0);
  }

  /**
   * Runs until something outside the vCPU is wanted, at most some milliseconds of host time.
   * @param one whether after one instruction, too
   */
  runSlice(one = false): SliceEnd {
    const { cpu, host } = this.parts;
    const clock = this.clock;
    const sliceEnd = host.now() + SLICE_NS;
    let skips = 0;
    this.exitRequested = false;
    const { schedule, blocks } = this.parts;
    const time = () => clock.now();
    for (;;) {
      if (this.counter.retired() >= schedule.next) {
        schedule.run(this.counter.retired(), time);
        if (this.exitRequested) return YIELD;
      }
      if (cpu.debug?.stop !== undefined) return DEBUG;
      // Deterministic time stands still where a disk's time has come and the host is not done.
      if (clock.deterministic && blocks.late(clock.now())) return YIELD;
      clock.runDue();
      if (cpu.shutdown) return SHUTDOWN;
      if (this.exitRequested) return YIELD;
      if (cpu.halted) cpu.interruptShadow = false;
      if (cpu.nmiReady) {
        deliverNmi(cpu);
        continue;
      }
      const enabled = (cpu.eflags & IF) !== 0;
      if (cpu.interruptPending && enabled && !cpu.interruptShadow) {
        cpu.halted = false;
        this.parts.deliver(this.parts.acknowledge());
        continue;
      }
      if (this.counter.retired() >= this.parts.maxInstructions) return LIMIT;
      if (cpu.halted) {
        if (!enabled) return HALTED_FOR_EVER;
        const until = clock.nextDeadline();
        if (!clock.deterministic || until === Number.POSITIVE_INFINITY) return { kind: 'idle', until };
        clock.skipTo(until);
        if (++skips >= MAX_SKIPS || host.now() >= sliceEnd) return YIELD;
        continue;
      }
      if (one) {
        this.single();
        return YIELD;
      }
      if (this.stretch() >= sliceEnd || this.parts.engine.blocked === true) return YIELD;
      // The host's answer comes between slices.
      if (blocks.any && !clock.deterministic) return YIELD;
    }
  }

  /** One stretch of guest code. Returns the host time at its end. */
  private stretch(): number {
    const { host, engine, maxInstructions } = this.parts;
    const deadline = this.clock.nextDeadline();
    const start = host.now();
    let ns = STRETCH_NS;
    if (!this.clock.deterministic) ns = Math.max(1000, Math.min(ns, deadline - this.clock.now()));
    const before = this.counter.retired();
    // Where a deterministic run is cut must not depend on the host either: translations are published at these cuts.
    const wanted = this.clock.deterministic
      ? GRAIN - (before % GRAIN)
      : Math.max(MIN_BUDGET, Math.floor(ns * this.rate));
    const limit = Math.min(
      maxInstructions,
      this.parts.schedule.next > before ? this.parts.schedule.next : Number.POSITIVE_INFINITY,
    );
    this.counter.begin(Math.max(1, Math.min(wanted, this.clock.instructionsUntil(deadline), limit - before)));
    engine.run();
    const end = host.now();
    const done = this.counter.retired() - before;
    if (done >= MIN_BUDGET && end > start) {
      // Slower counts at once, faster by and by, and never more than the engine can do with single
      // instructions (repeated string instructions retire many times faster): a slice must not overrun.
      this.rate = Math.min(done / (end - start), this.rate * GROWTH, engine.peakRate ?? PEAK_RATE);
    }
    return end;
  }
}
