/**
 * Builds WebAssembly expressions in one Binaryen module. Thin: a name for each
 * node the lowering needs, and nothing that decides.
 */
import type binaryenNamespace from 'binaryen';
import type { BinaryOp, UnaryOp } from '../ir.ts';
import { type ExpressionRef, LIST, type Raw } from './binaryen-raw.ts';

export type { ExpressionRef } from './binaryen-raw.ts';

export class Emitter {
  readonly module: binaryenNamespace.Module;
  readonly binaryen: Raw['binaryen'];
  private readonly r: Raw['raw'];
  private readonly ptr: number;
  private readonly literal: number;
  private readonly list: number;
  private readonly binaryOps: Record<BinaryOp, number>;
  private readonly unaryOps: Record<UnaryOp, number>;
  private readonly i32: number;
  /** Names of the functions that are called, DISPATCH and the x87 runtime's numbers apart. */
  readonly called = new Set<string>();

  constructor(raw: Raw, module: binaryenNamespace.Module) {
    this.binaryen = raw.binaryen;
    this.r = raw.raw;
    this.module = module;
    this.ptr = module.ptr;
    this.literal = raw.literal;
    this.list = raw.list;
    const b = raw.binaryen;
    this.i32 = b.i32;
    this.binaryOps = {
      add: b.AddInt32,
      sub: b.SubInt32,
      mul: b.MulInt32,
      and: b.AndInt32,
      or: b.OrInt32,
      xor: b.XorInt32,
      shl: b.ShlInt32,
      shr: b.ShrUInt32,
      sar: b.ShrSInt32,
      rotl: b.RotLInt32,
      rotr: b.RotRInt32,
      eq: b.EqInt32,
      ne: b.NeInt32,
      ltu: b.LtUInt32,
      lts: b.LtSInt32,
      leu: b.LeUInt32,
      les: b.LeSInt32,
      gtu: b.GtUInt32,
      gts: b.GtSInt32,
      geu: b.GeUInt32,
      ges: b.GeSInt32,
      divu: b.DivUInt32,
      remu: b.RemUInt32,
    };
    this.unaryOps = {
      clz: b.ClzInt32,
      ctz: b.CtzInt32,
      popcnt: b.PopcntInt32,
      eqz: b.EqZInt32,
      sext8: b.ExtendS8Int32,
      sext16: b.ExtendS16Int32,
    };
  }

  con(value: number): ExpressionRef {
    this.r._BinaryenLiteralInt32(this.literal, value | 0);
    return this.r._BinaryenConst(this.ptr, this.literal);
  }
  get(index: number): ExpressionRef {
    return this.r._BinaryenLocalGet(this.ptr, index, this.i32);
  }
  getTyped(index: number, type: number): ExpressionRef {
    return this.r._BinaryenLocalGet(this.ptr, index, type);
  }
  set(index: number, value: ExpressionRef): ExpressionRef {
    return this.r._BinaryenLocalSet(this.ptr, index, value);
  }
  tee(index: number, value: ExpressionRef): ExpressionRef {
    return this.r._BinaryenLocalTee(this.ptr, index, value, this.i32);
  }
  bin(op: BinaryOp, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.r._BinaryenBinary(this.ptr, this.binaryOps[op], a, b);
  }
  un(op: UnaryOp, a: ExpressionRef): ExpressionRef {
    return this.r._BinaryenUnary(this.ptr, this.unaryOps[op], a);
  }
  select(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.r._BinaryenSelect(this.ptr, c, a, b);
  }
  if(c: ExpressionRef, a: ExpressionRef, b = 0): ExpressionRef {
    return this.r._BinaryenIf(this.ptr, c, a, b);
  }
  load(size: number, signed: boolean, offset: number, ptr: ExpressionRef): ExpressionRef {
    return this.r._BinaryenLoad(this.ptr, size, signed, offset, size, this.i32, ptr, 0);
  }
  store(size: number, offset: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef {
    return this.r._BinaryenStore(this.ptr, size, offset, size, ptr, value, this.i32, 0);
  }
  /** A word of the vCPU state. */
  state(offset: number): ExpressionRef {
    return this.load(4, false, offset, this.con(0));
  }
  setState(offset: number, value: ExpressionRef): ExpressionRef {
    return this.store(4, offset, this.con(0), value);
  }
  block(name: string | null, body: ExpressionRef[]): ExpressionRef {
    if (name !== null || body.length > LIST) return this.module.block(name, body, this.binaryen.none);
    if (body.length === 1) return body[0]!;
    for (let n = 0; n < body.length; n++) this.r.__i32_store(this.list + n * 4, body[n]!);
    return this.r._BinaryenBlock(this.ptr, 0, this.list, body.length, this.binaryen.none);
  }
  br(name: string): ExpressionRef {
    return this.module.br(name);
  }
  brIf(name: string, c: ExpressionRef): ExpressionRef {
    return this.module.br(name, c);
  }
  call(name: string, args: ExpressionRef[]): ExpressionRef {
    this.called.add(name);
    return this.module.call(name, args, this.i32);
  }
  return(): ExpressionRef {
    return this.module.return();
  }

  // ---- 64-bit arithmetic on 32-bit values -------------------------------------------------

  private binary64(op: number, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.r._BinaryenBinary(this.ptr, op, a, b);
  }
  extend(a: ExpressionRef, signed: boolean): ExpressionRef {
    return this.r._BinaryenUnary(this.ptr, signed ? this.binaryen.ExtendSInt32 : this.binaryen.ExtendUInt32, a);
  }
  wrap(a: ExpressionRef): ExpressionRef {
    return this.r._BinaryenUnary(this.ptr, this.binaryen.WrapInt64, a);
  }
  /** High half of the 64-bit product. */
  mulHigh(a: ExpressionRef, b: ExpressionRef, signed: boolean): ExpressionRef {
    const product = this.binary64(this.binaryen.MulInt64, this.extend(a, signed), this.extend(b, signed));
    return this.wrap(this.binary64(this.binaryen.ShrUInt64, product, this.module.i64.const(32n)));
  }
  /** Quotient or remainder of high:low / b, cut to 32 bits; the caller has excluded what does not fit. */
  divide64(
    high: ExpressionRef,
    low: ExpressionRef,
    b: ExpressionRef,
    signed: boolean,
    remainder: boolean,
  ): ExpressionRef {
    const n = this.binaryen;
    const dividend = this.binary64(
      n.OrInt64,
      this.binary64(n.ShlInt64, this.extend(high, false), this.module.i64.const(32n)),
      this.extend(low, false),
    );
    const op = signed ? (remainder ? n.RemSInt64 : n.DivSInt64) : remainder ? n.RemUInt64 : n.DivUInt64;
    return this.wrap(this.binary64(op, dividend, this.extend(b, signed)));
  }
}
