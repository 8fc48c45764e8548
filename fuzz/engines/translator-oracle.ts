/**
 * The translator as an oracle, at any setting: the engine that machines use, given the regions of many cases at once.
 *
 * A batch of cases is gone through twice: first each is put in place and a region is formed at its entry, and, where it is more
 * than an instruction, where that leads to; all are translated as one module; then each is put in place again, its regions are
 * published, and it runs. What has no region is interpreted: `translated` of an outcome tells how much was not. Cases that
 * deliver exceptions or interrupts run in an engine that also translates what grows hot, as a machine does.
 */
import type { Cpu } from '../../src/cpu/cpu.ts';
import { SEG_LIMIT, SEGMENT_SIZE, SEGMENTS } from '../../src/cpu/layout.ts';
import { ACCESS_FETCH } from '../../src/cpu/paging.ts';
import { CS, VM } from '../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import { loadBinaryen, type Raw } from '../../src/translator/lower/binaryen-raw.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type TranslatorOptions } from '../../src/translator/region.ts';
import type { Engine } from '../../src/vmm/engine.ts';
import { TraceLog } from '../../src/vmm/trace-log.ts';
import { TranslatingEngine } from '../../src/vmm/translating-engine.ts';
import type { FuzzCase, Outcome } from '../case.ts';
import { SECTION } from '../generate/system-tables.ts';
import type { Knowledge, Oracle } from '../oracle.ts';
import { CaseMachine } from './case-machine.ts';
import { InstantCompiler } from './instant-compiler.ts';
import { EVERYTHING } from './interpreter-oracle.ts';
import { type Batched, RegionBatch } from './region-batch.ts';

/** Cases translated as one module. */
const BATCH = 500;
/** Regions formed ahead for one case. */
const REGIONS_AHEAD = 6;
/** Longest instruction: longer code than that is more than one. */
const ONE_INSTRUCTION = 15;
/** Executions after which an engine that translates on the way does. */
const HOT = 4;
/** Instructions after which what is hot is translated there. */
const SLICE = 250;
/** Regions kept by number before everything is evicted: links and modes are only freed then. */
const EVICT_AFTER = 20_000;

/** How the translator is set, how many bytes of WebAssembly it keeps before it evicts everything, and whether it takes its time. */
export interface Setting extends Partial<TranslatorOptions> {
  readonly capacity?: number;
  readonly late?: boolean;
}

/** Whether the regions of two cases are the same: all is equal that they are formed from. */
function sameCode(a: FuzzCase, b: FuzzCase): boolean {
  const [x, y] = [a.initial, b.initial];
  return (
    a.patches === b.patches &&
    a.codeLength === b.codeLength &&
    x.segments === y.segments &&
    x.eip === y.eip &&
    x.cpl === y.cpl &&
    x.cr0 === y.cr0 &&
    x.cr3 === y.cr3 &&
    x.cr4 === y.cr4 &&
    ((x.eflags ^ y.eflags) & VM) === 0
  );
}

/** A machine with a translating engine. */
class Side {
  readonly machine = new CaseMachine();
  readonly engine: TranslatingEngine;
  readonly compiler: InstantCompiler;
  readonly batch: RegionBatch;
  private readonly cpu: Cpu;
  private readonly maxRegion: number;
  private readonly hotTurns: number;
  private readonly insn = new Instruction();
  private sinceEviction = 0;
  /** Evictions before the batch. */
  private evictions = 0;
  private formedFor: FuzzCase | undefined;
  private formed: readonly Batched[] = [];

  constructor(raw: Raw, translator: TranslatorOptions, threshold: number, capacity: number, late: boolean) {
    this.cpu = this.machine.cpu;
    this.maxRegion = translator.maxRegion;
    this.hotTurns = translator.hotTurns;
    this.compiler = new InstantCompiler(raw, translator, late);
    const options = { translator, threshold, capacity };
    this.engine = new TranslatingEngine(this.cpu, this.compiler, new TraceLog(), options);
    this.batch = new RegionBatch(raw, translator, this.engine.imports);
    if (threshold <= HOT) {
      const { engine } = this;
      this.sliced = {
        name: engine.name,
        run: () => this.runSliced(),
        step: () => engine.step(),
        dispose() {},
        stats: () => engine.stats(),
        retired: (total) => engine.retired(total),
      };
    }
  }

  /** Where code gets hot on the way: after each slice, what has become so is translated. */
  private readonly sliced: Engine | undefined;

  private runSliced(): void {
    const { cpu, engine } = this;
    for (let before = -1; cpu.remaining > 0 && cpu.remaining !== before && !cpu.halted && !cpu.shutdown; ) {
      before = cpu.remaining;
      const rest = Math.max(0, before - SLICE);
      cpu.remaining = before - rest;
      engine.run();
      cpu.remaining += rest;
      engine.translateNow();
    }
  }

  /** Begins a batch. */
  begin(): void {
    this.batch.clear();
    this.formedFor = undefined;
    this.evictions = this.engine.cache.stats.evictions;
    this.sinceEviction += BATCH;
    if (this.sinceEviction < EVICT_AFTER) return;
    this.sinceEviction = 0;
    this.engine.cache.evictAll();
    this.evictions = this.engine.cache.stats.evictions;
  }

  /** The regions of a case: formed, unless they are those of the case before. */
  form(c: FuzzCase): readonly Batched[] {
    if (this.formedFor === undefined || !sameCode(c, this.formedFor)) this.formed = this.formAnew(c);
    this.formedFor = c;
    return this.formed;
  }

  private formAnew(c: FuzzCase): Batched[] {
    const { cpu } = this;
    const { cache } = this.engine;
    this.machine.load(c);
    if (!this.walkEntry()) return [];
    cache.forgive();
    const ahead = c.codeLength > ONE_INSTRUCTION ? REGIONS_AHEAD : 1;
    const found: Batched[] = [];
    const queue = [cpu.eip];
    const seen = new Set(queue);
    // Where handlers of faults come back to, in cases of whole systems.
    if (c.exceptions === 'deliver') {
      for (let n = SECTION; n < c.codeLength; n += SECTION) queue.push((cpu.eip + n) | 0);
    }
    for (let next = queue.shift(); next !== undefined && found.length < ahead; next = queue.shift()) {
      const request = cache.request(next, this.maxRegion, this.profile, this.hotTurns);
      if (!request) continue;
      found.push(this.batch.add(request, cache.region(request.id)!));
      const inside = new Set(request.blocks.map((b) => b.eip));
      for (const { eip } of request.links) {
        if (!inside.has(eip) && !seen.has(eip)) queue.push(eip);
        seen.add(eip);
      }
    }
    return found;
  }

  /** Whatever can be reached is warm. */
  private readonly warm = (_: number, linear: number) => !this.engine.cache.exists(linear, this.physical(linear));
  private readonly profile = {
    inline: true,
    warm: this.warm,
    known: () => true,
    targets: (): readonly number[] => [],
  };

  private physical(linear: number): number {
    const word = this.cpu.tlb.entries[linear >>> 12]!;
    return ((word & ~0xfff) | (linear & 0xfff)) & this.cpu.memory.a20Mask;
  }

  /**
   * Walks the page of the first instruction, and the next one where it reaches into that: as fetching it will,
   * so that nothing is seen of it.
   * @returns false where it cannot be fetched
   */
  private walkEntry(): boolean {
    const { cpu } = this;
    const limit = cpu.s32[(SEGMENTS + CS * SEGMENT_SIZE + SEG_LIMIT) >> 2]! >>> 0;
    const eip = cpu.eip >>> 0;
    const linear = (eip + cpu.segBase(CS)) | 0;
    if (eip > limit) return false;
    try {
      const physical = cpu.translate(linear, ACCESS_FETCH, cpu.user) & cpu.memory.a20Mask;
      if (!cpu.memory.isReadable(physical >>> 12)) return false;
      const start = (cpu.memory.hostPage(physical >>> 12) + (physical & 0xfff)) >>> 0;
      const end = start - (physical & 0xfff) + 0x1000;
      if (decode(cpu.u8, start, end, cpu.code32, this.insn) !== DecodeStatus.NeedMore) return true;
      const inFirst = end - start;
      if (eip + inFirst > limit) return false;
      cpu.translate((linear + inFirst) | 0, ACCESS_FETCH, cpu.user);
      return true;
    } catch (error) {
      if (error !== cpu.exception) throw error;
      return false;
    }
  }

  /** Runs a case with its regions. */
  run(c: FuzzCase, formed: readonly Batched[]): Outcome | undefined {
    const { engine, machine } = this;
    const { cache, interpreter } = engine;
    machine.load(c);
    this.compiler.renew();
    for (const { error } of formed) if (error !== undefined) return this.failed(error);
    // Regions that were formed before everything was evicted have numbers that mean something else by now.
    const regions = cache.stats.evictions === this.evictions ? formed : [];
    // An interrupt may come before anything is fetched.
    if (regions.length > 0 && c.interrupts[0]?.after !== 0) this.walkEntry();
    for (const { region, translated, function: run } of regions) {
      // The case before may have had the same code.
      if (region.slot !== 0 && cache.stillWanted(region.id)) continue;
      // One that was formed and not dropped since is in the index already.
      if (!cache.stillWanted(region.id)) cache.revive(region);
      cache.publish({ regions: [translated!], byteLength: 0 }, { r0: run! });
    }
    cache.forgive();
    const [interpreted, cold] = [interpreter.retired, engine.coldExitCount];
    const outcome = machine.run(
      c,
      this.sliced ?? engine,
      (retired) => retired - (interpreter.retired - interpreted) + engine.coldExitCount - cold,
    );
    const error = this.compiler.errors.pop();
    return error === undefined ? outcome : this.failed(error);
  }

  /** The outcome of a case whose code could not be translated. */
  private failed(message: string): Outcome {
    this.compiler.errors = [];
    return this.machine.failure(`translation failed: ${message}`);
  }
}

export class TranslatorOracle implements Oracle {
  readonly name: string;
  readonly independent = false;
  readonly knows: Knowledge = EVERYTHING;
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly capacity: number;
  private readonly late: boolean;
  /** For cases that end at the first exception; and for the others. Made when they are needed. */
  private plain: Side | undefined;
  private system: Side | undefined;

  constructor(raw: Raw, name: string, { capacity = 2 ** 30, late = false, ...options }: Setting) {
    this.raw = raw;
    this.name = name;
    this.capacity = capacity;
    this.late = late;
    this.options = { ...DEFAULT_TRANSLATOR_OPTIONS, ...options };
  }

  /** Loads Binaryen and makes the oracle: `name` is the oracle's, `options` what differs from the defaults. */
  static async make(name: string, options: Setting = {}): Promise<TranslatorOracle> {
    return new TranslatorOracle(await loadBinaryen(), name, options);
  }

  refuses(): undefined {
    return undefined;
  }

  run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    const out: (Outcome | undefined)[] = [];
    for (let n = 0; n < cases.length; n += BATCH) out.push(...this.runBatch(cases.slice(n, n + BATCH)));
    return Promise.resolve(out);
  }

  private sideFor(c: FuzzCase): Side {
    if (c.exceptions === 'first' && c.interrupts.length === 0) {
      this.plain ??= new Side(this.raw, this.options, 2 ** 30, this.capacity, this.late);
      return this.plain;
    }
    this.system ??= new Side(this.raw, this.options, HOT, this.capacity, this.late);
    return this.system;
  }

  private runBatch(cases: readonly FuzzCase[]): (Outcome | undefined)[] {
    const sides = cases.map((c) => this.sideFor(c));
    const used = new Set(sides);
    for (const side of used) side.begin();
    const regions = cases.map((c, n) => sides[n]!.form(c));
    for (const side of used) side.batch.compile();
    return cases.map((c, n) => sides[n]!.run(c, regions[n]!));
  }

  dispose(): void {
    this.plain?.engine.dispose();
    this.system?.engine.dispose();
  }
}
