/**
 * Forms regions: from a hot entry along direct branches, through blocks that
 * have been executed, into other pages where these are mapped now.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { TLB_NO_EXECUTE, TLB_USER } from '../cpu/tlb.ts';
import { DecodeStatus, decode } from '../decoder/decode.ts';
import { Instruction, K } from '../decoder/instruction.ts';
import { isRepeated } from '../translator/lift/strings.ts';
import type { Mode } from '../translator/mode.ts';
import { type BlockRequest, LINK_TLB_MASK } from '../translator/region.ts';

/** Most instructions of a region; V8's optimizing tier grows dear beyond. */
const MAX_INSTRUCTIONS = 600;
const MAX_BLOCK = 128;
const MAX_LENGTH = 15;

/** A stretch of code in one physical page that a region was made from. */
export interface CodeRange {
  readonly page: number;
  /** Where the page was mapped. */
  readonly linearPage: number;
  readonly first: number;
  readonly last: number;
}

export interface FormedRegion {
  readonly blocks: readonly BlockRequest[];
  /** Direct targets outside. */
  readonly exits: readonly number[];
  readonly ranges: readonly CodeRange[];
}

/** One scanned block: instructions from `eip` up to a transfer. */
interface Scan {
  readonly eip: number;
  /** Offsets from `eip` at which instructions begin, then the end. */
  readonly starts: readonly number[];
  readonly bytes: Uint8Array;
  readonly successors: readonly number[];
  readonly isCall: boolean;
  readonly tlbWord: number;
  readonly tlbWordNext: number;
}

export class RegionFormer {
  private readonly cpu: Cpu;
  private readonly buffer = new Uint8Array(MAX_BLOCK * MAX_LENGTH + 16);
  private readonly insn = new Instruction();

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  /** TLB word of a linear page if code can be fetched from it without a walk, else 0. */
  fetchable(page: number, mode: Mode): number {
    // The interpreter goes through pages with breakpoints.
    if (this.cpu.debug !== undefined && this.cpu.debug.breakPages[page] !== 0) return 0;
    const word = this.cpu.tlb.entries[page]!;
    if (word === 0 || (word & TLB_NO_EXECUTE) !== 0 || (mode.user && (word & TLB_USER) === 0)) return 0;
    return this.cpu.memory.isReadable((word & this.cpu.memory.a20Mask) >>> 12) ? word & LINK_TLB_MASK : 0;
  }

  /**
   * Forms a region at `eip`.
   * @param warm whether the block at an EIP has been executed often enough to be worth including
   * @returns undefined when there is nothing to translate at the entry
   */
  form(
    mode: Mode,
    eip: number,
    maxBlocks: number,
    warm: (eip: number, linear: number) => boolean,
  ): FormedRegion | undefined {
    const entryPage = (eip + mode.csBase) >>> 12;
    const scans = new Map<number, Scan>();
    const queue = [eip];
    let instructions = 0;
    while (queue.length > 0 && scans.size < maxBlocks && instructions < MAX_INSTRUCTIONS) {
      const at = queue.shift()!;
      if (scans.has(at)) continue;
      if (at !== eip && !warm(at, (at + mode.csBase) | 0)) continue;
      const scan = this.scan(mode, at, entryPage);
      if (!scan) continue;
      scans.set(at, scan);
      instructions += scan.starts.length - 1;
      // A callee is linked to: it would be translated anew for every caller.
      if (!scan.isCall) queue.push(...scan.successors);
    }
    if (scans.size === 0) return undefined;
    return this.cut(mode, eip, scans);
  }

  /** Ends blocks where another begins, and collects exits and code ranges. */
  private cut(mode: Mode, entry: number, scans: ReadonlyMap<number, Scan>): FormedRegion {
    const blocks: BlockRequest[] = [];
    const targets = new Set<number>();
    const ranges: CodeRange[] = [];
    for (const scan of scans.values()) {
      const inner = scan.starts.findIndex(
        (o, n) => n > 0 && n < scan.starts.length - 1 && scans.has((scan.eip + o) | 0),
      );
      const end = inner > 0 ? scan.starts[inner]! : scan.starts[scan.starts.length - 1]!;
      if (inner > 0) targets.add((scan.eip + end) | 0);
      else for (const s of scan.successors) targets.add(s);
      blocks.push({
        eip: scan.eip,
        bytes: scan.bytes.slice(0, end),
        tlbWord: scan.tlbWord,
        tlbWordNext: scan.tlbWordNext,
      });
      this.addRanges(ranges, (scan.eip + mode.csBase) | 0, end);
    }
    blocks.sort((a, b) => (a.eip === entry ? -1 : b.eip === entry ? 1 : (a.eip >>> 0) - (b.eip >>> 0)));
    return { blocks, exits: [...targets].filter((t) => !scans.has(t)), ranges };
  }

  private addRanges(ranges: CodeRange[], linear: number, length: number): void {
    for (let done = 0; done < length; ) {
      const at = (linear + done) | 0;
      const n = Math.min(length - done, 0x1000 - (at & 0xfff));
      const page = (this.cpu.tlb.entries[at >>> 12]! & this.cpu.memory.a20Mask) >>> 12;
      ranges.push({ page, linearPage: at >>> 12, first: at & 0xfff, last: (at & 0xfff) + n - 1 });
      done += n;
    }
  }

  /** Copies bytes of mapped code at a linear address into the buffer; returns how many there are. */
  private fetch(linear: number, mode: Mode): number {
    const { memory, tlb } = this.cpu;
    let have = 0;
    for (let page = linear >>> 12; have < this.buffer.length && page < 0x10_0000; page++) {
      if (this.fetchable(page, mode) === 0) break;
      const offset = have === 0 ? linear & 0xfff : 0;
      const n = Math.min(0x1000 - offset, this.buffer.length - have);
      const host = memory.hostPage((tlb.entries[page]! & memory.a20Mask) >>> 12) + offset;
      this.buffer.set(memory.u8.subarray(host >>> 0, (host >>> 0) + n), have);
      have += n;
    }
    return have;
  }

  private scan(mode: Mode, eip: number, entryPage: number): Scan | undefined {
    const linear = (eip + mode.csBase) | 0;
    const have = this.fetch(linear, mode);
    const starts: number[] = [];
    const { insn } = this;
    // Room left in the code segment; the interpreter faults beyond it.
    const room = Math.min(have, mode.csLimit - (eip >>> 0) + 1);
    let at = 0;
    let successors: number[] | undefined;
    while (!successors && starts.length < MAX_BLOCK) {
      // A block stays in its page; only its last instruction may reach into the next.
      if (((linear + at) ^ linear) >>> 12 !== 0) break;
      if (decode(this.buffer, at, room, mode.code32, insn) !== DecodeStatus.Ok) break;
      // A repeated string instruction is a block of its own that goes back to itself.
      if (isRepeated(insn)) {
        if (at > 0) break;
        starts.push(at);
        at += insn.length;
        successors = [(eip + at) | 0];
        break;
      }
      starts.push(at);
      at += insn.length;
      if (insn.row.endsBlock) successors = this.successors(mode, (eip + at) | 0);
    }
    if (starts.length === 0) return undefined;
    successors ??= [(eip + at) | 0];
    const page = linear >>> 12;
    const lastPage = ((linear + at - 1) | 0) >>> 12;
    return {
      eip,
      starts: [...starts, at],
      bytes: this.buffer.slice(0, at),
      successors,
      isCall: insn.row.mnemonic === 'call',
      tlbWord: page === entryPage ? 0 : this.fetchable(page, mode),
      tlbWordNext: lastPage === page || lastPage === entryPage ? 0 : this.fetchable(lastPage, mode),
    };
  }

  /** EIPs the decoded instruction ending at `next` goes to directly. */
  private successors(mode: Mode, next: number): number[] {
    const i = this.insn;
    if (i.k0 !== K.Rel) return [];
    const target = i.operandSize === 2 ? (next + i.imm) & 0xffff : (next + i.imm) | 0;
    if (target >>> 0 > mode.csLimit) return [];
    if (i.row.mnemonic === 'jmp' || i.row.mnemonic === 'call') return [target];
    return [target, next];
  }
}
