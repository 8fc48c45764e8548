/**
 * Lowers a region to one WebAssembly function without parameters or results:
 * registers into locals at the entry, structured control flow among the blocks,
 * exits that tail-call what comes next. In the low tier exits share one epilogue: smaller, but slower.
 */
import * as L from '../../cpu/layout.ts';
import * as abi from '../abi.ts';
import { type ControlGraph, controlGraph } from '../control-graph.ts';
import { DYNAMIC, entryStates, IN_MEMORY } from '../flag-flow.ts';
import type { Ending, IrBlock } from '../ir.ts';
import { LINK_TLB_MASK, type LinkTarget, type RegionRequest, type TranslatorOptions } from '../region.ts';
import { packSites, type SiteTable } from '../sites.ts';
import { BlockLowering, COLD, type RegionContext } from './block-lowering.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { storeFlags, toDynamic } from './flags.ts';
import {
  BUDGET_LOCAL,
  CACHE_ENTRY,
  FIRST_POOLED,
  FLAG_A,
  FLAG_K,
  LINEAR,
  LocalPool,
  NEXT_SLOT,
  ROUTE,
  SITE_LOCAL,
  TARGET,
} from './locals.ts';
import { registersOf } from './registers-used.ts';
import { selectTarget } from './select-target.ts';
import { loadXmm, storeXmm } from './simd-registers.ts';
import { I32 } from './value-types.ts';
import { loadX87, storeX87 } from './x87-locals.ts';

/** Name of the block whose end is the epilogue. */
const EXIT = 'exit';
/** Turns of a low-tier region in which indirect branches are not sampled between two in which they are; a power of two less one. */
const SAMPLING = 7;

class RegionLowering {
  private readonly m: Emitter;
  private readonly context: RegionContext;
  private readonly blocks: readonly IrBlock[];
  private readonly request: RegionRequest;
  private readonly options: TranslatorOptions;
  private readonly graph: ControlGraph;
  private readonly links: ReadonlyMap<number, LinkTarget>;
  /** Flag states at the blocks' entries. */
  private entry: readonly number[] = [];

  constructor(
    m: Emitter,
    request: RegionRequest,
    blocks: readonly IrBlock[],
    options: TranslatorOptions,
    graph: ControlGraph,
  ) {
    this.m = m;
    this.request = request;
    this.blocks = blocks;
    this.options = options;
    this.graph = graph;
    this.links = new Map(request.links.map((l) => [l.eip, l]));
    this.context = {
      m,
      mode: request.mode,
      lowTier: request.tier === 'low',
      sites: [],
      registers: registersOf(blocks),
      locals: new LocalPool(),
      labels: 0,
    };
  }

  /** Adds the function and returns its sites. */
  run(name: string, exported: string | undefined): SiteTable {
    const m = this.m;
    this.entry = entryStates(this.blocks, this.graph.successors);
    const body = this.tree(0);
    const all = m.block(null, [
      ...this.checkEntry(),
      ...this.context.registers.used.map((r) => m.set(r, m.state(L.GPR + r * 4))),
      ...loadXmm(m, this.context.locals, this.context.registers.xmmUsed),
      ...loadX87(m, this.context.locals, this.context.registers),
      m.set(BUDGET_LOCAL, m.state(abi.BUDGET)),
      // A loop back to the entry may bring other flags than those in memory.
      ...(this.entry[0] === DYNAMIC ? toDynamic(m, IN_MEMORY) : []),
      ...this.withExits(body),
    ]);
    const locals = [...new Array<number>(FIRST_POOLED).fill(I32), ...this.context.locals.types];
    m.addFunction(name, exported, locals, all);
    return packSites(this.context.sites);
  }

  /**
   * The entry's own page was checked by whoever came here; that its last instruction still runs on into the
   * page it did is checked here. Nothing is in locals yet, so leaving is leaving; the interpreter does the block.
   */
  private checkEntry(): ExpressionRef[] {
    const m = this.m;
    const { eip, bytes, tlbWordNext } = this.request.blocks[0]!;
    if (tlbWordNext === 0) return [];
    const last = (eip + this.request.mode.csBase + bytes.length - 1) | 0;
    const mismatch = m.bin(
      'ne',
      this.tlbWord(() => m.con(last)),
      m.con(tlbWordNext),
    );
    return [m.if(mismatch, m.block(null, [m.setState(abi.EXIT_REASON, m.con(abi.EXIT_BUDGET)), m.return()]))];
  }

  /** The body, which never comes to its end, and behind it what its exits share. */
  private withExits(body: ExpressionRef[]): ExpressionRef[] {
    const m = this.m;
    const cold = this.context.sites.length > 0;
    if (!cold && !this.context.lowTier) return [...body, m.unreachable()];
    const inner = cold ? [m.block(COLD, [...body, m.unreachable()]), ...this.coldExit()] : body;
    return [...(this.context.lowTier ? [m.block(EXIT, inner)] : inner), ...this.epilogue()];
  }

  // ---- control flow: see structure.ts --------------------------------------------------------------

  /** A block and all it dominates. */
  private tree(n: number): ExpressionRef[] {
    const { isLoop, isJoin, children } = this.graph.structure;
    // What stands furthest behind is joined last.
    const joins = children[n]!.filter((c) => isJoin[c]!).reverse();
    const code = this.within(n, joins);
    return isLoop[n] ? [this.m.loop(`loop${n}`, this.m.block(null, code))] : code;
  }

  /** Block `n`, then each of `joins` behind a block that jumps to it break out of. */
  private within(n: number, joins: readonly number[]): ExpressionRef[] {
    const [join, ...rest] = joins;
    if (join === undefined) return this.node(n);
    return [this.m.block(`join${join}`, this.within(n, rest)), ...this.tree(join)];
  }

  /** The router: to the block that local ROUTE tells. */
  private router(): ExpressionRef[] {
    const m = this.m;
    const { routed } = this.graph.structure;
    const names = routed.map((_, k) => `route${k}`);
    let code: ExpressionRef[] = [m.switch(names, names[0]!, m.get(ROUTE))];
    routed.forEach((to, k) => {
      code = [m.block(names[k]!, code), ...this.tree(to)];
    });
    return code;
  }

  private node(n: number): ExpressionRef[] {
    if (n === this.blocks.length) return this.router();
    const m = this.m;
    const lowered = this.lowerBlock(this.blocks[n]!, n, this.entry[n]!);
    const e = this.blocks[n]!.ending;
    if (e.k === 'jump') return [...lowered.code, ...this.edge(n, e.target, lowered.flags)];
    if (e.k === 'repeat') {
      const again = m.block(null, this.edge(n, e.self, lowered.flags));
      return [...lowered.code, m.if(lowered.expr(e.e), again), ...this.edge(n, e.next, lowered.flags)];
    }
    if (e.k === 'indirect') return [...lowered.code, ...this.indirect(n, lowered, e)];
    if (e.k !== 'branch') return lowered.code;
    if (e.taken === e.next) return [...lowered.code, ...this.edge(n, e.next, lowered.flags)];
    const taken = m.block(null, this.edge(n, e.taken, lowered.flags));
    return [...lowered.code, m.if(lowered.expr(e.e), taken), ...this.edge(n, e.next, lowered.flags)];
  }

  /** From the end of block `n` to an EIP; nothing comes behind it. */
  private edge(n: number, eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    const to = this.graph.target(eip);
    if (to === undefined) return this.exitTo(eip, flags);
    const { structure } = this.graph;
    const before = [
      ...this.checkPages(this.blocks[n]!.eip, eip, flags),
      ...(this.entry[to] === DYNAMIC ? toDynamic(m, flags) : []),
    ];
    const route = structure.routed.indexOf(to);
    if (route < 0) return [...before, ...this.go(n, to)];
    return [...before, m.set(ROUTE, m.con(route)), ...this.go(n, this.blocks.length)];
  }

  /** From the end of block `n` to a node of the graph. */
  private go(n: number, to: number): ExpressionRef[] {
    const { structure } = this.graph;
    if (structure.isBack(n, to)) return [this.m.br(`loop${to}`)];
    if (structure.isJoin[to]) return [this.m.br(`join${to}`)];
    return this.tree(to);
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
      checks.push(
        m.bin(
          'ne',
          this.tlbWord(() => m.con(linear)),
          m.con(word),
        ),
      );
    if (target.tlbWord !== 0 && page(from) !== page(to)) check((to + csBase) | 0, target.tlbWord);
    if (target.tlbWordNext !== 0 && source !== target) {
      check((to + csBase + target.bytes.length - 1) | 0, target.tlbWordNext);
    }
    if (checks.length === 0) return [];
    const mismatch = checks.reduce((a, b) => m.bin('or', a, b));
    return [m.if(mismatch, m.block(null, this.exit(m.con(to), flags, m.con(abi.SLOT_BRANCH))))];
  }

  private lowerBlock(block: IrBlock, n: number, flags: number): BlockLowering {
    const m = this.m;
    const lowering = new BlockLowering(this.context, block, flags);
    if (this.graph.headers.has(n)) {
      const need = this.graph.longest.get(n)!;
      lowering.code.push(
        m.if(
          m.bin('lts', m.get(BUDGET_LOCAL), m.con(need)),
          m.block(null, this.exitFor(abi.EXIT_BUDGET, block.eip, flags)),
        ),
        ...(this.context.lowTier ? this.countHeat() : []),
      );
    }
    if (block.count > 0) {
      lowering.code.push(m.set(BUDGET_LOCAL, m.bin('sub', m.get(BUDGET_LOCAL), m.con(block.count))));
    }
    const e = block.ending;
    if (e.k === 'repeat') {
      lowering.code.push(m.if(lowering.expr(e.zero), m.block(null, this.edge(n, e.next, flags))));
    }
    lowering.run();
    if (e.k === 'callout') lowering.code.push(...this.exitCallout(e, lowering.flags));
    return lowering;
  }

  /** Counts the region's heat down by one, and says when there is none left. */
  private countHeat(): ExpressionRef[] {
    const m = this.m;
    const { heat, id } = this.request;
    if (heat === undefined) return [];
    return [
      m.set(LINEAR, m.bin('sub', m.state(heat), m.con(1))),
      m.setState(heat, m.get(LINEAR)),
      m.if(m.un('eqz', m.get(LINEAR)), m.drop(m.call('hot', [m.con(id)]))),
    ];
  }

  /** Tells now and then where an indirect jump or call goes. */
  private sampleTarget(n: number): ExpressionRef[] {
    const m = this.m;
    const { heat, id } = this.request;
    if (heat === undefined || !this.branches(n)) return [];
    const now = m.un('eqz', m.bin('and', m.state(heat), m.con(SAMPLING)));
    const { eip } = this.blocks[n]!;
    return [m.if(now, m.drop(m.call('went', [m.con(id), m.con(eip), m.get(TARGET)])))];
  }

  /** Whether block `n` ends in an indirect jump or call. */
  private branches(n: number): boolean {
    const { eip } = this.blocks[n]!;
    return this.request.blocks.find((b) => b.eip === eip)?.branches === true;
  }

  private storeRegisters(): ExpressionRef[] {
    const { m, locals, registers } = this.context;
    const general = registers.written.map((r) => m.setState(L.GPR + r * 4, m.get(r)));
    return [...general, ...storeXmm(m, locals, registers.xmmWritten), ...storeX87(m, locals, registers)];
  }

  // ---- leaving -------------------------------------------------------------------------------------

  /** Leaves for an EIP: to the region in a place of the table, or through a stub there. Nothing comes behind it. */
  private exit(eip: ExpressionRef, flags: number, slot: ExpressionRef, counter?: number): ExpressionRef[] {
    const m = this.m;
    return [
      ...storeFlags(m, flags),
      m.set(TARGET, eip),
      m.set(NEXT_SLOT, slot),
      ...(counter === undefined ? [] : this.countChained(counter)),
      ...(this.context.lowTier ? [m.br(EXIT)] : this.epilogue()),
    ];
  }

  /** Leaves to the dispatcher for a reason. */
  private exitFor(reason: number, eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    return [m.setState(abi.EXIT_REASON, m.con(reason)), ...this.exit(m.con(eip), flags, m.con(abi.SLOT_LEAVE))];
  }

  /** To the instruction that ends a block: through the stub that may do without the dispatcher, or to that. */
  private exitCallout(e: Extract<Ending, { k: 'callout' }>, flags: number): ExpressionRef[] {
    const m = this.m;
    const reason = e.shadowed ? abi.EXIT_SHADOWED : abi.EXIT_CALLOUT;
    if (e.transition === undefined || !this.options.chain) return this.exitFor(reason, e.eip, flags);
    return [
      m.setState(abi.TRANSITION, m.con(e.transition)),
      m.setState(abi.EXIT_REASON, m.con(reason)),
      ...this.exit(m.con(e.eip), flags, m.con(abi.SLOT_TRANSITION)),
    ];
  }

  /** What exits end with: the state to memory, and on to what comes next. */
  private epilogue(): ExpressionRef[] {
    const m = this.m;
    return [
      m.setState(L.EIP, m.get(TARGET)),
      ...this.storeRegisters(),
      m.setState(abi.BUDGET, m.get(BUDGET_LOCAL)),
      m.dispatch(m.get(NEXT_SLOT)),
    ];
  }

  /** Counts in a word of memory (`--stats`) where NEXT_SLOT is a region's. */
  private countChained(word: number): ExpressionRef[] {
    const m = this.m;
    if (!this.options.countChains) return [];
    const chained = m.bin('ne', m.get(NEXT_SLOT), m.con(abi.SLOT_BRANCH));
    return [m.setState(word, m.bin('add', m.state(word), chained))];
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
    if (!link || !this.options.chain) return this.exit(m.con(eip), flags, m.con(abi.SLOT_BRANCH));
    const slot = m.state(link.slot);
    if (link.tlbWord === 0) return this.exit(m.con(eip), flags, slot, abi.CHAIN_HITS);
    const linear = (eip + this.request.mode.csBase) | 0;
    const match = m.bin(
      'eq',
      this.tlbWord(() => m.con(linear)),
      m.con(link.tlbWord),
    );
    return this.exit(m.con(eip), flags, m.select(match, slot, m.con(abi.SLOT_BRANCH)), abi.CHAIN_HITS);
  }

  /** To an EIP known at run time: to the likely one of the region's blocks that it is, or out. */
  private indirect(n: number, lowering: BlockLowering, e: Extract<Ending, { k: 'indirect' }>): ExpressionRef[] {
    const m = this.m;
    const likely = (e.targets ?? []).filter((eip) => this.graph.target(eip) !== undefined);
    return [
      m.set(TARGET, lowering.expr(e.e)),
      ...(this.context.lowTier ? this.sampleTarget(n) : []),
      ...selectTarget(m, this.context.labels++, likely, (eip) => this.edge(n, eip, lowering.flags)),
      // Not foreseen.
      ...(!this.context.lowTier && this.branches(n) ? [...this.countHeat(), ...this.sampleTarget(n)] : []),
      ...this.exitIndirect(lowering.flags),
    ];
  }

  /** To the EIP in TARGET: through the jump cache. */
  private exitIndirect(flags: number): ExpressionRef[] {
    const m = this.m;
    if (!this.options.chain) return this.exit(m.get(TARGET), flags, m.con(abi.SLOT_BRANCH));
    const { csBase } = this.request.mode;
    const linear = csBase === 0 ? m.get(TARGET) : m.bin('add', m.get(TARGET), m.con(csBase));
    const hash = m.bin('xor', m.get(LINEAR), m.bin('shr', m.get(LINEAR), m.con(12)));
    const field = (n: number) => m.load(4, false, L.JUMP_CACHE + n * 4, m.get(CACHE_ENTRY));
    const miss = m.bin(
      'or',
      m.bin('xor', field(0), m.get(LINEAR)),
      m.bin(
        'or',
        m.bin('xor', field(1), m.con(this.request.modeId)),
        m.bin(
          'xor',
          field(2),
          this.tlbWord(() => m.get(LINEAR)),
        ),
      ),
    );
    return [
      m.set(LINEAR, linear),
      m.set(CACHE_ENTRY, m.bin('shl', m.bin('and', hash, m.con(L.JUMP_CACHE_SIZE / 16 - 1)), m.con(4))),
      ...this.exit(m.get(TARGET), flags, m.select(miss, m.con(abi.SLOT_BRANCH), field(3)), abi.INDIRECT_HITS),
    ];
  }

  /** Behind the block that cold exits break out of: the state as it was before the instruction of the site, which tells EIP. */
  private coldExit(): ExpressionRef[] {
    const m = this.m;
    const words = [abi.COLD_A, abi.COLD_B, abi.COLD_R, abi.COLD_C, abi.COLD_X];
    return [
      m.setState(abi.COLD_KIND, m.get(FLAG_K)),
      ...words.map((word, n) => m.setState(word, m.get(FLAG_A + n))),
      m.setState(abi.EXIT_SITE, m.get(SITE_LOCAL)),
      m.setState(abi.EXIT_REGION, m.con(this.request.id)),
      m.setState(abi.EXIT_REASON, m.con(abi.EXIT_COLD)),
      m.set(NEXT_SLOT, m.con(abi.SLOT_LEAVE)),
    ];
  }
}

/** Adds the function of a region to the emitter's module, under a name in the module and one outside. */
export function lowerRegion(
  m: Emitter,
  name: string,
  exported: string | undefined,
  request: RegionRequest,
  blocks: readonly IrBlock[],
  options: TranslatorOptions,
  graph: ControlGraph = controlGraph(blocks),
): SiteTable {
  return new RegionLowering(m, request, blocks, options, graph).run(name, exported);
}
