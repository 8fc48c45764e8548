/**
 * Lowers a region to one WebAssembly function without parameters or results:
 * registers into locals at the entry, blocks joined by Relooper, exits by tail
 * calls through link slots, one shared epilogue for all cold exits.
 */
import * as L from '../../cpu/layout.ts';
import * as abi from '../abi.ts';
import { controlGraph, type ControlGraph } from '../control-graph.ts';
import { DYNAMIC, entryStates, IN_MEMORY } from '../flag-flow.ts';
import type { Expr, IrBlock } from '../ir.ts';
import { LINK_TLB_MASK, type LinkTarget, type RegionRequest, type Site, type TranslatorOptions } from '../region.ts';
import { BlockLowering, COLD, type RegionContext } from './block-lowering.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { storeFlags, toDynamic } from './flags.ts';
import { BUDGET_LOCAL, CONDITION, FIRST_TEMPORARY, FLAG_A, FLAG_K, LABEL_LOCAL, LINEAR, SITE_LOCAL } from './locals.ts';
import { registersOf } from './registers-used.ts';

/** Name of the hub's function inside modules: (table index) -> runs that region. */
export const DISPATCH = abi.IMPORT_DISPATCH;

class RegionLowering {
  private readonly m: Emitter;
  private readonly context: RegionContext;
  private readonly blocks: readonly IrBlock[];
  private readonly request: RegionRequest;
  private readonly options: TranslatorOptions;
  private readonly graph: ControlGraph;
  private readonly links: ReadonlyMap<number, LinkTarget>;

  constructor(m: Emitter, request: RegionRequest, blocks: readonly IrBlock[], options: TranslatorOptions) {
    this.m = m;
    this.request = request;
    this.blocks = blocks;
    this.options = options;
    this.graph = controlGraph(blocks);
    this.links = new Map(request.links.map((l) => [l.eip, l]));
    const { used, written } = registersOf(blocks);
    this.context = { m, mode: request.mode, sites: [], usedRegisters: used, writtenRegisters: written, temporaries: 0 };
  }

  /** Adds the function and returns its sites. */
  run(name: string): Site[] {
    const m = this.m;
    const entry = entryStates(this.blocks, this.graph.successors);
    const relooper = new m.binaryen.Relooper(m.module);
    const lowered = this.blocks.map((b, n) => this.lowerBlock(b, n, entry[n]!));
    const refs = lowered.map((b) => relooper.addBlock(m.block(null, b.code)));
    const index = new Map(this.blocks.map((b, n) => [b.eip, n]));
    lowered.forEach((from, n) => {
      const ending = this.blocks[n]!.ending;
      const edge = (eip: number, condition: ExpressionRef) => {
        const to = index.get(eip);
        if (to === undefined) {
          relooper.addBranch(refs[n]!, relooper.addBlock(m.block(null, this.exitTo(eip, from.flags))), condition, 0);
        } else {
          const convert = [
            ...this.checkPages(this.blocks[n]!.eip, eip, from.flags),
            ...(entry[to] === DYNAMIC ? toDynamic(m, from.flags) : []),
          ];
          relooper.addBranch(refs[n]!, refs[to]!, condition, convert.length > 0 ? m.block(null, convert) : 0);
        }
      };
      if (ending.k === 'jump') edge(ending.target, 0);
      if (ending.k === 'branch') {
        if (ending.taken !== ending.next) edge(ending.taken, m.get(CONDITION));
        edge(ending.next, 0);
      }
    });
    const body = relooper.renderAndDispose(refs[0]!, LABEL_LOCAL);
    const all = m.block(null, [
      ...this.context.usedRegisters.map((r) => m.set(r, m.state(L.GPR + r * 4))),
      m.set(BUDGET_LOCAL, m.state(abi.BUDGET)),
      // A loop back to the entry may bring other flags than those in memory.
      ...(entry[0] === DYNAMIC ? toDynamic(m, IN_MEMORY) : []),
      m.block(COLD, [body, m.module.unreachable()]),
      ...this.coldEpilogue(),
    ]);
    const locals = FIRST_TEMPORARY + this.context.temporaries;
    const { none, i32 } = m.binaryen;
    m.module.addFunction(name, none, none, new Array<number>(locals).fill(i32), all);
    return this.context.sites;
  }

  /** On an edge into a page other than the entry's: leaves where the mapping is not what it was. */
  private checkPages(from: number, to: number, flags: number): ExpressionRef[] {
    const m = this.m;
    const target = this.request.blocks.find((b) => b.eip === to)!;
    const source = this.request.blocks.find((b) => b.eip === from)!;
    const { csBase } = this.request.mode;
    const page = (eip: number) => (eip + csBase) >>> 12;
    const checks: ExpressionRef[] = [];
    const check = (linear: number, word: number) =>
      checks.push(m.bin('ne', this.tlbWord(() => m.con(linear)), m.con(word)));
    if (target.tlbWord !== 0 && page(from) !== page(to)) check((to + csBase) | 0, target.tlbWord);
    if (target.tlbWordNext !== 0 && source !== target) {
      check((to + csBase + target.bytes.length - 1) | 0, target.tlbWordNext);
    }
    if (checks.length === 0) return [];
    const mismatch = checks.reduce((a, b) => m.bin('or', a, b));
    return [m.if(mismatch, m.block(null, [...this.leave(to, flags), ...this.toDispatcher()]))];
  }

  private lowerBlock(block: IrBlock, n: number, flags: number): { code: ExpressionRef[]; flags: number } {
    const m = this.m;
    const lowering = new BlockLowering(this.context, block, flags);
    if (this.graph.headers.has(n)) {
      const need = this.graph.longest.get(n)!;
      lowering.code.push(
        m.if(
          m.bin('lts', m.get(BUDGET_LOCAL), m.con(need)),
          m.block(null, [...this.leave(block.eip, flags), m.setState(abi.EXIT_REASON, m.con(abi.EXIT_BUDGET)), m.return()]),
        ),
      );
    }
    if (block.count > 0) {
      lowering.code.push(m.set(BUDGET_LOCAL, m.bin('sub', m.get(BUDGET_LOCAL), m.con(block.count))));
    }
    lowering.run();
    const e = block.ending;
    if (e.k === 'branch' && e.taken !== e.next) lowering.code.push(m.set(CONDITION, lowering.expr(e.e)));
    if (e.k === 'indirect') lowering.code.push(...this.exitIndirect(lowering, e.e));
    if (e.k === 'callout') {
      lowering.code.push(
        ...this.leave(e.eip, lowering.flags),
        m.setState(abi.EXIT_REASON, m.con(abi.EXIT_CALLOUT)),
        m.return(),
      );
    }
    return lowering;
  }

  /** State to memory, EIP included. */
  private leave(eip: number | ExpressionRef[], flags: number): ExpressionRef[] {
    const m = this.m;
    return [
      ...(typeof eip === 'number' ? [m.setState(L.EIP, m.con(eip))] : eip),
      ...this.context.writtenRegisters.map((r) => m.setState(L.GPR + r * 4, m.get(r))),
      ...storeFlags(m, flags),
      m.setState(abi.BUDGET, m.get(BUDGET_LOCAL)),
    ];
  }

  private toDispatcher(): ExpressionRef[] {
    return [this.m.setState(abi.EXIT_REASON, this.m.con(abi.EXIT_BRANCH)), this.m.return()];
  }

  private count(word: number): ExpressionRef[] {
    const m = this.m;
    return this.options.countChains ? [m.setState(word, m.bin('add', m.state(word), m.con(1)))] : [];
  }

  private tailCall(slot: ExpressionRef): ExpressionRef {
    return this.m.module.return_call(DISPATCH, [slot], this.m.binaryen.none);
  }

  /** TLB word of a linear address, without the bits that do not matter to a link. */
  private tlbWord(linear: () => ExpressionRef): ExpressionRef {
    const m = this.m;
    const index = m.bin('and', m.bin('shr', linear(), m.con(10)), m.con(0x3f_fffc));
    return m.bin('and', m.load(4, false, L.TLB, index), m.con(LINK_TLB_MASK));
  }

  /** To a known EIP outside the region: through its link slot. */
  private exitTo(eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    const link = this.links.get(eip);
    const out = this.leave(eip, flags);
    if (!link || !this.options.chain) return [...out, ...this.toDispatcher()];
    if (link.tlbWord !== 0) {
      const linear = (eip + this.request.mode.csBase) | 0;
      const mismatch = m.bin('ne', this.tlbWord(() => m.con(linear)), m.con(link.tlbWord));
      out.push(m.if(mismatch, m.block(null, this.toDispatcher())));
    }
    return [...out, ...this.count(abi.CHAIN_HITS), this.tailCall(m.state(link.slot))];
  }

  /** To an EIP known at run time: through the jump cache. */
  private exitIndirect(lowering: BlockLowering, target: Expr): ExpressionRef[] {
    const m = this.m;
    // Temporaries of the flags code are free here: CONDITION holds the target, SITE the cache entry.
    const out = [m.set(CONDITION, lowering.expr(target))];
    out.push(...this.leave([m.setState(L.EIP, m.get(CONDITION))], lowering.flags));
    if (!this.options.chain) return [...out, ...this.toDispatcher()];
    const linear = () =>
      this.request.mode.csBase === 0 ? m.get(CONDITION) : m.bin('add', m.get(CONDITION), m.con(this.request.mode.csBase));
    out.push(m.set(LINEAR, linear()));
    const hash = m.bin('xor', m.get(LINEAR), m.bin('shr', m.get(LINEAR), m.con(12)));
    out.push(m.set(SITE_LOCAL, m.bin('shl', m.bin('and', hash, m.con(L.JUMP_CACHE_SIZE / 16 - 1)), m.con(4))));
    const field = (n: number) => m.load(4, false, L.JUMP_CACHE + n * 4, m.get(SITE_LOCAL));
    const miss = m.bin(
      'or',
      m.bin('xor', field(0), m.get(LINEAR)),
      m.bin(
        'or',
        m.bin('xor', field(1), m.con(this.request.modeId)),
        m.bin('xor', field(2), this.tlbWord(() => m.get(LINEAR))),
      ),
    );
    out.push(m.if(miss, m.block(null, this.toDispatcher())));
    out.push(...this.count(abi.INDIRECT_HITS), this.tailCall(field(3)));
    return out;
  }

  /** Behind the block that cold exits break out of: the state as it was before the instruction of the site. */
  private coldEpilogue(): ExpressionRef[] {
    const m = this.m;
    const words = [abi.COLD_A, abi.COLD_B, abi.COLD_R, abi.COLD_C, abi.COLD_X];
    return [
      ...this.context.writtenRegisters.map((r) => m.setState(L.GPR + r * 4, m.get(r))),
      m.setState(abi.COLD_KIND, m.get(FLAG_K)),
      ...words.map((word, n) => m.setState(word, m.get(FLAG_A + n))),
      m.setState(abi.BUDGET, m.get(BUDGET_LOCAL)),
      m.setState(abi.EXIT_SITE, m.get(SITE_LOCAL)),
      m.setState(abi.EXIT_REGION, m.con(this.request.id)),
      m.setState(abi.EXIT_REASON, m.con(abi.EXIT_COLD)),
    ];
  }
}

/** Adds the function of a region to the emitter's module. */
export function lowerRegion(
  m: Emitter,
  name: string,
  request: RegionRequest,
  blocks: readonly IrBlock[],
  options: TranslatorOptions,
): Site[] {
  return new RegionLowering(m, request, blocks, options).run(name);
}

