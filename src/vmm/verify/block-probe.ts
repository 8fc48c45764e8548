/**
 * Executes a region, or the beginning of one basic block, twice from the same state, translated
 * and interpreted, on a vCPU that is there for nothing else, and compares.
 *
 * What holds: the vCPU's RAM is that of the reference machine whenever nothing
 * is being executed; what an execution wrote is taken back from there.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { Interpreter } from '../../interpreter/interpreter.ts';
import * as abi from '../../translator/abi.ts';
import { materializeFlags } from '../../translator/lazy-flags.ts';
import type { Raw } from '../../translator/lower/binaryen-raw.ts';
import { translate } from '../../translator/pipeline.ts';
import type { RegionRequest, TranslatorOptions } from '../../translator/region.ts';
import { X87_MODULE, x87Module } from '../../translator/runtime/x87-module.ts';
import { SITE_FLAGS_DYNAMIC, SITE_FLAGS_IN_MEMORY, type SiteTable, siteAt } from '../../translator/sites.ts';
import { regionImports } from '../region-imports.ts';
import { stateReport } from '../state-report.ts';
import { hex32 } from '../trace-log.ts';
import { type ComparedState, compareState, type Difference } from './comparison.ts';

const PAGE_WORDS = 1024;

/** What the comparison of one piece of code came to. */
export interface Probe {
  readonly request: RegionRequest;
  /** Instructions that the translation retired, and whether it left one to the interpreter behind them. */
  readonly retired: number;
  readonly left: boolean;
  readonly differences: readonly Difference[];
  /** Where the instructions stand that were executed, in order. */
  readonly path: readonly number[];
  /** The state before, and after in either engine, as text. */
  readonly states?: { readonly before: string; readonly translated: string; readonly interpreted: string };
}

interface Compiled {
  readonly run: () => void;
  readonly sites: SiteTable;
}

export class BlockProbe {
  private readonly cpu: Cpu;
  readonly reference: Cpu;
  private readonly raw: Raw;
  readonly options: TranslatorOptions;
  private readonly interpreter: Interpreter;
  private readonly imports: WebAssembly.Imports;
  private readonly compiled = new Map<string, Compiled>();

  /**
   * @param cpu to be executed on; its RAM equals the reference's but for pages noted as written
   * @param reference the vCPU whose state is started from; only read
   */
  constructor(cpu: Cpu, reference: Cpu, raw: Raw, options: TranslatorOptions) {
    this.cpu = cpu;
    this.reference = reference;
    this.raw = raw;
    this.options = options;
    this.interpreter = new Interpreter(cpu);
    // It may have gone on from where it was equal.
    this.restore(this.writtenPages().keys());
    const { s32 } = cpu;
    this.imports = regionImports(cpu, {
      dispatch() {},
      callout(eip: number) {
        s32[L.EIP >> 2] = eip;
        s32[abi.EXIT_REASON >> 2] = abi.EXIT_CALLOUT;
        return 1;
      },
    });
  }

  /**
   * Compares a region at the reference's state.
   * @param budget instructions that may retire at most
   * @param describe whether states are wanted as text
   */
  compare(request: RegionRequest, budget: number, options = this.options, describe = false): Probe {
    const { run, sites } = this.compile(request, options);
    const { cpu } = this;
    this.copyState(request);
    const report = () => (describe ? stateReport(cpu) : '');
    const before = report();
    const { retired, left } = this.translated(run, sites, budget);
    const translated = snapshot(cpu);
    const after = report();
    const pages = this.writtenPages();
    this.restore(pages.keys());
    this.copyState(request);
    this.interpreter.cache.clear();
    cpu.remaining = retired;
    const path: number[] = [];
    for (let n = 0; n < retired && cpu.remaining > 0; n++) {
      path.push(cpu.eip);
      this.interpreter.step();
    }
    const interpreted = report();
    const differences = this.differences(translated, pages);
    const states = { before, translated: after, interpreted };
    return { request, retired, left, differences, path, ...(describe && { states }) };
  }

  /** The reference has moved on: takes over what it has written since. */
  follow(): void {
    const pages = new Set<number>();
    this.reference.memory.written.take((page) => pages.add(page));
    this.reference.tlb.dropAllWrites();
    this.restore(pages);
  }

  private compile(request: RegionRequest, options: TranslatorOptions): Compiled {
    const { mode, blocks } = request;
    const code = blocks.map(({ eip, bytes }) => `${eip}:${bytes.join()}`);
    const key = [JSON.stringify(mode), options.noPass.join(), ...code].join(' ');
    let known = this.compiled.get(key);
    if (known === undefined) {
      const { wasm, regions, x87 } = translate(this.raw, [request], { ...options, chain: false });
      const { imports } = this;
      if (x87) imports[X87_MODULE] ??= new WebAssembly.Instance(x87Module(), imports).exports;
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), imports);
      known = { run: exports['r0'] as () => void, sites: regions[0]!.sites };
      this.compiled.set(key, known);
    }
    return known;
  }

  /** Runs the translation; afterwards the state is that of an instruction boundary. */
  private translated(run: () => void, sites: SiteTable, count: number): { retired: number; left: boolean } {
    const { s32 } = this.cpu;
    s32[abi.BUDGET >> 2] = count;
    s32[abi.SLOW_FAILED >> 2] = 0;
    s32[abi.FLAGS_KIND >> 2] = abi.FLAGS_IN_EFLAGS;
    s32[abi.EXIT_REASON >> 2] = abi.EXIT_BRANCH;
    run();
    const reason = s32[abi.EXIT_REASON >> 2]!;
    let remaining = s32[abi.BUDGET >> 2]!;
    if (reason === abi.EXIT_COLD) {
      const site = siteAt(sites, s32[abi.EXIT_SITE >> 2]!)!;
      s32[L.EIP >> 2] = site.eip;
      remaining += site.refund;
      if (site.flags !== SITE_FLAGS_IN_MEMORY) {
        s32[abi.FLAGS_KIND >> 2] = site.flags === SITE_FLAGS_DYNAMIC ? s32[abi.COLD_KIND >> 2]! : site.flags;
        s32.copyWithin(abi.FLAGS_A >> 2, abi.COLD_A >> 2, (abi.COLD_X >> 2) + 1);
      }
    }
    if (reason === abi.EXIT_SHADOWED) this.cpu.interruptShadow = true;
    materializeFlags(s32);
    const left = reason === abi.EXIT_COLD || reason === abi.EXIT_CALLOUT || reason === abi.EXIT_SHADOWED;
    return { retired: count - remaining, left };
  }

  /**
   * The reference's registers and modes. Of its TLB only the words that the code's pages have to have: the vCPU walks
   * anew for the rest.
   */
  private copyState({ mode, blocks }: RegionRequest): void {
    const { cpu, reference } = this;
    cpu.model = reference.model;
    cpu.s32.set(reference.s32.subarray(L.GPR >> 2, L.TRANSLATOR_WORDS >> 2), L.GPR >> 2);
    cpu.s32.set(reference.s32.subarray(L.MSRS >> 2, L.MSRS_END >> 2), L.MSRS >> 2);
    cpu.pdpte.set(reference.pdpte);
    cpu.memory.a20Mask = reference.memory.a20Mask;
    cpu.tlb.flush(false);
    for (const { eip, bytes } of blocks) {
      for (const linear of [eip + mode.csBase, eip + mode.csBase + bytes.length - 1]) {
        const word = reference.tlb.entries[linear >>> 12]!;
        if (word !== 0 && cpu.tlb.entries[linear >>> 12] === 0) cpu.tlb.set(linear >>> 12, word);
      }
    }
    cpu.setCpl(reference.cpl);
    for (let seg = 0; seg < 8; seg++) cpu.segmentChanged(seg);
    cpu.halted = false;
    cpu.shutdown = false;
    cpu.interruptShadow = false;
    cpu.stackShadow = false;
    cpu.interruptPending = false;
    cpu.breakpoints.changed();
    cpu.breakpoints.met = 0;
  }

  /** Pages written since the last call, with what is in them. */
  private writtenPages(): Map<number, Int32Array> {
    const { cpu } = this;
    const pages = new Map<number, Int32Array>();
    cpu.memory.written.take((page) => {
      const at = cpu.memory.storedPage(page) >>> 2;
      pages.set(page, cpu.s32.slice(at, at + PAGE_WORDS));
    });
    cpu.tlb.dropAllWrites();
    return pages;
  }

  private restore(pages: Iterable<number>): void {
    for (const page of pages) {
      const at = this.cpu.memory.storedPage(page) >>> 2;
      this.cpu.s32.set(this.reference.s32.subarray(at, at + PAGE_WORDS), at);
    }
  }

  /** Between what the translation left and the vCPU now; a page that only one of them wrote was the reference's before. */
  private differences(translated: ComparedState, pages: ReadonlyMap<number, Int32Array>): Difference[] {
    const { cpu, reference } = this;
    const found = compareState(translated, cpu);
    const mine = this.writtenPages();
    for (const page of new Set([...pages.keys(), ...mine.keys()])) {
      const at = cpu.memory.storedPage(page) >>> 2;
      const original = reference.s32.subarray(at, at + PAGE_WORDS);
      const [a, b] = [pages.get(page) ?? original, mine.get(page) ?? original];
      for (let n = 0; n < PAGE_WORDS; n++) {
        const [x, y] = [a[n]!, b[n]!];
        if (x !== y) found.push({ what: `memory at ${hex32((page << 12) | (n * 4))}`, a: hex32(x), b: hex32(y) });
      }
    }
    this.restore(mine.keys());
    return found;
  }
}

/** A copy of the state outside RAM. */
function snapshot({ s32, pdpte, halted, interruptShadow, shutdown }: Cpu): ComparedState {
  return { s32: s32.slice(0, L.MSRS_END >> 2), pdpte: pdpte.slice(), halted, interruptShadow, shutdown };
}
