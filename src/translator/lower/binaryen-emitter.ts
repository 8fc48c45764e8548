/**
 * Builds a module of regions through Binaryen, mostly by its raw functions. The
 * one owner of its Binaryen module, which it frees when it is disposed of.
 */
import type binaryenNamespace from 'binaryen';
import * as abi from '../abi.ts';
import type { BinaryOp, UnaryOp } from '../ir.ts';
import { X87_FUNCTIONS, X87_MODULE, type X87Function } from '../runtime/x87-module.ts';
import { LIST, type Raw } from './binaryen-raw.ts';
import { Emitter, type ExpressionRef } from './emitter.ts';
import { LANE_STORES, MEMORY, type MemoryName } from './memory-operations.ts';
import { F32, F64, I32, I64, PAIR, V128 } from './value-types.ts';

type Builder = (...args: (ExpressionRef | bigint | readonly number[])[]) => ExpressionRef;

export class BinaryenEmitter extends Emitter {
  private readonly module: binaryenNamespace.Module;
  private readonly binaryen: Raw['binaryen'];
  private readonly r: Raw['raw'];
  private readonly ptr: number;
  private readonly literal: number;
  private readonly list: number;
  private readonly binaryOps: Record<BinaryOp, number>;
  private readonly unaryOps: Record<UnaryOp, number>;
  private readonly i32: number;
  /** Binaryen's types by ours. */
  private readonly types: ReadonlyMap<number, number>;
  private readonly called = new Set<string>();
  private readonly names: boolean;

  /** @param names functions have names in the module, for a profiler */
  constructor(raw: Raw, names = false) {
    super();
    this.names = names;
    const b = raw.binaryen;
    this.binaryen = b;
    this.r = raw.raw;
    this.module = new b.Module();
    this.ptr = this.module.ptr;
    this.literal = raw.literal;
    this.list = raw.list;
    this.i32 = b.i32;
    this.types = new Map([
      [I32, b.i32],
      [I64, b.i64],
      [F32, b.f32],
      [F64, b.f64],
      [V128, b.v128],
      [PAIR, b.createType([b.i64, b.i32])],
    ]);
    const F = b.Features;
    const floating = F.NontrappingFPToInt | F.SIMD128 | F.Multivalue;
    this.module.setFeatures(F.MVP | F.SignExt | F.MutableGlobals | F.TailCall | F.BulkMemory | floating);
    this.module.addMemoryImport('0', abi.IMPORT_MODULE, abi.IMPORT_MEMORY, false);
    this.module.addFunctionImport(abi.IMPORT_DISPATCH, abi.IMPORT_MODULE, abi.IMPORT_DISPATCH, b.i32, b.none);
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
  long(value: bigint): ExpressionRef {
    return this.module.i64.const(value);
  }
  get(index: number, type = I32): ExpressionRef {
    return this.r._BinaryenLocalGet(this.ptr, index, type === I32 ? this.i32 : this.types.get(type)!);
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
  choose(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.r._BinaryenIf(this.ptr, c, a, b);
  }
  load(size: number, signed: boolean, offset: number, ptr: ExpressionRef): ExpressionRef {
    return this.r._BinaryenLoad(this.ptr, size, signed, offset, size, this.i32, ptr, 0);
  }
  store(size: number, offset: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef {
    return this.r._BinaryenStore(this.ptr, size, offset, size, ptr, value, this.i32, 0);
  }
  loadAs(name: MemoryName, offset: number, align: number, ptr: ExpressionRef): ExpressionRef {
    return this.builder(name)(offset, align, ptr);
  }
  storeAs(name: MemoryName, offset: number, align: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef {
    const build = this.builder(name);
    return LANE_STORES.includes(MEMORY[name]) ? build(offset, align, 0, ptr, value) : build(offset, align, ptr, value);
  }
  block(name: string | null, body: readonly ExpressionRef[]): ExpressionRef {
    if (name !== null || body.length > LIST) return this.module.block(name, [...body], this.binaryen.none);
    if (body.length === 1) return body[0]!;
    for (let n = 0; n < body.length; n++) this.r.__i32_store(this.list + n * 4, body[n]!);
    return this.r._BinaryenBlock(this.ptr, 0, this.list, body.length, this.binaryen.none);
  }
  loop(name: string, body: ExpressionRef): ExpressionRef {
    return this.module.loop(name, body);
  }
  br(name: string): ExpressionRef {
    return this.module.br(name);
  }
  brIf(name: string, c: ExpressionRef): ExpressionRef {
    return this.module.br(name, c);
  }
  switch(names: readonly string[], otherwise: string, index: ExpressionRef): ExpressionRef {
    return this.module.switch([...names], otherwise, index);
  }
  call(name: string, args: readonly ExpressionRef[]): ExpressionRef {
    this.called.add(name);
    return this.module.call(name, [...args], this.i32);
  }
  callNumber(
    name: X87Function,
    args: readonly ExpressionRef[],
    s: number,
    w: number,
    pair: () => number,
  ): ExpressionRef[] {
    this.called.add(name);
    const both = pair();
    const part = (n: number) => this.module.tuple.extract(this.get(both, PAIR), n);
    return [
      this.set(both, this.module.call(name, [...args], this.types.get(PAIR)!)),
      this.set(s, part(0)),
      this.set(w, part(1)),
    ];
  }
  dispatch(slot: ExpressionRef): ExpressionRef {
    return this.module.return_call(abi.IMPORT_DISPATCH, [slot], this.binaryen.none);
  }
  drop(value: ExpressionRef): ExpressionRef {
    return this.module.drop(value);
  }
  return(): ExpressionRef {
    return this.module.return();
  }
  unreachable(): ExpressionRef {
    return this.module.unreachable();
  }

  /** The function of a Binaryen module that builds `name`. */
  private builder(name: string): Builder {
    let at: unknown = this.module;
    for (const part of name.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
    if (typeof at !== 'function') throw new Error(`IR: no WebAssembly instruction "${name}"`);
    return at as Builder;
  }

  op(name: string, args: readonly ExpressionRef[], imm?: number | readonly number[]): ExpressionRef {
    const build = this.builder(name);
    if (imm === undefined) return build(...args);
    if (name === 'i64.const') return build(BigInt(imm as number));
    // Binaryen wants a lane before the new value, and a mask or constant last.
    return args.length === 2 && typeof imm === 'number' ? build(args[0]!, imm, args[1]!) : build(...args, imm);
  }

  addFunction(name: string, exported: string | undefined, locals: readonly number[], body: ExpressionRef): void {
    const { none } = this.binaryen;
    const types = locals.map((type) => this.types.get(type)!);
    this.module.addFunction(name, none, none, types, body);
    if (exported !== undefined) this.module.addFunctionExport(name, exported);
  }

  /** Imports of what the module's code calls. */
  private importCalled(): void {
    const { binaryen, module } = this;
    for (const [name, count] of Object.entries(abi.IMPORTS)) {
      if (!this.called.has(name)) continue;
      const params = binaryen.createType(new Array<number>(count).fill(binaryen.i32));
      module.addFunctionImport(name, abi.IMPORT_MODULE, name, params, binaryen.i32);
    }
    for (const [name, { params, number }] of Object.entries(X87_FUNCTIONS)) {
      if (!this.called.has(name)) continue;
      const types = [...params].map((p) => (p === 'l' ? binaryen.i64 : binaryen.i32));
      const result = number ? this.types.get(PAIR)! : binaryen.i32;
      module.addFunctionImport(name, X87_MODULE, name, binaryen.createType(types), result);
    }
  }

  finish(): Uint8Array {
    this.importCalled();
    // A switch of the whole of Binaryen.
    this.binaryen.setDebugInfo(this.names);
    return this.module.emitBinary();
  }

  /** WebAssembly text of the module, for people. */
  text(): string {
    this.importCalled();
    return this.module.emitText();
  }

  dispose(): void {
    this.module.dispose();
  }
}
