/**
 * The translating engine's dispatcher: finds the region for where the guest is,
 * runs it and what is chained to it, and deals with why it left. Cold code is
 * interpreted; blocks that grow hot are handed to the compiler.
 *
 * What holds: between regions EIP, registers and the count are exact; the status
 * flags may be lazy, and are written to EFLAGS before anyone else looks.
 */
import type { Compiler } from '../cache/compiler.ts';
import { TranslationCache } from '../cache/translation-cache.ts';
import type { Cpu } from '../cpu/cpu.ts';
import type { DebugPoints } from '../cpu/debug-points.ts';
import * as L from '../cpu/layout.ts';
import { CS, IF, RF, TF } from '../cpu/registers.ts';
import { deliverException } from '../cpu/system/interrupts.ts';
import { forbidsTsc, storeTsc } from '../cpu/system/msr.ts';
import { OPCODES } from '../decoder/opcode-table.ts';
import type { DecodedBlock } from '../interpreter/decoded-block.ts';
import { Interpreter } from '../interpreter/interpreter.ts';
import * as abi from '../translator/abi.ts';
import { materializeFlags } from '../translator/lazy-flags.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import { SITE_FLAGS_DYNAMIC, SITE_FLAGS_IN_MEMORY, siteAt } from '../translator/sites.ts';
import { CompileQueue } from './compile-queue.ts';
import { type Engine, type EngineStats, RunTimer } from './engine.ts';
import { Publication } from './publication.ts';
import { regionImports } from './region-imports.ts';
import { RegionRecord } from './region-record.ts';
import { RegionRequests } from './region-requests.ts';
import { RegionTrace } from './region-trace.ts';
import type { TraceLog } from './trace-log.ts';
import { createTransition } from './transitions.ts';
import { TranslationTrace } from './translation-trace.ts';

const CS_BASE = (L.SEGMENTS + CS * L.SEGMENT_SIZE + L.SEG_BASE) >> 2;

/**
 * How often blocks may grow hot again while their regions are being compiled before the guest stands aside for a
 * moment. What is interpreted meanwhile runs at a fraction of its later speed, and takes the processor from the
 * compiler where there are few: waiting costs no time and leaves more to be translated (docs/decisions.md).
 */
const IMPATIENT = 4;
const WAIT_MS = 1;

/** Part of the threshold that counts as hot while the compiler is idle. */
const EAGER = 0.3;
/** Part of the threshold at which a block is warm enough to be taken into a region. */
const WARM = 0.1;

/** Turns of the dispatcher, and callouts, between two looks at the time, less one; a power of two less one. */
const TIME_CHECK = 63;

/** Counts of rows of the opcode table, added up by mnemonic, most first; zeros are left out. */
function byMnemonic(count: (row: number) => number): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { index, mnemonic } of OPCODES) sums.set(mnemonic, (sums.get(mnemonic) ?? 0) + count(index));
  return Object.fromEntries([...sums].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]));
}

export interface TranslatingEngineOptions {
  readonly translator: TranslatorOptions;
  /** Executions after which a block is translated. */
  readonly threshold: number;
  /** Bytes of WebAssembly kept before everything is evicted. */
  readonly capacity: number;
  /** In a deterministic machine, instructions retired so far: nothing may depend on the host's time then. */
  readonly retired?: () => number;
  /** Instructions retired so far, for the log. */
  readonly count?: () => number;
}

export class TranslatingEngine implements Engine {
  readonly name = 'translate';
  readonly interpreter: Interpreter;
  readonly cache: TranslationCache;
  /** What modules of regions import. */
  readonly imports: WebAssembly.Imports;
  private readonly cpu: Cpu;
  private readonly options: TranslatingEngineOptions;
  private readonly queue: CompileQueue;
  private readonly publication: Publication | undefined;
  private readonly requests: RegionRequests;
  private readonly eager: number;
  private impatience = 0;
  private readonly timer = new RunTimer();
  private ticks = 0;
  /** The run has taken its time and is to end. */
  private late = false;
  /** Statistics. */
  private inRegions = 0;
  private interpreted = 0;
  private exits = 0;
  private coldExits = 0;
  private readonly callouts = new Float64Array(OPCODES.length);
  private readonly trace: TranslationTrace | undefined;
  private readonly regionTrace: RegionTrace | undefined;

  constructor(cpu: Cpu, compiler: Compiler, log: TraceLog, options: TranslatingEngineOptions) {
    this.cpu = cpu;
    this.options = options;
    this.interpreter = new Interpreter(cpu);
    this.interpreter.hotThreshold = options.threshold;
    this.eager = Math.max(1, Math.floor(options.threshold * EAGER));
    this.interpreter.onHot = (block) => this.hot(block);
    this.cache = new TranslationCache(cpu, options.capacity);
    this.requests = new RegionRequests(cpu, this.cache, this.interpreter, {
      maxRegion: options.translator.maxRegion,
      hotTurns: options.translator.hotTurns,
      warmth: Math.max(1, Math.floor(options.threshold * WARM)),
    });
    cpu.breakpoints.onCodePage = (page) => {
      this.cache.dropLinearPage(page);
      // That has taken its time.
      this.ticks = TIME_CHECK;
    };
    this.imports = regionImports(cpu, {
      dispatch: this.cache.table.dispatch,
      callout: (eip) => this.callout(eip),
      timestamp: (left) => this.timestamp(left),
      hot: (region) => {
        this.requests.hot(region);
        return 0;
      },
      went: (_region, eip, target) => {
        this.requests.went(eip, target);
        return 0;
      },
    });
    this.cache.table.transition = createTransition(cpu, this.cache, () => {
      // The dispatcher's turns are part of a deterministic run.
      if (this.publication !== undefined) return false;
      this.tick();
      return this.late;
    });
    this.trace = TranslationTrace.of(log, options.translator);
    this.regionTrace = RegionTrace.of(log, options.count ?? (() => 0));
    this.cache.observer = this.regionTrace;
    if (options.retired !== undefined) this.publication = new Publication(options.retired, () => this.interpreted);
    this.queue = new CompileQueue(this.cache, compiler, this.imports, log, this.trace, this.publication);
  }

  run(): void {
    const { cpu, cache } = this;
    const { s32 } = cpu;
    this.timer.begin();
    this.late = false;
    this.queue.collect();
    if (this.blocked) return;
    // A compiler with nothing to do may as well have what is only warm, unless somebody will have to wait for it.
    if (this.publication === undefined) {
      this.interpreter.hotThreshold = this.queue.idle ? this.eager : this.options.threshold;
    }
    while (cpu.remaining > 0 && !cpu.halted && !cpu.shutdown) {
      this.tick();
      if (this.late) break;
      if (this.requests.hasImproved)
        for (const request of this.requests.takeImproved()) this.queue.pushImproved(request);
      const flags = s32[L.EFLAGS >> 2]!;
      if (cpu.interruptPending && (flags & IF) !== 0 && !cpu.interruptShadow) break;
      if (cpu.nmiPending && cpu.nmiReady) break;
      const linear = (s32[L.EIP >> 2]! + s32[CS_BASE]!) | 0;
      if (cpu.debug !== undefined && this.debugged(cpu.debug, linear)) {
        if (cpu.debug.stop !== undefined) break;
        continue;
      }
      if ((flags & (TF | RF)) !== 0 || cpu.interruptShadow) {
        materializeFlags(s32);
        this.stepFor();
        continue;
      }
      const word = cpu.tlb.entries[linear >>> 12]!;
      const slot = cpu.mayFetch(word) ? cache.find(linear, word) : 0;
      if (slot !== 0) this.interpreter.leftFor(s32[L.EIP >> 2]!);
      if (slot === 0 || !this.enter(slot)) {
        materializeFlags(s32);
        const before = cpu.remaining + cpu.withdrawn;
        this.interpreter.runBlock();
        this.interpreted += before - cpu.remaining - cpu.withdrawn;
        cache.clock = this.interpreted;
        this.queue.interpreted();
        if (this.impatience >= IMPATIENT) {
          this.impatience = 0;
          this.queue.wait(WAIT_MS);
        }
      }
    }
    materializeFlags(s32);
  }

  /** With a debugger: stops where it wants to, and goes through pages with breakpoints instruction by instruction. */
  private debugged(debug: DebugPoints, linear: number): boolean {
    if (debug.stop !== undefined) return true;
    if (debug.breakPages[linear >>> 12] === 0) return false;
    materializeFlags(this.cpu.s32);
    if (!debug.breaksAt(linear)) this.interpreter.step();
    return true;
  }

  /** Has what was asked for translated and published, for whoever cannot wait until a batch is full. Between runs. */
  translateNow(): void {
    this.queue.wait(WAIT_MS);
  }

  step(): void {
    materializeFlags(this.cpu.s32);
    this.interpreter.step();
  }

  breakpointSet(linearPage: number): void {
    this.cache.dropLinearPage(linearPage);
  }

  /** Looks at the time every now and then: something that takes a microsecond or more has been done. */
  private tick(): void {
    this.ticks = (this.ticks + 1) & TIME_CHECK;
    if (this.ticks === 0 && this.timer.isOver()) this.late = true;
  }

  get blocked(): boolean {
    return this.publication?.blocked === true;
  }

  /** Times that translated code left an instruction to the interpreter. */
  get coldExitCount(): number {
    return this.coldExits;
  }

  recordRegions(): RegionRecord {
    const record = new RegionRecord((id) => this.cache.stillWanted(id));
    this.queue.onPublished = (requests) => record.published(requests, this.options.retired?.() ?? 0);
    return record;
  }

  dispose(): void {
    this.queue.dispose();
    this.cache.evictAll();
  }

  stats(): EngineStats {
    const { stats } = this.cache;
    return {
      regions: stats.regions,
      regionsImproved: stats.improved,
      modules: stats.modules,
      moduleBytes: stats.bytes,
      guestInstructionsTranslated: stats.guestInstructions,
      regionsInvalidated: stats.invalidated,
      evictions: stats.evictions,
      ...this.queue.stats(),
      dispatcherExits: this.exits,
      coldExits: this.coldExits,
      chainHits: this.cpu.s32[abi.CHAIN_HITS >> 2]! >>> 0,
      indirectHits: this.cpu.s32[abi.INDIRECT_HITS >> 2]! >>> 0,
      blocksDecoded: this.interpreter.cache.decoded,
      callouts: byMnemonic((row) => this.callouts[row]!),
      sensitiveInline: byMnemonic((row) => this.cpu.s32[(L.INLINE_COUNTS >> 2) + row]! >>> 0),
    };
  }

  retired(total: number): Readonly<Record<string, number>> {
    return {
      translate: this.inRegions,
      callout: total - this.inRegions - this.interpreted,
      interpret: this.interpreted,
    };
  }

  // ---- running regions -------------------------------------------------------------------------

  /** Runs the region in a slot until one leaves. Returns false where a block has to be interpreted first. */
  private enter(slot: number): boolean {
    const { cpu } = this;
    const { s32 } = cpu;
    const before = cpu.remaining + cpu.withdrawn;
    s32[abi.BUDGET >> 2] = cpu.remaining;
    if (this.regionTrace !== undefined) this.regionTrace.entered(slot);
    this.cache.table.call(slot);
    this.exits++;
    cpu.remaining = s32[abi.BUDGET >> 2]!;
    this.inRegions += before - cpu.remaining - cpu.withdrawn;
    switch (s32[abi.EXIT_REASON >> 2]) {
      case abi.EXIT_BUDGET:
        return false;
      case abi.EXIT_COLD:
        this.leaveCold();
        return true;
      case abi.EXIT_SHADOWED:
        cpu.interruptShadow = true;
        materializeFlags(s32);
        if (cpu.remaining > 0) this.stepFor();
        return true;
      case abi.EXIT_CALLOUT:
        materializeFlags(s32);
        if (cpu.remaining > 0) this.stepFor();
        return true;
      default:
        return true;
    }
  }

  /** Puts the state of a cold exit's site in place and interprets the instruction there. */
  private leaveCold(): void {
    const { cpu } = this;
    const { s32 } = cpu;
    const region = this.cache.region(s32[abi.EXIT_REGION >> 2]!);
    const site = region && siteAt(region.sites, s32[abi.EXIT_SITE >> 2]!);
    if (!site) throw new Error(`cold exit: no site ${s32[abi.EXIT_SITE >> 2]} in region ${s32[abi.EXIT_REGION >> 2]}`);
    this.coldExits++;
    s32[abi.SLOW_FAILED >> 2] = 0;
    s32[L.EIP >> 2] = site.eip;
    cpu.remaining += site.refund;
    this.inRegions -= site.refund;
    if (site.flags !== SITE_FLAGS_IN_MEMORY) {
      s32[abi.FLAGS_KIND >> 2] = site.flags === SITE_FLAGS_DYNAMIC ? s32[abi.COLD_KIND >> 2]! : site.flags;
      s32.copyWithin(abi.FLAGS_A >> 2, abi.COLD_A >> 2, (abi.COLD_X >> 2) + 1);
    }
    materializeFlags(s32);
    this.stepFor();
  }

  /** One instruction in the interpreter, on behalf of a region: not counted as interpreted. */
  private stepFor(): void {
    const { s32 } = this.cpu;
    const eip = s32[L.EIP >> 2]!;
    const base = s32[CS_BASE]!;
    this.interpreter.step();
    this.calledOut(eip, base);
  }

  /** Counts the instruction that was just carried out for translated code, and logs it. */
  private calledOut(eip: number, csBase: number): void {
    const row = this.interpreter.lastRow;
    if (!row) return;
    this.callouts[row.index]!++;
    this.trace?.callout(row.mnemonic, eip, csBase);
  }

  /** The callout of an instruction in the middle of a region; all state is in memory. Returns 1 to leave. */
  private callout(eip: number): number {
    const { cpu } = this;
    const { s32 } = cpu;
    materializeFlags(s32);
    s32[L.EIP >> 2] = eip;
    const budget = s32[abi.BUDGET >> 2]!;
    cpu.remaining = budget;
    const { modes } = this.cache;
    const mode = modes.id();
    let leave: boolean;
    try {
      const base = s32[CS_BASE]!;
      this.interpreter.executeOne();
      this.calledOut(eip, base);
      leave = cpu.leaveBlock || cpu.remaining !== budget - 1 || modes.id() !== mode;
    } catch (error) {
      if (error !== cpu.exception) throw error;
      deliverException(cpu, cpu.exception.vector, cpu.exception.errorCode);
      leave = true;
    }
    // A deterministic run is left between regions only: where one is left in the middle, other blocks grow hot.
    if (this.publication === undefined) {
      this.tick();
      leave ||= this.late;
    }
    if (!leave) return 0;
    s32[abi.BUDGET >> 2] = cpu.remaining;
    s32[abi.EXIT_REASON >> 2] = abi.EXIT_LEAVE;
    return 1;
  }

  /** RDTSC in the middle of a region. @param left instructions that may still retire, it included */
  private timestamp(left: number): number {
    const { cpu } = this;
    // As for callouts; one that comes late goes to the interpreter.
    if (this.publication === undefined) this.tick();
    if (this.late || forbidsTsc(cpu)) {
      cpu.s32[abi.SLOW_FAILED >> 2] = 1;
      return 0;
    }
    cpu.remaining = left;
    storeTsc(cpu, abi.TIMESTAMP >> 2, (abi.TIMESTAMP >> 2) + 1);
    return 0;
  }

  // ---- translating -------------------------------------------------------------------------------

  /** A block has been interpreted often: asks for a region there. */
  private hot(block: DecodedBlock): void {
    // Still warm, and hot again before long: the request may not be met, or the region be dropped while the block stays.
    block.count = this.eager >> 1;
    if (!this.queue.open) return;
    const request = this.requests.forBlock(block);
    // Asked for before, not there yet, and hot again.
    if (!request) this.impatience++;
    else this.queue.push(request);
  }
}
