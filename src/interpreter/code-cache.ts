/**
 * The interpreter's decoded code, found by physical entry address, EIP and
 * code size.
 *
 * Pages that blocks were decoded from are marked as code pages; a write to one
 * that hits code ends in `forgetCode`, which forgets all of the page's blocks and makes the running
 * block stop after its current instruction. A forgotten block is dead, but a few of a page stay: code that is written
 * again and again comes back at the same places, into the same objects. What is kept is bounded: past a number of
 * instructions everything is dropped.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { CpuModel } from '../cpu/cpu-model.ts';
import { VEC_GP } from '../cpu/exceptions.ts';
import { SEG_LIMIT, SEGMENT_SIZE, SEGMENTS } from '../cpu/layout.ts';
import { ACCESS_FETCH } from '../cpu/paging.ts';
import type { CodeListener } from '../cpu/physical-memory.ts';
import { CS } from '../cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../decoder/decode.ts';
import { ALL_TABLES, type DecodeTables } from '../decoder/decode-tables.ts';
import { Instruction } from '../decoder/instruction.ts';
import { instructionSetOf, tablesOf } from '../decoder/instruction-set.ts';
import { decodeBlock, handlerFor } from './block-decoder.ts';
import { DEAD, DecodedBlock } from './decoded-block.ts';

/** Everything is dropped when more instructions than this are kept. */
const CAPACITY = 300_000;
/** Dead blocks of a page are dropped when the page has more blocks than this. */
const MAX_DEAD = 64;
const BUCKETS = 1 << 16;
const CS_LIMIT = (SEGMENTS + CS * SEGMENT_SIZE + SEG_LIMIT) >> 2;

function bucketOf(physical: number, eip: number): number {
  const h = Math.imul(physical ^ (eip << 7), 0x9e37_79b1);
  return (h >>> 16) & (BUCKETS - 1);
}

export class CodeCache implements CodeListener {
  /** Told of every block that was decoded (`-d in_asm`). */
  onDecode: ((block: DecodedBlock) => void) | undefined;
  /** Statistics: blocks decoded, blocks forgotten because their bytes were written, times everything was dropped. */
  decoded = 0;
  invalidated = 0;
  drops = 0;

  private readonly cpu: Cpu;
  private readonly buckets: (DecodedBlock | null)[] = new Array(BUCKETS).fill(null);
  /** By physical page, dead ones included. */
  private readonly pages: (DecodedBlock[] | undefined)[] = [];
  /** Instructions kept, and blocks in the lists of `pages`; dead ones included. */
  private size = 0;
  private listed = 0;
  private readonly buffer = new Uint8Array(MAX_LENGTH);
  private spare = new Instruction();
  /** What the vCPU's model has, and the model that this was looked up for. */
  private tables: DecodeTables = ALL_TABLES;
  private model: CpuModel | undefined;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    cpu.memory.addCodeListener(this);
  }

  /** Number of instructions kept. */
  get instructions(): number {
    return this.size;
  }

  /** The block at this entry, decoded if need be. @throws #PF, #GP from fetching an instruction that crosses into the next page */
  find(eip: number, linear: number, physical: number, mode: number): DecodedBlock {
    let b: DecodedBlock | null = this.buckets[bucketOf(physical, eip)] ?? null;
    for (; b !== null; b = b.chain) {
      if (b.physical === physical && b.eip === eip && b.mode === mode) {
        if (b.secondPage < 0 || this.secondPageHolds(b, linear)) return b;
      }
    }
    return this.decodeAt(eip, linear, physical, mode);
  }

  /** The block at this entry if it is kept, without decoding. */
  peek(eip: number, physical: number, mode: number): DecodedBlock | null {
    let b: DecodedBlock | null = this.buckets[bucketOf(physical, eip)] ?? null;
    for (; b !== null; b = b.chain) if (b.physical === physical && b.eip === eip && b.mode === mode) return b;
    return null;
  }

  /** Whether the linear page after `linear`'s is still the one the crossing instruction was read from. @throws #PF */
  private secondPageHolds(block: DecodedBlock, linear: number): boolean {
    const next = this.cpu.translate(((linear & ~0xfff) + 0x1000) | 0, ACCESS_FETCH, this.cpu.user);
    return (next & this.cpu.memory.a20Mask) >>> 12 === block.secondPage;
  }

  forgetCode(page: number): void {
    const blocks = this.pages[page];
    if (blocks === undefined || blocks.length === 0) return;
    // One of them may be running.
    this.cpu.leaveBlock = true;
    const keep = blocks.length <= MAX_DEAD;
    let kept = 0;
    for (const block of blocks) {
      const lives = block.mode !== DEAD;
      if (lives) {
        this.invalidated++;
        block.kill();
      }
      // One that lies in two pages is on two lists, and goes with the first.
      const crosses = block.secondPage >= 0;
      if (keep && !crosses) blocks[kept++] = block;
      else if (lives || !crosses) this.remove(block);
    }
    this.listed -= blocks.length - kept;
    blocks.length = kept;
  }

  /** Decoding again costs little. */
  usesCode(): boolean {
    return false;
  }

  holdsCode(page: number, first: number, last: number): boolean {
    const blocks = this.pages[page];
    if (blocks === undefined) return false;
    for (const block of blocks) {
      if (block.mode !== DEAD && block.firstIn(page) <= last && block.lastIn(page) >= first) return true;
    }
    return false;
  }

  /** Drops everything. */
  clear(): void {
    for (const blocks of this.pages) {
      if (blocks === undefined) continue;
      for (const block of blocks) block.kill();
    }
    this.pages.length = 0;
    this.buckets.fill(null);
    this.size = 0;
    this.listed = 0;
    this.drops++;
    this.cpu.leaveBlock = true;
  }

  /** Takes a dead block out of its bucket. */
  private remove(block: DecodedBlock): void {
    const at = bucketOf(block.physical, block.eip);
    this.size -= block.instructions.length;
    let b: DecodedBlock | null = this.buckets[at] ?? null;
    if (b === block) this.buckets[at] = block.chain;
    for (; b !== null; b = b.chain) if (b.chain === block) b.chain = block.chain;
    block.chain = null;
  }

  /** The dead block that was at this entry, or null. */
  private deadAt(eip: number, physical: number): DecodedBlock | null {
    let b: DecodedBlock | null = this.buckets[bucketOf(physical, eip)] ?? null;
    for (; b !== null; b = b.chain) {
      if (b.mode === DEAD && b.physical === physical && b.eip === eip && b.secondPage < 0) return b;
    }
    return null;
  }

  /** The decoder's tables for the vCPU's model. */
  private modelTables(): DecodeTables {
    const { model } = this.cpu;
    if (model !== this.model) {
      this.model = model;
      this.tables = tablesOf(instructionSetOf(model));
    }
    return this.tables;
  }

  private decodeAt(eip: number, linear: number, physical: number, mode: number): DecodedBlock {
    const { memory, u8 } = this.cpu;
    const page = physical >>> 12;
    if (!memory.canKeepCode(page)) return this.decodeSlowly(eip, linear, physical, mode);
    const offset = physical & 0xfff;
    const start = (memory.hostPage(page) + offset) >>> 0;
    const limit = start - offset + 0x1000;
    let block = this.deadAt(eip, physical);
    const instructions = block === null ? [] : block.instructions;
    const handlers = block === null ? [] : block.handlers;
    const before = instructions.length;
    const bytes = decodeBlock(u8, start, limit, mode === 1, instructions, handlers, this.modelTables());
    if (block !== null) {
      this.size += instructions.length - before;
      if (bytes === 0) return this.decodeSlowly(eip, linear, physical, mode);
      block.revive(mode, bytes);
      this.noteDecoded(block);
    } else {
      if (bytes === 0) return this.decodeSlowly(eip, linear, physical, mode);
      block = new DecodedBlock(eip, physical, mode, instructions, handlers, -1);
      this.insert(block);
      this.list(block, page);
    }
    this.watch(page, offset, Math.min(offset + bytes - 1, 0xfff));
    return block;
  }

  /** One instruction byte by byte: it crosses into the next page, or lies in device memory (then it is not kept). */
  private decodeSlowly(eip: number, linear: number, physical: number, mode: number): DecodedBlock {
    const cpu = this.cpu;
    const memory = cpu.memory;
    const buffer = this.buffer;
    const i = this.spare;
    let status: number = DecodeStatus.NeedMore;
    let address = physical;
    let secondPage = -1;
    for (let k = 0; status === DecodeStatus.NeedMore && k < MAX_LENGTH; k++) {
      if ((eip + k) >>> 0 > cpu.s32[CS_LIMIT]! >>> 0) cpu.raise(VEC_GP, 0);
      if (k > 0 && ((linear + k) & 0xfff) === 0) {
        address = cpu.translate((linear + k) | 0, ACCESS_FETCH, cpu.user) & memory.a20Mask;
        secondPage = address >>> 12;
      }
      buffer[k] = memory.read8(address);
      address = (address & ~0xfff) | ((address + 1) & 0xfff);
      status = decode(buffer, 0, k + 1, mode === 1, i, this.modelTables());
    }
    this.spare = new Instruction();
    const keep = memory.canKeepCode(physical >>> 12) && secondPage >= 0 && memory.canKeepCode(secondPage);
    const block = new DecodedBlock(eip, physical, keep ? mode : DEAD, [i], [handlerFor(i, status)], secondPage);
    if (keep) {
      this.insert(block);
      this.list(block, physical >>> 12);
      this.list(block, secondPage);
      this.watch(physical >>> 12, physical & 0xfff, 0xfff);
      const rest = (physical & 0xfff) + i.length - 0x1001;
      this.watch(secondPage, 0, rest < 0 ? 0 : rest);
    }
    return block;
  }

  private insert(block: DecodedBlock): void {
    if (this.size > CAPACITY || this.listed > CAPACITY) this.clear();
    this.size += block.instructions.length;
    const at = bucketOf(block.physical, block.eip);
    block.chain = this.buckets[at] ?? null;
    this.buckets[at] = block;
    this.noteDecoded(block);
  }

  private noteDecoded(block: DecodedBlock): void {
    this.decoded++;
    if (this.onDecode !== undefined) this.onDecode(block);
  }

  /** Puts a block on the list of a page that it lies in. */
  private list(block: DecodedBlock, page: number): void {
    this.listed++;
    const blocks = this.pages[page];
    if (blocks !== undefined) blocks.push(block);
    else {
      // Filled up, so that it stays an array without holes.
      while (this.pages.length < page) this.pages.push(undefined);
      this.pages[page] = [block];
    }
  }

  /** From now on writes to these bytes of a page end in `forgetCode`. */
  private watch(page: number, first: number, last: number): void {
    if (this.cpu.memory.markCode(page, first, last)) this.cpu.tlb.dropWritesTo(page);
  }
}
