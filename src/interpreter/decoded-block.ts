/**
 * A basic block as the interpreter keeps it: its instructions, and beside each the function
 * that executes it. A block lies in one page, but for the block of a single instruction that crosses into the next.
 */
import { type Instruction, K } from '../decoder/instruction.ts';
import type { Handler } from './handler.ts';

/** `mode` of a block that must not be entered any more. */
export const DEAD = -1;

/** Most targets that are kept of an indirect branch. */
const MAX_TARGETS = 24;
const NO_TARGETS: readonly number[] = [];

let none: DecodedBlock | undefined;

export class DecodedBlock {
  /** EIP of the first instruction. */
  readonly eip: number;
  /** Physical address of the first byte (A20 applied). */
  readonly physical: number;
  /** 1 for 32-bit code, 0 for 16-bit code, or {@link DEAD}. */
  mode: number;
  readonly instructions: Instruction[];
  readonly handlers: Handler[];
  /** EIP of the last byte. */
  last: number;
  /** Physical page number that the one instruction runs on into, or -1. */
  readonly secondPage: number;
  /** How often the block was entered. */
  count = 0;
  /** The two blocks that were entered last after this one; they may be dead. */
  successor0: DecodedBlock;
  successor1: DecodedBlock;
  /** Next in the same bucket of the code cache. */
  chain: DecodedBlock | null = null;
  /** EIPs that its indirect branch has gone to: the first few that there were. */
  targets: readonly number[] = NO_TARGETS;

  constructor(
    eip: number,
    physical: number,
    mode: number,
    instructions: Instruction[],
    handlers: Handler[],
    secondPage: number,
  ) {
    this.eip = eip;
    this.physical = physical;
    this.mode = mode;
    this.instructions = instructions;
    this.handlers = handlers;
    this.secondPage = secondPage;
    let bytes = 0;
    for (const i of instructions) bytes += i.length;
    this.last = (eip + bytes - 1) | 0;
    this.successor0 = none ?? this;
    this.successor1 = none ?? this;
  }

  /** Offset in a physical page of the block's first byte there. The page is that of its entry or its second. */
  firstIn(page: number): number {
    return this.physical >>> 12 === page ? this.physical & 0xfff : 0;
  }

  /** Offset in a physical page of the block's last byte there. */
  lastIn(page: number): number {
    const last = (this.physical & 0xfff) + ((this.last - this.eip) | 0);
    return this.physical >>> 12 === page ? Math.min(last, 0xfff) : Math.max(last - 0x1000, 0);
  }

  /** The block was left for another place than before: kept where its end is an indirect jump or call. */
  noteTarget(eip: number): void {
    if (this.mode === DEAD || this.targets.length >= MAX_TARGETS || this.targets.includes(eip)) return;
    const end = this.instructions[this.instructions.length - 1];
    if (end === undefined || end.k0 === K.Rel || (end.row.mnemonic !== 'jmp' && end.row.mnemonic !== 'call')) return;
    this.targets = [...this.targets, eip];
  }

  /** Makes sure that the block is not entered as it is, and holds on to no other. */
  kill(): void {
    this.mode = DEAD;
    this.successor0 = NO_BLOCK;
    this.successor1 = NO_BLOCK;
  }

  /** Lives again, with what its instructions have been decoded to anew. */
  revive(mode: number, bytes: number): void {
    this.mode = mode;
    this.last = (this.eip + bytes - 1) | 0;
    this.count = 0;
    this.targets = NO_TARGETS;
  }
}

/** A dead block that stands for "none"; the first block that is made. */
none = new DecodedBlock(0, 0, DEAD, [], [], -1);
export const NO_BLOCK: DecodedBlock = none;
