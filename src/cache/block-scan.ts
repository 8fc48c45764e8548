/**
 * Scans basic blocks of mapped guest code for the region former: where their
 * instructions begin, how they end, and where they go.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { fetchBarOf, permitsFetch } from '../cpu/tlb.ts';
import { DecodeStatus, decode } from '../decoder/decode.ts';
import { Instruction, K } from '../decoder/instruction.ts';
import { instructionSetOf, tablesOf } from '../decoder/instruction-set.ts';
import { isRepeated } from '../translator/lift/strings.ts';
import type { Mode } from '../translator/mode.ts';
import { LINK_TLB_MASK } from '../translator/region.ts';

const MAX_BLOCK = 128;
const MAX_LENGTH = 15;

/** How a block ends. */
export type Transfer = 'direct' | 'indirect' | 'call' | 'indirect call' | 'return';

/** One scanned block: instructions from `eip` up to a transfer. */
export interface Scan {
  readonly eip: number;
  /** Offsets from `eip` at which instructions begin, then the end. */
  readonly starts: readonly number[];
  readonly bytes: Uint8Array;
  readonly transfer: Transfer;
  /** EIPs it goes to directly: of a call the function. */
  readonly targets: readonly number[];
  /** EIP behind it. */
  readonly next: number;
  readonly tlbWord: number;
  readonly tlbWordNext: number;
}

export class BlockScanner {
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
    if (this.cpu.breakpoints.executesIn(page)) return 0;
    const word = this.cpu.tlb.entries[page]!;
    if (!permitsFetch(word, mode.user, fetchBarOf(mode.smep === true))) return 0;
    return this.cpu.memory.canKeepCode((word & this.cpu.memory.a20Mask) >>> 12) ? word & LINK_TLB_MASK : 0;
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

  /** The block at `eip`, for a region whose entry is in linear page `entryPage`; undefined where nothing decodes. */
  scan(mode: Mode, eip: number, entryPage: number): Scan | undefined {
    const linear = (eip + mode.csBase) | 0;
    const have = this.fetch(linear, mode);
    const starts: number[] = [];
    const { insn } = this;
    const tables = tablesOf(instructionSetOf(this.cpu.model));
    // Room left in the code segment; the interpreter faults beyond it.
    const room = Math.min(have, mode.csLimit - (eip >>> 0) + 1);
    let at = 0;
    let transfer: Transfer = 'direct';
    let targets: number[] | undefined;
    while (!targets && starts.length < MAX_BLOCK) {
      // A block stays in its page; only its last instruction may reach into the next.
      if (((linear + at) ^ linear) >>> 12 !== 0) break;
      if (decode(this.buffer, at, room, mode.code32, insn, tables) !== DecodeStatus.Ok) break;
      // A repeated string instruction is a block of its own that goes back to itself.
      const repeated = isRepeated(insn);
      if (repeated && at > 0) break;
      starts.push(at);
      at += insn.length;
      if (repeated) break;
      if (!insn.row.endsBlock) continue;
      targets = this.targets(mode, (eip + at) | 0);
      transfer = this.transfer();
    }
    if (starts.length === 0) return undefined;
    const page = linear >>> 12;
    const lastPage = ((linear + at - 1) | 0) >>> 12;
    return {
      eip,
      starts: [...starts, at],
      bytes: this.buffer.slice(0, at),
      transfer,
      targets: targets ?? [(eip + at) | 0],
      next: (eip + at) | 0,
      tlbWord: page === entryPage ? 0 : this.fetchable(page, mode),
      tlbWordNext: lastPage === page || lastPage === entryPage ? 0 : this.fetchable(lastPage, mode),
    };
  }

  /** What the instruction is that ends a block. */
  private transfer(): Transfer {
    const { row, k0 } = this.insn;
    if (row.mnemonic === 'ret') return 'return';
    if (row.mnemonic === 'call') return k0 === K.Rel ? 'call' : 'indirect call';
    return row.mnemonic === 'jmp' && k0 !== K.Rel ? 'indirect' : 'direct';
  }

  /** EIPs the decoded instruction ending at `next` goes to directly. */
  private targets(mode: Mode, next: number): number[] {
    const i = this.insn;
    if (i.k0 !== K.Rel) return [];
    const target = i.operandSize === 2 ? (next + i.imm) & 0xffff : (next + i.imm) | 0;
    if (target >>> 0 > mode.csLimit) return [];
    if (i.row.mnemonic === 'jmp' || i.row.mnemonic === 'call') return [target];
    return [target, next];
  }
}
