/**
 * Regions of a stretch of code whose bytes are given, without a machine around
 * it: for `explain` and for tests. The translation cache forms its regions from
 * memory instead (src/cache/region-former.ts).
 */
import { LINK_SLOTS, LINK_SLOTS_SIZE } from '../cpu/layout.ts';
import { CS, DS, ES, SS } from '../cpu/registers.ts';
import { DecodeStatus, decode } from '../decoder/decode.ts';
import { Instruction, K } from '../decoder/instruction.ts';
import { liftBlock } from './lift/lift.ts';
import { isRepeated } from './lift/strings.ts';
import { type Mode, SEG_ANY, SEG_FLAT, SEG_LIMITED, SEG_OTHER } from './mode.ts';
import type { BlockRequest, LinkTarget, RegionRequest } from './region.ts';

/** A stretch of code. */
export interface Code {
  readonly bytes: Uint8Array;
  /** Offset of the first byte in the code segment. */
  readonly address: number;
  readonly mode: Mode;
  /** Further addresses at which a block begins. */
  readonly leaders?: readonly number[];
}

interface Block {
  readonly eip: number;
  readonly end: number;
  /** Direct successors, inside or outside. */
  readonly targets: readonly number[];
  /** Ends in a call: the callee gets a region of its own. */
  readonly isCall: boolean;
}

/** 32-bit code in flat segments, or 16-bit code as in real mode. x87 and SSE are enabled. */
export function plainMode(code32: boolean, user = false): Mode {
  const kindOf = (seg: number) => (code32 ? SEG_FLAT : seg === CS ? SEG_OTHER : SEG_LIMITED);
  const segments = [...[ES, CS, SS, DS].map(kindOf), SEG_ANY, SEG_ANY];
  const csLimit = code32 ? 0xffff_ffff : 0xffff;
  return { code32, stack32: code32, user, fpu: true, sse: true, csBase: 0, csLimit, segments };
}

/** Direct successors of an instruction that ends at `next`; undefined where the block goes on behind it. */
function targetsOf(mode: Mode, i: Instruction, next: number): number[] | undefined {
  // A repeated string instruction is a block of its own.
  if (isRepeated(i)) return [next];
  if (!i.row.endsBlock) return liftBlock(mode, 0, [i]).ending.k === 'callout' ? [] : undefined;
  if (i.k0 !== K.Rel) return [];
  const target = i.operandSize === 2 ? (next + i.imm) & 0xffff : (next + i.imm) | 0;
  return i.row.mnemonic === 'jmp' || i.row.mnemonic === 'call' ? [target] : [target, next];
}

/** Basic blocks in the order of their addresses. @throws RangeError at bytes that are no instruction */
function blocksOf(code: Code): Block[] {
  const { bytes, address, mode } = code;
  const leaders = new Set<number>([address, ...(code.leaders ?? [])]);
  const insns: (Block & { readonly ends: boolean })[] = [];
  const i = new Instruction();
  for (let at = 0; at < bytes.length; ) {
    const eip = (address + at) | 0;
    if (decode(bytes, at, bytes.length, mode.code32, i) !== DecodeStatus.Ok) {
      throw new RangeError(`byte ${at} of the code (0x${bytes[at]?.toString(16)}) does not begin an instruction`);
    }
    at += i.length;
    const end = (address + at) | 0;
    const targets = targetsOf(mode, i, end);
    const isCall = i.row.mnemonic === 'call';
    insns.push({ eip, end, targets: targets ?? [end], isCall, ends: targets !== undefined });
    if (targets) for (const t of [...targets, end]) leaders.add(t);
    if (isRepeated(i)) leaders.add(eip);
  }
  const out: Block[] = [];
  let eip = address;
  for (const { end, targets, isCall, ends } of insns) {
    if (!ends && end !== address + bytes.length && !leaders.has(end)) continue;
    out.push({ eip, end, targets, isCall });
    eip = end;
  }
  return out;
}

/**
 * Cuts code into regions as the cache would if all of it were hot: from the
 * first block along direct branches, at most `maxBlocks` a region; what is left begins the next.
 * Every direct exit has a link slot, and all code counts as lying in one page.
 * @throws RangeError at bytes that are no instruction
 */
export function regionsOfCode(code: Code, maxBlocks: number): RegionRequest[] {
  const all = new Map(blocksOf(code).map((b) => [b.eip, b]));
  const left = new Map(all);
  const slots = new Map<number, number>();
  const regions: RegionRequest[] = [];
  while (left.size > 0) {
    const [entry] = left.keys();
    const taken = new Map<number, Block>();
    const queue = [entry!];
    while (queue.length > 0 && taken.size < maxBlocks) {
      const block = left.get(queue.shift()!);
      if (!block) continue;
      left.delete(block.eip);
      taken.set(block.eip, block);
      if (!block.isCall) queue.push(...block.targets);
    }
    const others = [...taken.values()].filter((b) => b.eip !== entry).sort((a, b) => (a.eip >>> 0) - (b.eip >>> 0));
    const blocks = [taken.get(entry!)!, ...others];
    const exits = [...new Set(blocks.flatMap((b) => b.targets))].filter((eip) => !taken.has(eip));
    regions.push({
      id: regions.length,
      mode: code.mode,
      modeId: 1,
      blocks: blocks.map((b): BlockRequest => {
        const bytes = code.bytes.slice(b.eip - code.address, b.end - code.address);
        return { eip: b.eip, bytes, tlbWord: 0, tlbWordNext: 0 };
      }),
      links: exits.flatMap((eip): LinkTarget[] => {
        const slot = slots.get(eip) ?? LINK_SLOTS + slots.size * 4;
        if (slot >= LINK_SLOTS + LINK_SLOTS_SIZE) return [];
        slots.set(eip, slot);
        return [{ eip, slot, tlbWord: 0 }];
      }),
    });
  }
  return regions;
}
