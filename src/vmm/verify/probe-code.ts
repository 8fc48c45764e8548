/**
 * The code that a probe executes, as translation requests: the block at a vCPU's
 * EIP, whether a published region can be entered there, and beginnings of either.
 *
 * What holds: nothing here changes the vCPU.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { CS } from '../../cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../decoder/decode.ts';
import { Instruction } from '../../decoder/instruction.ts';
import { instructionSetOf, tablesOf } from '../../decoder/instruction-set.ts';
import { isRepeated } from '../../translator/lift/strings.ts';
import { type Mode, modeOf } from '../../translator/mode.ts';
import { decodeBlock } from '../../translator/pipeline.ts';
import { type BlockRequest, LINK_TLB_MASK, type RegionRequest } from '../../translator/region.ts';

const MAX_BLOCK = 64;

/** The block at the vCPU's EIP, as far as it can be fetched, at most `limit` instructions; undefined: nothing. */
export function blockAt(cpu: Cpu, limit: number): RegionRequest | undefined {
  const { memory, tlb } = cpu;
  const bytes: number[] = [];
  let linear = (cpu.eip + cpu.segBase(CS)) | 0;
  const page = linear >>> 12;
  const word = tlb.entries[page]!;
  const i = new Instruction();
  const tables = tablesOf(instructionSetOf(cpu.model));
  for (let n = 0; word !== 0 && n < Math.min(limit, MAX_BLOCK) && linear >>> 12 === page; n++) {
    const physical = ((word & ~0xfff) | (linear & 0xfff)) & memory.a20Mask;
    const some = memory.readBytes(physical >>> 0, Math.min(MAX_LENGTH, 0x1000 - (linear & 0xfff)));
    if (decode(some, 0, some.length, cpu.code32, i, tables) !== DecodeStatus.Ok) break;
    // As in regions: a repeated string instruction is a block of its own.
    if (isRepeated(i) && n > 0) break;
    bytes.push(...some.subarray(0, i.length));
    linear = (linear + i.length) | 0;
    if (i.row.endsBlock || isRepeated(i)) break;
  }
  if (bytes.length === 0) return undefined;
  const block = { eip: cpu.eip, bytes: Uint8Array.from(bytes), tlbWord: 0, tlbWordNext: 0 };
  return { id: 0, mode: modeOf(cpu), modeId: 1, blocks: [block], links: [] };
}

/** Whether the vCPU is in a region's mode. */
export function inMode(cpu: Cpu, { mode }: RegionRequest): boolean {
  return JSON.stringify(mode) === JSON.stringify(modeOf(cpu));
}

/** Whether the code that a region was made from is in memory as it was then, mapped as it was. */
export function isUnchanged(cpu: Cpu, { mode, blocks }: RegionRequest): boolean {
  return blocks.every((block) => blockUnchanged(cpu, block, mode));
}

function blockUnchanged({ memory, tlb }: Cpu, { eip, bytes, tlbWord }: BlockRequest, { csBase }: Mode): boolean {
  for (let n = 0; n < bytes.length; n++) {
    const linear = (eip + csBase + n) | 0;
    const word = tlb.entries[linear >>> 12]!;
    if (word === 0 || (n === 0 && tlbWord !== 0 && (word & LINK_TLB_MASK) !== tlbWord)) return false;
    const page = (word & memory.a20Mask) >>> 12;
    if (!memory.isReadable(page)) return false;
    if (memory.u8[(memory.hostPage(page) + (linear & 0xfff)) >>> 0] !== bytes[n]) return false;
  }
  return true;
}

/** The instructions of a region: where each stands, and its length. */
export function* instructionsOf({ mode, blocks }: RegionRequest): Generator<{ eip: number; length: number }> {
  for (const block of blocks) {
    let at = 0;
    for (const { length } of decodeBlock(block, mode.code32)) {
      yield { eip: (block.eip + at) | 0, length };
      at += length;
    }
  }
}

/** The region with the block that holds the instruction at `eip` cut off behind it; undefined where none does. */
export function cutBehind(request: RegionRequest, eip: number): RegionRequest | undefined {
  for (const { eip: at, length } of instructionsOf(request)) {
    if (at !== eip) continue;
    const inside = (block: BlockRequest) => (eip - block.eip) >>> 0 < block.bytes.length;
    const blocks = request.blocks.map((block) =>
      inside(block) ? { ...block, bytes: block.bytes.slice(0, eip - block.eip + length) } : block,
    );
    return { ...request, blocks };
  }
  return undefined;
}
