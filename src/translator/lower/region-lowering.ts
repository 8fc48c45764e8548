/**
 * Lowers a region to one WebAssembly function without parameters or results:
 * registers into locals at the entry, structured control flow among the blocks, and exits (exits.ts).
 */
import * as L from '../../cpu/layout.ts';
import * as abi from '../abi.ts';
import { type ControlGraph, controlGraph } from '../control-graph.ts';
import { DYNAMIC, entryStates, IN_MEMORY } from '../flag-flow.ts';
import type { Ending, IrBlock } from '../ir.ts';
import type { RegionRequest, TranslatorOptions } from '../region.ts';
import { packSites, type SiteTable } from '../sites.ts';
import { BlockLowering, COLD, type RegionContext } from './block-lowering.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { EXIT, Exits, tlbWord } from './exits.ts';
import { toDynamic } from './flags.ts';
import { Heat } from './heat.ts';
import { BUDGET_LOCAL, FIRST_POOLED, LocalPool, ROUTE, TARGET } from './locals.ts';
import { registersOf } from './registers-used.ts';
import { selectTarget } from './select-target.ts';
import { loadXmm } from './simd-registers.ts';
import { I32 } from './value-types.ts';
import { loadX87 } from './x87-locals.ts';

class RegionLowering {
  private readonly m: Emitter;
  private readonly context: RegionContext;
  private readonly blocks: readonly IrBlock[];
  private readonly request: RegionRequest;
  private readonly graph: ControlGraph;
  private readonly exits: Exits;
  private readonly heat: Heat;
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
    this.graph = graph;
    this.context = {
      m,
      mode: request.mode,
      lowTier: request.tier === 'low',
      sites: [],
      registers: registersOf(blocks),
      locals: new LocalPool(),
      labels: 0,
    };
    this.exits = new Exits(this.context, request, options);
    this.heat = new Heat(m, request, blocks);
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
    const mismatch = m.bin('ne', tlbWord(m, m.con(last)), m.con(tlbWordNext));
    return [m.if(mismatch, m.block(null, [m.setState(abi.EXIT_REASON, m.con(abi.EXIT_BUDGET)), m.return()]))];
  }

  /** The body, which never comes to its end, and behind it what its exits share. */
  private withExits(body: ExpressionRef[]): ExpressionRef[] {
    const m = this.m;
    const cold = this.context.sites.length > 0;
    if (!cold && !this.context.lowTier) return [...body, m.unreachable()];
    const inner = cold ? [m.block(COLD, [...body, m.unreachable()]), ...this.exits.coldExit()] : body;
    return [...(this.context.lowTier ? [m.block(EXIT, inner)] : inner), ...this.exits.epilogue()];
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

  /** To an EIP known at run time: to the likely one of the region's blocks that it is, or out. */
  private indirect(n: number, lowering: BlockLowering, e: Extract<Ending, { k: 'indirect' }>): ExpressionRef[] {
    const m = this.m;
    const likely = (e.targets ?? []).filter((eip) => this.graph.target(eip) !== undefined);
    return [
      m.set(TARGET, lowering.expr(e.e)),
      ...(this.context.lowTier ? this.heat.sampleTarget(n) : []),
      ...selectTarget(m, this.context.labels++, likely, (eip) => this.edge(n, eip, lowering.flags)),
      // Not foreseen.
      ...(!this.context.lowTier && this.heat.branches(n)
        ? [...this.heat.countDown(), ...this.heat.sampleTarget(n)]
        : []),
      ...this.exits.leaveIndirect(lowering.flags),
    ];
  }

  /** From the end of block `n` to an EIP; nothing comes behind it. */
  private edge(n: number, eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    const to = this.graph.target(eip);
    if (to === undefined) return this.exits.leaveTo(eip, flags);
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
    const check = (linear: number, word: number) => checks.push(m.bin('ne', tlbWord(m, m.con(linear)), m.con(word)));
    if (target.tlbWord !== 0 && page(from) !== page(to)) check((to + csBase) | 0, target.tlbWord);
    if (target.tlbWordNext !== 0 && source !== target) {
      check((to + csBase + target.bytes.length - 1) | 0, target.tlbWordNext);
    }
    if (checks.length === 0) return [];
    const mismatch = checks.reduce((a, b) => m.bin('or', a, b));
    return [m.if(mismatch, m.block(null, this.exits.leave(m.con(to), flags, m.con(abi.SLOT_BRANCH))))];
  }

  private lowerBlock(block: IrBlock, n: number, flags: number): BlockLowering {
    const m = this.m;
    const lowering = new BlockLowering(this.context, block, flags);
    if (this.graph.headers.has(n)) {
      const need = this.graph.longest.get(n)!;
      lowering.code.push(
        m.if(
          m.bin('lts', m.get(BUDGET_LOCAL), m.con(need)),
          m.block(null, this.exits.leaveFor(abi.EXIT_BUDGET, block.eip, flags)),
        ),
        ...(this.context.lowTier ? this.heat.countDown() : []),
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
    if (e.k === 'callout') lowering.code.push(...this.exits.leaveForCallout(e, lowering.flags));
    return lowering;
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
