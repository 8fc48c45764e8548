/**
 * Executes the beginning of one basic block twice from the same state, translated
 * and interpreted, on a vCPU that is there for nothing else, and compares.
 *
 * What holds: the vCPU's RAM is that of the reference machine whenever nothing
 * is being executed; what an execution wrote is taken back from there.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CS } from '../../cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../decoder/decode.ts';
import { Instruction } from '../../decoder/instruction.ts';
import { Interpreter } from '../../interpreter/interpreter.ts';
import * as abi from '../../translator/abi.ts';
import { flagsOf, materializeFlags } from '../../translator/lazy-flags.ts';
import type { Raw } from '../../translator/lower/binaryen-raw.ts';
import { modeBits, modeOf } from '../../translator/mode.ts';
import { translate } from '../../translator/pipeline.ts';
import {
  type RegionRequest,
  SITE_FLAGS_DYNAMIC,
  SITE_FLAGS_IN_MEMORY,
  type Site,
  type TranslatorOptions,
} from '../../translator/region.ts';
import { X87_MODULE, x87Module } from '../../translator/runtime/x87-module.ts';
import { createSlowPaths } from '../slow-paths.ts';
import { hex32 } from '../trace-log.ts';
import { type ComparedState, compareState, type Difference } from './comparison.ts';

const MAX_BLOCK = 64;
const PAGE_WORDS = 1024;

/** What the comparison of one beginning of a block came to. */
export interface Probe {
  readonly request: RegionRequest;
  /** Instructions that the translation retired, and whether it left one to the interpreter behind them. */
  readonly retired: number;
  readonly left: boolean;
  readonly differences: readonly Difference[];
}

interface Compiled {
  readonly run: () => void;
  readonly sites: readonly Site[];
}

export class BlockProbe {
  private readonly cpu: Cpu;
  private readonly reference: Cpu;
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly interpreter: Interpreter;
  private readonly imports: WebAssembly.Imports;
  private readonly compiled = new Map<string, Compiled>();

  /**
   * @param cpu to be executed on; its RAM equals the reference's
   * @param reference the vCPU whose state is started from; only read
   */
  constructor(cpu: Cpu, reference: Cpu, raw: Raw, options: TranslatorOptions) {
    this.cpu = cpu;
    this.reference = reference;
    this.raw = raw;
    this.options = { ...options, chain: false };
    this.interpreter = new Interpreter(cpu);
    const { s32 } = cpu;
    this.imports = {
      [abi.IMPORT_MODULE]: {
        [abi.IMPORT_MEMORY]: cpu.memory.memory,
        [abi.IMPORT_DISPATCH]: () => {},
        ...createSlowPaths(cpu),
        flags: flagsOf,
        callout: (eip: number) => {
          s32[L.EIP >> 2] = eip;
          s32[abi.EXIT_REASON >> 2] = abi.EXIT_CALLOUT;
          return 1;
        },
      },
    };
  }

  /** Instructions of the block at the reference's EIP, as far as they can be fetched; at most `limit`. */
  block(limit: number): Uint8Array[] {
    const { memory, tlb } = this.reference;
    const out: Uint8Array[] = [];
    const base = this.reference.segBase(CS);
    let linear = (this.reference.eip + base) | 0;
    const page = linear >>> 12;
    const word = tlb.entries[page]!;
    const i = new Instruction();
    while (word !== 0 && out.length < Math.min(limit, MAX_BLOCK) && linear >>> 12 === page) {
      const physical = ((word & ~0xfff) | (linear & 0xfff)) & memory.a20Mask;
      const bytes = memory.readBytes(physical >>> 0, Math.min(MAX_LENGTH, 0x1000 - (linear & 0xfff)));
      if (decode(bytes, 0, bytes.length, this.reference.code32, i) !== DecodeStatus.Ok) break;
      out.push(bytes.slice(0, i.length));
      linear = (linear + i.length) | 0;
      if (i.row.endsBlock) break;
    }
    return out;
  }

  /** Compares the beginning of a block at the reference's state. */
  compare(instructions: readonly Uint8Array[]): Probe {
    const request = this.request(instructions);
    const { run, sites } = this.compile(request);
    const { cpu } = this;
    this.copyState();
    const { retired, left } = this.translated(run, sites, instructions.length);
    const translated = snapshot(cpu);
    const pages = this.writtenPages();
    this.restore(pages.keys());
    this.copyState();
    this.interpreter.cache.clear();
    cpu.remaining = retired;
    for (let n = 0; n < retired && cpu.remaining > 0; n++) this.interpreter.step();
    const differences = this.differences(translated, pages);
    return { request, retired, left, differences };
  }

  /** The reference has moved on: takes over what it has written since. */
  follow(): void {
    const pages = new Set<number>();
    this.reference.memory.written.take((page) => pages.add(page));
    this.reference.tlb.dropAllWrites();
    this.restore(pages);
  }

  private request(instructions: readonly Uint8Array[]): RegionRequest {
    const bytes = Uint8Array.from(instructions.flatMap((i) => [...i]));
    const block = { eip: this.reference.eip, bytes, tlbWord: 0, tlbWordNext: 0 };
    return { id: 0, mode: modeOf(this.reference), modeId: 1, blocks: [block], links: [] };
  }

  private compile(request: RegionRequest): Compiled {
    const { eip, bytes } = request.blocks[0]!;
    const { csBase, csLimit } = request.mode;
    const key = [eip, modeBits(this.reference), csBase, csLimit, ...bytes].join();
    let known = this.compiled.get(key);
    if (known === undefined) {
      const { wasm, regions, x87 } = translate(this.raw, [request], this.options);
      const { imports } = this;
      if (x87) imports[X87_MODULE] ??= new WebAssembly.Instance(x87Module(this.raw), imports).exports;
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), imports);
      known = { run: exports['r0'] as () => void, sites: regions[0]!.sites };
      this.compiled.set(key, known);
    }
    return known;
  }

  /** Runs the translation; afterwards the state is that of an instruction boundary. */
  private translated(run: () => void, sites: readonly Site[], count: number): { retired: number; left: boolean } {
    const { s32 } = this.cpu;
    s32[abi.BUDGET >> 2] = count;
    s32[abi.SLOW_FAILED >> 2] = 0;
    s32[abi.FLAGS_KIND >> 2] = abi.FLAGS_IN_EFLAGS;
    s32[abi.EXIT_REASON >> 2] = abi.EXIT_BRANCH;
    run();
    const reason = s32[abi.EXIT_REASON >> 2]!;
    let remaining = s32[abi.BUDGET >> 2]!;
    if (reason === abi.EXIT_COLD) {
      const site = sites[s32[abi.EXIT_SITE >> 2]!]!;
      s32[L.EIP >> 2] = site.eip;
      remaining += site.refund;
      if (site.flags !== SITE_FLAGS_IN_MEMORY) {
        s32[abi.FLAGS_KIND >> 2] = site.flags === SITE_FLAGS_DYNAMIC ? s32[abi.COLD_KIND >> 2]! : site.flags;
        s32.copyWithin(abi.FLAGS_A >> 2, abi.COLD_A >> 2, (abi.COLD_X >> 2) + 1);
      }
    }
    materializeFlags(s32);
    return { retired: count - remaining, left: reason === abi.EXIT_COLD || reason === abi.EXIT_CALLOUT };
  }

  /** The reference's registers and modes. Its TLB is not taken over: the vCPU walks anew. */
  private copyState(): void {
    const { cpu, reference } = this;
    cpu.s32.set(reference.s32.subarray(L.GPR >> 2, L.TRANSLATOR_WORDS >> 2), L.GPR >> 2);
    cpu.s32.set(reference.s32.subarray(L.MSRS >> 2, L.MSRS_END >> 2), L.MSRS >> 2);
    cpu.pdpte.set(reference.pdpte);
    cpu.memory.a20Mask = reference.memory.a20Mask;
    cpu.tlb.flush(false);
    cpu.setCpl(reference.cpl);
    for (let seg = 0; seg < 8; seg++) cpu.segmentChanged(seg);
    cpu.halted = false;
    cpu.shutdown = false;
    cpu.interruptShadow = false;
    cpu.interruptPending = false;
  }

  /** Pages written since the last call, with what is in them. */
  private writtenPages(): Map<number, Int32Array> {
    const { cpu } = this;
    const pages = new Map<number, Int32Array>();
    cpu.memory.written.take((page) => {
      const at = (cpu.memory.hostPage(page) >>> 0) >>> 2;
      pages.set(page, cpu.s32.slice(at, at + PAGE_WORDS));
    });
    cpu.tlb.dropAllWrites();
    return pages;
  }

  private restore(pages: Iterable<number>): void {
    for (const page of pages) {
      const at = (this.cpu.memory.hostPage(page) >>> 0) >>> 2;
      this.cpu.s32.set(this.reference.s32.subarray(at, at + PAGE_WORDS), at);
    }
  }

  /** Between what the translation left and the vCPU now; a page that only one of them wrote was the reference's before. */
  private differences(translated: ComparedState, pages: ReadonlyMap<number, Int32Array>): Difference[] {
    const { cpu, reference } = this;
    const found = compareState(translated, cpu);
    const mine = this.writtenPages();
    for (const page of new Set([...pages.keys(), ...mine.keys()])) {
      const at = (cpu.memory.hostPage(page) >>> 0) >>> 2;
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
