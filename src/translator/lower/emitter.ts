/**
 * What builds the WebAssembly of one module: a name for each expression that
 * lowering needs, and nothing that decides. Two of them exist: one builds through
 * Binaryen, the other writes the bytes itself (direct/).
 *
 * What holds: an expression is used once; operands are evaluated in the order in which they stand.
 */
import type { BinaryOp, UnaryOp } from '../ir.ts';
import type { X87Function } from '../runtime/x87-module.ts';
import type { MemoryName } from './memory-operations.ts';

/** An expression, by a number of its emitter's. 0 is none. */
export type ExpressionRef = number;

export abstract class Emitter {
  abstract con(value: number): ExpressionRef;
  abstract long(value: bigint): ExpressionRef;
  /** A local, i32 unless `type` (value-types.ts) says otherwise. */
  abstract get(index: number, type?: number): ExpressionRef;
  abstract set(index: number, value: ExpressionRef): ExpressionRef;
  /** Of an i32 local. */
  abstract tee(index: number, value: ExpressionRef): ExpressionRef;
  abstract bin(op: BinaryOp, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
  abstract un(op: UnaryOp, a: ExpressionRef): ExpressionRef;
  /** `a` where `c` is not zero, else `b`; both are evaluated. */
  abstract select(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
  abstract if(c: ExpressionRef, a: ExpressionRef, b?: ExpressionRef): ExpressionRef;
  /** `a` where `c` is not zero, else `b`, i32s; only that one is evaluated. */
  abstract choose(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
  /** An i32 from 1, 2 or 4 bytes at ptr + offset. */
  abstract load(size: number, signed: boolean, offset: number, ptr: ExpressionRef): ExpressionRef;
  abstract store(size: number, offset: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef;
  /** Loads and stores of other types; `align` in bytes; lane 0 of vectors. */
  abstract loadAs(name: MemoryName, offset: number, align: number, ptr: ExpressionRef): ExpressionRef;
  abstract storeAs(
    name: MemoryName,
    offset: number,
    align: number,
    ptr: ExpressionRef,
    value: ExpressionRef,
  ): ExpressionRef;
  /** One after the other; branches to the name go behind it. */
  abstract block(name: string | null, body: readonly ExpressionRef[]): ExpressionRef;
  /** Branches to the name go to its start. */
  abstract loop(name: string, body: ExpressionRef): ExpressionRef;
  abstract br(name: string): ExpressionRef;
  abstract brIf(name: string, c: ExpressionRef): ExpressionRef;
  abstract switch(names: readonly string[], otherwise: string, index: ExpressionRef): ExpressionRef;
  /** An imported function with an i32 for its result. */
  abstract call(name: string, args: readonly ExpressionRef[]): ExpressionRef;
  /**
   * An x87 function whose result is a number: its significand to local `s`, its word to local `w`.
   * `pair` makes a local of type PAIR, for who needs one.
   */
  abstract callNumber(
    name: X87Function,
    args: readonly ExpressionRef[],
    s: number,
    w: number,
    pair: () => number,
  ): ExpressionRef[];
  /** Leaves the function by a tail call of the hub with a table index. */
  abstract dispatch(slot: ExpressionRef): ExpressionRef;
  abstract drop(value: ExpressionRef): ExpressionRef;
  abstract return(): ExpressionRef;
  abstract unreachable(): ExpressionRef;
  /**
   * The instruction of a name in Binaryen's spelling ("f64x2.add", "i32.trunc_s_sat.f64"), as the IR's `op` has it.
   * `imm` is a lane, a constant, the bytes of a vector or the lanes of a shuffle.
   * @throws Error where there is no such instruction.
   */
  abstract op(name: string, args: readonly ExpressionRef[], imm?: number | readonly number[]): ExpressionRef;

  /** Adds a function without parameters and results, and exports it where `exported` says as what. `locals`: their types. */
  abstract addFunction(
    name: string,
    exported: string | undefined,
    locals: readonly number[],
    body: ExpressionRef,
  ): void;
  /** The module's bytes. */
  abstract finish(): Uint8Array;
  abstract dispose(): void;

  /** A word of the vCPU state. */
  state(offset: number): ExpressionRef {
    return this.load(4, false, offset, this.con(0));
  }
  setState(offset: number, value: ExpressionRef): ExpressionRef {
    return this.store(4, offset, this.con(0), value);
  }

  // ---- 64-bit arithmetic on 32-bit values -------------------------------------------------

  extend(a: ExpressionRef, signed: boolean): ExpressionRef {
    return this.op(signed ? 'i64.extend_s' : 'i64.extend_u', [a]);
  }
  wrap(a: ExpressionRef): ExpressionRef {
    return this.op('i32.wrap', [a]);
  }
  /** High half of the 64-bit product. */
  mulHigh(a: ExpressionRef, b: ExpressionRef, signed: boolean): ExpressionRef {
    const product = this.op('i64.mul', [this.extend(a, signed), this.extend(b, signed)]);
    return this.wrap(this.op('i64.shr_u', [product, this.long(32n)]));
  }
  /** Quotient or remainder of high:low / b, cut to 32 bits; the caller has excluded what does not fit. */
  divide64(
    high: ExpressionRef,
    low: ExpressionRef,
    b: ExpressionRef,
    signed: boolean,
    remainder: boolean,
  ): ExpressionRef {
    const dividend = this.op('i64.or', [
      this.op('i64.shl', [this.extend(high, false), this.long(32n)]),
      this.extend(low, false),
    ]);
    const name = `i64.${remainder ? 'rem' : 'div'}_${signed ? 's' : 'u'}`;
    return this.wrap(this.op(name, [dividend, this.extend(b, signed)]));
  }
}
