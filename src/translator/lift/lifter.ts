/**
 * The context in which one guest instruction after another is lifted to IR:
 * statement list, temporaries, operands and addresses.
 */

import * as L from '../../cpu/layout.ts';
import { CS, DF, ESP, SS } from '../../cpu/registers.ts';
import { type Instruction, K, NO_REG } from '../../decoder/instruction.ts';
import {
  add,
  and,
  bin,
  con,
  type Ending,
  type Expr,
  or,
  reg,
  type Stmt,
  select,
  shl,
  shr,
  state,
  sub,
  tmp,
  un,
} from '../ir.ts';
import { type Mode, SEG_ANY, SEG_BASED, SEG_FLAT, SEG_LIMITED, SEG_OTHER } from '../mode.ts';
import { VectorState } from './vector-state.ts';
import { X87State } from './x87-state.ts';

/** An operand that can be written after it was read, without a second check. */
export interface Place {
  readonly value: Expr;
  write(value: Expr): void;
}

export class Lifter {
  readonly mode: Mode;
  readonly stmts: Stmt[] = [];
  /** Set by an instruction that ends the block. */
  ending: Ending | undefined;
  /** EIP of the instruction being lifted and of the next one. */
  eip = 0;
  next = 0;
  /** Whether the instruction being lifted is followed by another in its block, so that an interrupt shadow ends within it. */
  shadowed = false;
  /** Whether it is followed by a callout that ends the block and that can be told of the shadow. */
  shadowsCallout = false;
  readonly vectors = new VectorState();
  readonly x87 = new X87State();
  private temporaries = 0;

  constructor(mode: Mode) {
    this.mode = mode;
  }

  begin(index: number, eip: number, next: number): void {
    this.eip = eip;
    this.next = next;
    this.temporaries = 0;
    this.vectors.beginInstruction();
    this.stmts.push({ k: 'insn', index });
  }

  /** A new temporary holding the value. Constants stay as they are. */
  hold(e: Expr): Expr {
    if (e.k === 'const') return e;
    const id = this.temporaries++;
    this.stmts.push({ k: 'tmp', id, e });
    return tmp(id);
  }

  temporary(): number {
    return this.temporaries++;
  }

  guard(e: Expr): void {
    if (e.k === 'const' && e.value === 0) return;
    this.stmts.push({ k: 'guard', e });
  }

  // ---- registers ---------------------------------------------------------------

  /** Register `r` of `size` bytes, zero-extended. */
  readReg(r: number, size: number): Expr {
    if (size === 4) return reg(r);
    if (size === 2) return and(reg(r), con(0xffff));
    return r < 4 ? and(reg(r), con(0xff)) : and(shr(reg(r - 4), 8), con(0xff));
  }

  /** Writes a register; `value` may have garbage above `size` bytes unless `clean`. */
  writeReg(r: number, size: number, value: Expr, clean = false): void {
    if (size === 4) {
      this.stmts.push({ k: 'reg', r, e: value });
      return;
    }
    const mask = size === 2 ? 0xffff : 0xff;
    const v = clean ? value : and(value, con(mask));
    if (size === 1 && r >= 4) {
      this.stmts.push({ k: 'reg', r: r - 4, e: or(and(reg(r - 4), con(~0xff00)), shl(v, 8)) });
    } else {
      this.stmts.push({ k: 'reg', r, e: or(and(reg(r), con(~mask)), v) });
    }
  }

  // ---- addresses -----------------------------------------------------------------

  /** Offset of the memory operand within its segment. */
  offset(i: Instruction): Expr {
    let e: Expr | undefined;
    if (i.base !== NO_REG) e = reg(i.base);
    if (i.index !== NO_REG) {
      const index = i.scale === 0 ? reg(i.index) : shl(reg(i.index), i.scale);
      e = e ? add(e, index) : index;
    }
    if (!e) e = con(i.disp);
    else if (i.disp !== 0) e = add(e, con(i.disp));
    return i.addressSize === 2 ? and(e, con(0xffff)) : e;
  }

  /** Linear address of `size` bytes at segment:offset, checked as the segment needs. */
  linear(seg: number, offset: Expr, size: number, write = false): Expr {
    const kind = seg === CS && write ? SEG_OTHER : this.mode.segments[seg]!;
    if (kind === SEG_FLAT) return offset;
    const at = L.SEGMENTS + seg * L.SEGMENT_SIZE;
    if (kind === SEG_BASED) return add(state(at + L.SEG_BASE), offset);
    if (kind === SEG_ANY) this.guard(bin('eq', and(state(L.SEG_PLAIN + (seg & 4)), con(1 << (8 * (seg & 3)))), con(0)));
    if (kind === SEG_LIMITED || kind === SEG_ANY) {
      const held = this.hold(offset);
      const limit = state(at + L.SEG_LIMIT);
      // offset + size - 1 > limit, without wrapping.
      this.guard(bin('gtu', held, sub(limit, con(size - 1))));
      if (size > 1) this.guard(bin('ltu', limit, con(size - 1)));
      return add(state(at + L.SEG_BASE), held);
    }
    this.guard(con(1));
    return offset;
  }

  address(i: Instruction, size: number, write = false): Expr {
    return this.linear(i.segment, this.offset(i), size, write);
  }

  // ---- memory ----------------------------------------------------------------------

  load(addr: Expr, size: number, signed = false): Expr {
    const id = this.temporaries++;
    this.stmts.push({ k: 'load', id, size, signed, addr });
    return tmp(id);
  }

  store(addr: Expr, size: number, value: Expr): void {
    this.stmts.push({ k: 'store', size, addr, value });
  }

  // ---- operands ----------------------------------------------------------------------

  /** Value of operand `n`, zero-extended to 32 bits; immediates as they are (int32) cut to `size`. */
  read(i: Instruction, n: 0 | 1 | 2): Expr {
    const [kind, r, size] = operand(i, n);
    switch (kind) {
      case K.Reg:
        return this.readReg(r, size);
      case K.Mem:
        return this.load(this.address(i, size), size);
      case K.One:
        return con(1);
      default:
        // Immediates are as wide as the destination, whatever the encoding holds.
        return con(i.s0 === 1 ? i.imm & 0xff : i.s0 === 2 ? i.imm & 0xffff : i.imm);
    }
  }

  /** Operand 0 as a place to read and then write. */
  update(i: Instruction): Place {
    const size = i.s0;
    if (i.k0 === K.Reg) {
      const value = this.hold(this.readReg(i.r0, size));
      return { value, write: (v) => this.writeReg(i.r0, size, v) };
    }
    const addr = this.hold(this.address(i, size, true));
    const id = this.temporaries++;
    const host = this.temporaries++;
    this.stmts.push({ k: 'rmwload', id, host, size, addr });
    return { value: tmp(id), write: (value) => this.stmts.push({ k: 'rmwstore', host, size, addr, value }) };
  }

  /** Writes operand 0 (register or memory) without reading it. For memory it must come before register writes. */
  write(i: Instruction, value: Expr): void {
    if (i.k0 === K.Reg) this.writeReg(i.r0, i.s0, value);
    else this.store(this.address(i, i.s0, true), i.s0, value);
  }

  // ---- the stack -----------------------------------------------------------------------

  /** Offset `delta` from the stack pointer, wrapped to the stack's size. */
  stackOffset(delta: number): Expr {
    const e = delta === 0 ? reg(ESP) : add(reg(ESP), con(delta));
    return this.mode.stack32 ? e : and(e, con(0xffff));
  }

  writeStackPointer(e: Expr): void {
    this.writeReg(ESP, this.mode.stack32 ? 4 : 2, e);
  }

  push(value: Expr, size: number): void {
    const offset = this.hold(this.stackOffset(-size));
    this.store(this.linear(SS, offset, size), size, value);
    this.writeStackPointer(offset);
  }

  /** Loads the top of the stack; the caller moves the stack pointer when nothing can fail any more. */
  top(size: number): Expr {
    return this.load(this.linear(SS, this.stackOffset(0), size), size);
  }

  // ---- strings ---------------------------------------------------------------------------

  /** +size or -size by DF. */
  stringStep(size: number): Expr {
    return select(and(state(L.EFLAGS), con(DF)), con(-size), con(size));
  }
  stringOffset(r: number, addressSize: number): Expr {
    return addressSize === 4 ? reg(r) : and(reg(r), con(0xffff));
  }

  sext(e: Expr, size: number): Expr {
    return size === 4 ? e : un(size === 2 ? 'sext16' : 'sext8', e);
  }
  /** Cuts to `size` bytes. */
  zext(e: Expr, size: number): Expr {
    return size === 4 ? e : and(e, con(size === 2 ? 0xffff : 0xff));
  }
  /** A branch target within the code segment. */
  target(eip: number, operandSize: number): number {
    return operandSize === 2 ? eip & 0xffff : eip | 0;
  }
}

function operand(i: Instruction, n: 0 | 1 | 2): [number, number, number] {
  if (n === 0) return [i.k0, i.r0, i.s0];
  return n === 1 ? [i.k1, i.r1, i.s1] : [i.k2, i.r2, i.s2];
}
