/**
 * Instructions one after another, with what is known of the registers: what an address needs is
 * used where it is there, and loaded where it is not.
 */
import type { Patch } from '../case.ts';
import type { Draw } from './draw.ts';
import { hint } from './hints.ts';
import { makeInstruction } from './instruction.ts';
import { placeStack } from './places.ts';
import { le16, le32, type Registers } from './registers.ts';
import type { RowChoice } from './rows.ts';
import type { World } from './world.ts';
import { writtenRegisters } from './written-registers.ts';

const ESP = 4;
/** Numbers of ADD to CMP among the operations with an immediate; others by their ModR/M. */
const CMP = 7;
const TEST = 8;
const INC = 0xc0;
const DEC = 0xc8;
/** ModR/M of SHL, SHR and SAR. */
const SHIFTS: readonly number[] = [0xe0, 0xe0, 0xe8, 0xf8];
const OPERATIONS: readonly number[] = [0, 1, 2, 3, 4, 5, 5, 6, CMP, CMP, CMP, TEST, INC, DEC];
/** How often another instruction is tried where one would spoil a register that is needed. */
const TRIES = 8;

export class LiveCode implements Registers {
  private readonly draw: Draw;
  private readonly world: World;
  private readonly eip: number;
  private readonly calm: RowChoice;
  private readonly any: RowChoice;
  private readonly initial: number[];
  private readonly patches: Patch[] = [];
  private readonly known: (number | undefined)[];
  /** Registers whose first value is still free to be chosen: nothing has read or written them. */
  private fresh = 0xff;
  private reserved = 1 << ESP;
  /** Flags of arithmetic that the last instructions left undefined. */
  private undefinedFlags = 0;
  /** What must run before the instruction being made. */
  private before: number[] = [];
  readonly features = new Set<string>();

  constructor(draw: Draw, world: World, eip: number, calm: RowChoice, any: RowChoice) {
    this.draw = draw;
    this.world = world;
    this.eip = eip;
    this.calm = calm;
    this.any = any;
    this.initial = Array.from({ length: 8 }, () => draw.extreme());
    this.initial[ESP] = placeStack(draw, world, eip);
    this.known = [...this.initial];
  }

  get(register: number): number | undefined {
    return this.known[register];
  }

  want(register: number, value: number): void {
    if (this.known[register] === (value | 0)) return;
    if (register !== ESP && this.isReserved(register)) return;
    if ((this.fresh >>> register) & 1) {
      this.initial[register] = value | 0;
      this.fresh &= ~(1 << register);
    } else this.before.push(...this.move(register, value));
    this.known[register] = value | 0;
  }

  poke(linear: number, bytes: Uint8Array | readonly number[]): void {
    this.patches.push({ at: linear, bytes: Uint8Array.from(bytes) });
  }

  registers(): { readonly values: readonly number[]; readonly patches: readonly Patch[] } {
    return { values: this.initial, patches: this.patches };
  }

  /** One instruction, and loads of the registers that it needs. */
  instruction(): number[] {
    const rare = this.draw.once(24);
    for (let tries = 0; tries < TRIES; tries++) {
      const made = this.attempt(rare ? this.any : this.calm, tries === TRIES - 1);
      if (made !== undefined) return made;
    }
    return [0x90];
  }

  private attempt(rows: RowChoice, last: boolean): number[] | undefined {
    const saved = {
      known: [...this.known],
      fresh: this.fresh,
      patches: this.patches.length,
      initial: [...this.initial],
    };
    const undo = () => {
      saved.known.forEach((value, n) => {
        this.known[n] = value;
      });
      saved.initial.forEach((value, n) => {
        this.initial[n] = value;
      });
      this.fresh = saved.fresh;
      this.patches.length = saved.patches;
    };
    this.before = [];
    const choice = rows.draw(this.draw);
    const { bytes, insn, linear } = makeInstruction(this.draw, this.world, choice, this, this.eip, {
      avoid: this.reserved,
      calm: true,
    });
    const written = insn === undefined ? 0 : writtenRegisters(insn);
    const stack = insn !== undefined && (written & (1 << ESP)) !== 0 && insn.row.mnemonic !== 'leave';
    const spoilt = stack && /^(push|pop|call|enter)/.test(insn.row.mnemonic) ? written & ~(1 << ESP) : written;
    if ((spoilt & this.reserved) !== 0 && !(last && this.world.host === false && spoilt === 1 << ESP)) {
      undo();
      return last ? [0x90] : undefined;
    }
    if (insn !== undefined) {
      this.features.add(insn.row.feature);
      hint({ draw: this.draw, world: this.world, insn, linear, registers: this, eip: this.eip });
      if ((insn.row.flagsRead & this.undefinedFlags) !== 0 && this.world.host) this.defineFlags();
      this.undefinedFlags = (this.undefinedFlags & ~insn.row.flagsWritten) | insn.row.flagsUndefined;
    }
    // What it reads can no longer be chosen freely; simplest: everything that it may name.
    this.fresh = 0;
    for (let n = 0; n < 8; n++) if ((written >>> n) & 1) this.known[n] = undefined;
    const out = [...this.before, ...bytes];
    this.before = [];
    return out;
  }

  private defineFlags(): void {
    this.before.push(0x39, 0xc8);
    this.undefinedFlags = 0;
  }

  /** Code that defines the flags where a condition could hang on undefined ones. */
  condition(): number[] {
    if (this.draw.once(2)) return this.comparison();
    if (this.undefinedFlags === 0 || !this.world.host) return [];
    this.undefinedFlags = 0;
    return [0x39, 0xc8];
  }

  /** An operation of a register with a value that is often the register's own, or its neighbour: all flags come up. */
  comparison(): number[] {
    const { draw, world } = this;
    if (draw.once(5)) return this.shift();
    const register = this.freeRegister();
    const start = this.known[register] === undefined ? this.load(register, draw.extreme()) : [];
    const value = this.known[register]!;
    const other = draw.pick([value, value, value + draw.between(-1, 1), value ^ -0x8000_0000, draw.extreme()]);
    const kind = draw.pick(OPERATIONS);
    const size = draw.once(3) ? (register < 4 && draw.once(2) ? 1 : 2) : 4;
    if (kind !== CMP && kind !== TEST) this.known[register] = undefined;
    this.undefinedFlags = kind === TEST || kind === 1 || kind === 4 || kind === 6 ? 0x10 : 0;
    const prefix = size === (world.code32 ? 2 : 4) ? [0x66] : [];
    const immediate = size === 1 ? [other & 0xff] : size === 2 ? le16(other) : le32(other);
    const wide = size === 1 ? 0 : 1;
    const after = draw.once(4) ? this.carry(register) : [];
    if (kind === TEST) return [...start, ...prefix, 0xf6 | wide, 0xc0 | register, ...immediate, ...after];
    if (kind === INC || kind === DEC) return [...start, ...prefix, 0xfe | wide, kind | register, ...after];
    return [...start, ...prefix, 0x80 | wide, 0xc0 | (kind << 3) | register, ...immediate, ...after];
  }

  /** A shift by 1, an immediate or CL of a register, of which often a single bit is set, and that one shifted out. */
  private shift(): number[] {
    const { draw, world } = this;
    const register = this.freeRegister();
    // Numbers from 4 name other bytes.
    const size = register < 4 ? draw.pick([1, 2, 2, 4]) : draw.pick([2, 2, 4]);
    const bits = size * 8;
    const bit = draw.below(bits);
    const start = this.load(register, draw.once(4) ? draw.extreme() : 1 << bit);
    this.known[register] = undefined;
    this.undefinedFlags = 0x10;
    const wide = size === 1 ? 0 : 1;
    const modrm = draw.pick(SHIFTS) | register;
    const prefix = size === (world.code32 ? 2 : 4) ? [0x66] : [];
    // OF is undefined by other counts, and CF by those beyond the size.
    if (world.host || draw.once(4)) return [...start, ...prefix, 0xd0 | wide, modrm];
    if (draw.once(6)) return [...start, ...prefix, 0xd2 | wide, modrm];
    return [...start, ...prefix, 0xc0 | wide, modrm, draw.once(2) ? bits - bit : draw.below(32)];
  }

  /** Some of the flags changed behind others: CMC, CLC, STC, all but OF by SAHF, BT, ROL by 1. */
  private carry(register: number): number[] {
    // BT leaves other flags undefined.
    const kind = this.draw.below(this.world.host ? 4 : 6);
    if (kind < 4) return [[0xf5, 0xf8, 0xf9, 0x9e][kind]!];
    if (kind === 4) return [0x0f, 0xba, 0xe0 | register, this.draw.below(32)];
    this.known[register] = undefined;
    return [0xd1, 0xc0 | register];
  }

  forget(): void {
    this.known.fill(undefined);
    this.fresh = 0;
    // What a path leaves behind another may not.
    if (this.undefinedFlags !== 0) this.undefinedFlags = 0x8d5;
  }

  isReserved(register: number): boolean {
    return ((this.reserved >>> register) & 1) !== 0;
  }
  reserve(register: number, on: boolean): void {
    this.reserved = on ? this.reserved | (1 << register) : this.reserved & ~(1 << register);
  }
  freeRegister(): number {
    const free = [0, 1, 2, 3, 5, 6, 7].filter((n) => !this.isReserved(n));
    return this.draw.pick(free);
  }

  /** MOV of a whole register, in code of either size. */
  private move(register: number, value: number): number[] {
    return [...(this.world.code32 ? [] : [0x66]), 0xb8 + register, ...le32(value)];
  }

  load(register: number, value: number): number[] {
    this.fresh = 0;
    this.known[register] = value;
    return this.move(register, value);
  }

  /** Puts the stack where there is room, should it have been moved. */
  ensureStack(): number[] {
    return this.known[ESP] === undefined && this.draw.once(2)
      ? this.load(ESP, placeStack(this.draw, this.world, this.eip))
      : [];
  }

  private relative(value: number): number[] {
    return this.world.code32 ? le32(value) : le16(value);
  }
  private get relativeSize(): number {
    return this.world.code32 ? 4 : 2;
  }

  jcc(condition: number, over: number): number[] {
    if (over < 0x80 && !this.draw.once(4)) return [0x70 + condition, over];
    return [0x0f, 0x80 + condition, ...this.relative(over)];
  }
  jmp(over: number): number[] {
    return over < 0x80 && !this.draw.once(4) ? [0xeb, over] : [0xe9, ...this.relative(over)];
  }
  callLength(): number {
    return 1 + this.relativeSize;
  }
  call(over: number): number[] {
    return [0xe8, ...this.relative(over)];
  }

  /** LOOP back over so many bytes, or LOOPE, LOOPNE. */
  loop(back: number): number[] {
    const opcode = this.undefinedFlags !== 0 && this.world.host ? 0xe2 : this.draw.pick([0xe2, 0xe2, 0xe0, 0xe1]);
    return [opcode, -(back + 2) & 0xff];
  }

  /** DEC of the counter and JNZ back over so many bytes. */
  decrementJump(counter: number, back: number): number[] {
    this.undefinedFlags &= 1;
    const dec = [...(this.world.code32 ? [] : [0x66]), 0x48 + counter];
    const whole = back + dec.length + 2;
    if (whole <= 0x80) return [...dec, 0x75, -whole & 0xff];
    return [...dec, 0x0f, 0x85, ...this.relative(-(back + dec.length + 2 + this.relativeSize))];
  }

  /** CALL to the next instruction, POP, LEA over what is skipped, JMP by register. */
  computedJump(register: number, over: number): number[] {
    const wide = this.world.code32;
    // LEA r, [r + disp32] with 32-bit addresses, in code of either size.
    const lea = wide
      ? [0x8d, 0x80 | (register << 3) | register, ...le32(0)]
      : [0x67, 0x8d, 0x80 | (register << 3) | register, ...le32(0)];
    const jump = [0xff, 0xe0 | register];
    const distance = 1 + lea.length + jump.length + over;
    lea.splice(-4, 4, ...le32(distance));
    return [...this.call(0), 0x58 + register, ...lea, ...jump];
  }
}
