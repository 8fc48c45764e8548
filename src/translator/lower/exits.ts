/**
 * How a region is left: the state to memory, and a tail call of what comes
 * next, by a link slot, the jump cache or a stub. In the low tier exits share one epilogue: smaller, but slower.
 */
import * as L from '../../cpu/layout.ts';
import * as abi from '../abi.ts';
import type { Ending } from '../ir.ts';
import { LINK_TLB_MASK, type LinkTarget, type RegionRequest, type TranslatorOptions } from '../region.ts';
import type { RegionContext } from './block-lowering.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { storeFlags } from './flags.ts';
import { BUDGET_LOCAL, CACHE_ENTRY, FLAG_A, FLAG_K, LINEAR, NEXT_SLOT, SITE_LOCAL, TARGET } from './locals.ts';
import { storeXmm } from './simd-registers.ts';
import { storeX87 } from './x87-locals.ts';

/** Name of the block whose end is the low tier's epilogue. */
export const EXIT = 'exit';

/** TLB word of a linear address, without the bits that do not matter to a link. */
export function tlbWord(m: Emitter, linear: ExpressionRef): ExpressionRef {
  const index = m.bin('and', m.bin('shr', linear, m.con(10)), m.con(0x3f_fffc));
  return m.bin('and', m.load(4, false, L.TLB, index), m.con(LINK_TLB_MASK));
}

export class Exits {
  private readonly m: Emitter;
  private readonly context: RegionContext;
  private readonly request: RegionRequest;
  private readonly options: TranslatorOptions;
  private readonly links: ReadonlyMap<number, LinkTarget>;

  constructor(context: RegionContext, request: RegionRequest, options: TranslatorOptions) {
    this.m = context.m;
    this.context = context;
    this.request = request;
    this.options = options;
    this.links = new Map(request.links.map((l) => [l.eip, l]));
  }

  private storeRegisters(): ExpressionRef[] {
    const { m, locals, registers } = this.context;
    const general = registers.written.map((r) => m.setState(L.GPR + r * 4, m.get(r)));
    return [...general, ...storeXmm(m, locals, registers.xmmWritten), ...storeX87(m, locals, registers)];
  }

  /** Leaves for an EIP: to the region in a place of the table, or through a stub there. Nothing comes behind it. */
  leave(eip: ExpressionRef, flags: number, slot: ExpressionRef, counter?: number): ExpressionRef[] {
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
  leaveFor(reason: number, eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    return [m.setState(abi.EXIT_REASON, m.con(reason)), ...this.leave(m.con(eip), flags, m.con(abi.SLOT_LEAVE))];
  }

  /** To the instruction that ends a block: through the stub that may do without the dispatcher, or to that. */
  leaveForCallout(e: Extract<Ending, { k: 'callout' }>, flags: number): ExpressionRef[] {
    const m = this.m;
    const reason = e.shadowed ? abi.EXIT_SHADOWED : abi.EXIT_CALLOUT;
    if (e.transition === undefined || !this.options.chain) return this.leaveFor(reason, e.eip, flags);
    return [
      m.setState(abi.TRANSITION, m.con(e.transition)),
      m.setState(abi.EXIT_REASON, m.con(reason)),
      ...this.leave(m.con(e.eip), flags, m.con(abi.SLOT_TRANSITION)),
    ];
  }

  /** What exits end with: the state to memory, and on to what comes next. */
  epilogue(): ExpressionRef[] {
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

  /** To a known EIP outside the region: through its link slot. */
  leaveTo(eip: number, flags: number): ExpressionRef[] {
    const m = this.m;
    const link = this.links.get(eip);
    if (!link || !this.options.chain) return this.leave(m.con(eip), flags, m.con(abi.SLOT_BRANCH));
    const slot = m.state(link.slot);
    if (link.tlbWord === 0) return this.leave(m.con(eip), flags, slot, abi.CHAIN_HITS);
    const linear = (eip + this.request.mode.csBase) | 0;
    const match = m.bin('eq', tlbWord(m, m.con(linear)), m.con(link.tlbWord));
    return this.leave(m.con(eip), flags, m.select(match, slot, m.con(abi.SLOT_BRANCH)), abi.CHAIN_HITS);
  }

  /** To the EIP in TARGET: through the jump cache. */
  leaveIndirect(flags: number): ExpressionRef[] {
    const m = this.m;
    if (!this.options.chain) return this.leave(m.get(TARGET), flags, m.con(abi.SLOT_BRANCH));
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
        m.bin('xor', field(2), tlbWord(m, m.get(LINEAR))),
      ),
    );
    return [
      m.set(LINEAR, linear),
      m.set(CACHE_ENTRY, m.bin('shl', m.bin('and', hash, m.con(L.JUMP_CACHE_SIZE / 16 - 1)), m.con(4))),
      ...this.leave(m.get(TARGET), flags, m.select(miss, m.con(abi.SLOT_BRANCH), field(3)), abi.INDIRECT_HITS),
    ];
  }

  /** Behind the block that cold exits break out of: the state as it was before the instruction of the site, which tells EIP. */
  coldExit(): ExpressionRef[] {
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
