/**
 * A virtual machine: memory, processor, devices, clock and engine put together,
 * driven by the host's event loop.
 *
 * What holds here: between slices the machine is at an instruction boundary;
 * listeners are only called between slices, so they may do anything, also stop or
 * dispose of the machine; after `stopped` nothing runs any more.
 */
import { Cpu } from '../cpu/cpu.ts';
import { PhysicalMemory } from '../cpu/physical-memory.ts';
import { deliverInterrupt } from '../cpu/system/interrupts.ts';
import { buildBoard, type DeviceRequest, hasVga } from './board.ts';
import { boot, mapFirmware } from './boot.ts';
import { BoundarySchedule } from './boundary-schedule.ts';
import type { ByteBatch } from './byte-batch.ts';
import { createClock, type GuestClock } from './clocks.ts';
import { selectCpuModel } from './cpu-selection.ts';
import { createEngine } from './create-engine.ts';
import { Debugger } from './debug/debugger.ts';
import { PendingBlocks } from './devices/block-queue.ts';
import type { MediumDrive } from './devices/disk-controllers.ts';
import { VIDEO_MEMORY_SIZE } from './devices/vga/video-memory.ts';
import { Display } from './display/display.ts';
import type { Engine } from './engine.ts';
import { Emitter, type MachineEvents, type ResetCause, type StopReason } from './events.ts';
import type { HostServices } from './host-services.ts';
import { MachineInput } from './machine-input.ts';
import { DEFAULT_ENGINE, type MachineOptions, type MachineStats } from './machine-options.ts';
import type { Platform } from './platform.ts';
import { RegionRecord } from './region-record.ts';
import { RunPlan } from './run-plan.ts';
import { ShadowMemory } from './shadow-memory.ts';
import { type NextSlice, SliceDriver } from './slice-driver.ts';
import { deliveryLine, stateReport } from './state-report.ts';
import { SwitchingEngine } from './switching-engine.ts';
import { hex32, TraceLog } from './trace-log.ts';
import { InstructionCounter, type SliceEnd, VcpuLoop } from './vcpu-loop.ts';

/** Where a run has come to. */
export interface Arrival {
  /** Instructions retired. */
  readonly count: number;
  /** Why the machine ended before the count asked for. */
  readonly ended: StopReason | undefined;
}

const DEFAULT_MEMORY = 128 * 2 ** 20;

export class Machine {
  /** What the machine shows; undefined without a display adapter. */
  readonly screen: Display | undefined;
  /** Keyboard, mouse and serial lines. */
  readonly input: MachineInput;
  private readonly options: MachineOptions;
  private readonly host: HostServices;
  private readonly events = new Emitter<MachineEvents>();
  private readonly memory: PhysicalMemory;
  private readonly shadow: ShadowMemory;
  private readonly cpu: Cpu;
  private readonly clock: GuestClock;
  private readonly counter: InstructionCounter;
  private readonly platform: Platform;
  private readonly engine: Engine;
  private readonly pendingBlocks = new PendingBlocks();
  private readonly loop: VcpuLoop;
  private readonly driver: SliceDriver;
  private readonly log: TraceLog;
  private debugger: Debugger | undefined;
  private readonly schedule = new BoundarySchedule();
  private readonly plan: RunPlan;
  private readonly batches: readonly ByteBatch[];
  /** What a device asked for during a slice; done after it. */
  private wanted: DeviceRequest | undefined;
  private finish: ((reason: StopReason) => void) | undefined;
  private fail: ((error: unknown) => void) | undefined;
  private reason: StopReason | undefined;
  private running: Promise<StopReason> | undefined;
  private disposed = false;
  private started = 0;
  private interrupts = 0;
  private resets = 0;

  /**
   * Builds the machine and loads what it boots.
   * @throws RangeError for memory or clock settings out of range
   * @throws LoadError when an image cannot be booted: one line, for the user
   */
  constructor(options: MachineOptions & { readonly host: HostServices }) {
    this.options = options;
    this.host = options.host;
    this.log = new TraceLog(options.log);
    const memorySize = options.memory ?? DEFAULT_MEMORY;
    const mmio = {
      read: (address: number, size: number) => this.platform.mmio.read(address, size as 1 | 2 | 4),
      write: (address: number, size: number, value: number) =>
        this.platform.mmio.write(address, size as 1 | 2 | 4, value),
    };
    this.memory = new PhysicalMemory(memorySize, mmio, hasVga(options) ? VIDEO_MEMORY_SIZE : 0);
    this.cpu = new Cpu(this.memory, {
      readPort: (port, size) => this.platform.io.read(port, size as 1 | 2 | 4),
      writePort: (port, size, value) => this.platform.io.write(port, size as 1 | 2 | 4, value),
      readTsc: () => this.clock.now(),
      signalFpuError: () => this.platform.fpuError.raise(),
      apic: {
        inDeadlineMode: () => this.platform.interrupts.localApic?.timer.deadlineMode ?? false,
        setBase: (low) => this.platform.interrupts.setApicBase(low),
        setDeadline: (ns) => this.platform.interrupts.localApic?.timer.setDeadline(ns),
      },
      unimplemented: (what, value) => this.unimplemented(what, value),
      delivering: this.log.enabled('int')
        ? (vector, software, errorCode) => this.log.write('int', deliveryLine(this.cpu, vector, software, errorCode))
        : undefined,
    });
    this.cpu.model = selectCpuModel(options.cpu);
    this.shadow = new ShadowMemory(this.memory);
    this.memory.onMapped = () => {
      this.cpu.tlb.dropAllDeltas();
      this.cpu.leaveBlock = true;
    };
    this.counter = new InstructionCounter(this.cpu);
    this.clock = createClock(options.clock ?? { kind: 'realtime' }, this.host, () => this.counter.retired());
    const board = buildBoard({
      options,
      host: this.host,
      clock: this.clock,
      cpu: this.cpu,
      shadow: this.shadow,
      events: this.events,
      log: this.log,
      pendingBlocks: this.pendingBlocks,
      ask: (what) => {
        this.wanted ??= what;
        this.loop.requestExit();
      },
    });
    this.platform = board.platform;
    this.batches = board.batches;
    const { vga } = this.platform;
    this.screen = vga === undefined ? undefined : new Display(vga);
    this.input = new MachineInput({
      platform: this.platform,
      clock: this.clock,
      events: this.events,
      retired: () => this.counter.retired(),
      wake: () => this.driver.wake(),
      replaying: options.input !== undefined,
    });
    this.engine = createEngine(
      options.engine ?? DEFAULT_ENGINE,
      {
        cpu: this.cpu,
        log: this.log,
        host: this.host,
        count: () => this.counter.retired(),
        ...(this.clock.deterministic && { retired: () => this.counter.retired() }),
      },
      options.translator ?? {},
    );
    this.loop = new VcpuLoop(
      {
        cpu: this.cpu,
        engine: this.engine,
        host: this.host,
        acknowledge: () => this.platform.interrupts.acknowledge(),
        deliver: (vector) => this.deliver(vector),
        maxInstructions: options.maxInstructions ?? Number.POSITIVE_INFINITY,
        schedule: this.schedule,
        blocks: this.pendingBlocks,
      },
      this.counter,
      this.clock,
    );
    this.driver = new SliceDriver(
      this.host,
      () => this.slice(),
      (error) => {
        // Not the guest's doing: an error of ours or of a listener.
        this.reason = { kind: 'stop' };
        this.fail?.(error);
      },
    );
    this.pendingBlocks.onLate = () => this.driver.wake();
    this.plan = new RunPlan(
      {
        cpu: this.cpu,
        clock: this.clock,
        schedule: this.schedule,
        events: this.events,
        receive: (port, bytes) => this.input.receive(port, bytes) ?? 0,
      },
      options,
    );
    mapFirmware(this.memory, this.shadow, options);
    boot(this.cpu, this.platform, options);
  }

  /** Adds a listener; the function returned takes it away again. */
  on<K extends keyof MachineEvents>(name: K, listener: (event: MachineEvents[K]) => void): () => void {
    return this.events.on(name, listener);
  }

  /**
   * Runs until the guest ends or `stop` is called; resolves to why. The host's
   * event loop gets its turn every few milliseconds. Called again, it returns the same promise.
   */
  run(): Promise<StopReason> {
    this.running ??= new Promise((resolve, reject) => {
      this.started = this.host.now();
      this.finish = resolve;
      this.fail = reject;
      if (this.reason !== undefined) resolve(this.reason);
      else this.driver.start();
    });
    return this.running;
  }

  /**
   * Runs a deterministic machine that `run` was not called on to exactly `count` retired instructions, or to its end:
   * that is also where it waits for input that nobody will give.
   */
  async runTo(count: number): Promise<Arrival> {
    let there = this.counter.retired() >= count;
    if (!there) {
      this.schedule.add({ count, time: 0 }, () => {
        there = true;
        this.loop.requestExit();
      });
    }
    while (!there && this.reason === undefined) {
      const next = this.slice();
      if (next === Number.POSITIVE_INFINITY)
        this.end({ kind: 'inputUnreached', next: count, retired: this.counter.retired() });
      await new Promise<void>((resolve) => this.host.soon(resolve));
    }
    return { count: this.counter.retired(), ended: there ? undefined : this.reason };
  }

  /** Engine `switching`: whether the interpreter runs from now on. Between slices only. */
  interpretFromNow(on: boolean): void {
    if (!(this.engine instanceof SwitchingEngine))
      throw new RangeError(`engine '${this.engine.name}': cannot be switched`);
    this.engine.interpreting = on;
  }

  /** Writes down from now on which regions are published; none where nothing is translated. */
  recordRegions(): RegionRecord {
    return this.engine.recordRegions?.() ?? new RegionRecord(() => false);
  }

  /** The vCPU, to be looked at between slices. */
  inspect(): Cpu {
    return this.cpu;
  }

  /** The devices, to be looked at between slices. */
  devices(): Platform {
    return this.platform;
  }

  /** Ends the machine before its next slice. */
  stop(): void {
    this.end({ kind: 'stop' });
  }

  /** Holds the guest between two slices until `resume`. Guest time goes on in real-time mode. */
  pause(): void {
    this.driver.pause('host');
  }

  resume(): void {
    this.driver.resume('host');
  }

  /**
   * Bytes arriving at a serial port, as if typed.
   * @returns how many were taken; `serialReady` says when more will be
   */
  sendSerial(bytes: Uint8Array | string, port = 0): number {
    return this.disposed
      ? 0
      : this.input.send(port, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  /** Resets the machine and boots it anew, as its reset button would. */
  reset(): void {
    if (this.disposed || this.reason !== undefined) return;
    this.resetNow('host');
    this.driver.wake();
  }

  /** The board's NMI: taken at an instruction boundary, once, whatever the interrupt flag, unless port 70h or the local APIC masks it. */
  nmi(): void {
    if (this.disposed || this.reason !== undefined) return;
    if (!this.platform.cmos.nmiMasked) this.platform.interrupts.nmi();
    this.driver.wake();
  }

  /**
   * Puts the machine into a debugger's hands; there is one at most. Costs nothing until then. Not for machines that
   * run by `runTo`.
   */
  debug(): Debugger {
    this.debugger ??= new Debugger({
      cpu: this.cpu,
      engine: this.engine,
      deterministic: this.clock.deterministic,
      hold: () => this.hold(),
      release: () => this.release(),
      stepOne: (events) => void this.conclude(this.loop.stepOne(events)),
    });
    return this.debugger;
  }

  /** Stops the guest and its time, between two instructions. */
  private hold(): void {
    this.driver.pause('debugger');
    this.clock.hold();
    this.events.emit('held', {});
  }

  private release(): void {
    this.clock.release();
    this.driver.resume('debugger');
    this.events.emit('released', {});
  }

  /** Whether a debugger or the monitor has stopped the guest. */
  isHeld(): boolean {
    return this.debugger?.stopped === true;
  }

  /** The drives whose media can be changed; between slices only. */
  media(): readonly MediumDrive[] {
    return this.platform.disks.media;
  }

  /** The interrupt controllers' registers as text. */
  describePic(): string {
    return this.platform.interrupts.describe();
  }

  /** Processor state as text. */
  describe(): string {
    return stateReport(this.cpu);
  }

  stats(): MachineStats {
    const retired = this.counter.retired();
    return {
      engine: this.options.engine ?? DEFAULT_ENGINE,
      retired: { total: retired, ...this.engine.retired(retired) },
      guestMs: this.clock.now() / 1e6,
      hostMs: this.started === 0 ? 0 : (this.host.now() - this.started) / 1e6,
      runMs: this.driver.total / 1e6,
      longestSliceMs: this.driver.longest / 1e6,
      slices: this.driver.slices,
      interrupts: this.interrupts,
      resets: this.resets,
      tlb: { misses: this.cpu.tlb.fills, flushes: this.cpu.tlb.flushes },
      counters: this.engine.stats(),
    };
  }

  /** Stops the machine and frees what it holds; listeners are forgotten. */
  dispose(): void {
    if (this.disposed) return;
    this.stop();
    this.disposed = true;
    this.engine.dispose();
    this.events.clear();
  }

  private deliver(vector: number): void {
    this.interrupts++;
    deliverInterrupt(this.cpu, vector);
  }

  private unimplemented(what: string, value: number): void {
    if (this.log.enabled('unimp')) this.log.write('unimp', `${what} ${hex32(value)} at ${hex32(this.cpu.eip)}`);
  }

  // ---- between slices -------------------------------------------------------------------------

  /** One slice, and what it led to. */
  private slice(): NextSlice {
    return this.conclude(this.loop.runSlice());
  }

  private conclude(end: SliceEnd): NextSlice {
    for (const batch of this.batches) batch.flush();
    // A listener may have ended the machine.
    if (this.reason !== undefined) return 'never';
    const { wanted } = this;
    this.wanted = undefined;
    if (wanted === 'guestReset') return this.guestReset('guest');
    if (wanted !== undefined) return this.end(wanted);
    return this.after(end);
  }

  private after(end: SliceEnd): NextSlice {
    switch (end.kind) {
      case 'yield':
        return 'soon';
      case 'debug':
        this.debugger?.reached();
        return 'never';
      case 'idle':
        if (end.until === Number.POSITIVE_INFINITY && !this.plan.inputDone) {
          const { next } = this.schedule;
          return this.end({ kind: 'inputUnreached', next, retired: this.counter.retired() });
        }
        return (end.until - this.clock.now()) / 1e6;
      case 'haltedForEver':
        return this.end({ kind: 'haltedForEver', report: { text: this.describe() } });
      case 'instructionLimit':
        return this.end({ kind: 'instructionLimit', retired: this.counter.retired() });
      case 'shutdown': {
        const report = { text: this.describe() };
        this.events.emit('tripleFault', { report });
        if (this.options.noReboot === true) return this.end({ kind: 'tripleFault', report });
        return this.guestReset('triple fault');
      }
    }
  }

  private guestReset(cause: ResetCause): NextSlice {
    if (this.options.noReboot === true) return this.end({ kind: 'reset' });
    this.resetNow(cause);
    return 'soon';
  }

  private resetNow(cause: ResetCause): void {
    this.resets++;
    this.platform.reset();
    boot(this.cpu, this.platform, this.options);
    this.events.emit('reset', { cause });
  }

  private end(reason: StopReason): NextSlice {
    if (this.reason !== undefined) return 'never';
    this.reason = reason;
    this.driver.end();
    switch (reason.kind) {
      case 'powerOff':
        this.events.emit('powerOff', {});
        break;
      case 'haltedForEver':
        this.events.emit('haltedForEver', { report: reason.report });
        break;
      case 'debugExit':
        this.events.emit('debugExit', { status: reason.status });
        break;
      case 'instructionLimit':
        this.events.emit('instructionLimit', { retired: reason.retired });
        break;
    }
    this.debugger?.ended();
    this.events.emit('stopped', { reason });
    this.finish?.(reason);
    return 'never';
  }
}
