/**
 * Builds a module of regions without Binaryen: expressions as records in an
 * array (nodes.ts), written as bytes when the module is finished (code-writer.ts).
 * Several times faster than building through Binaryen, which counts in the low tier, where code is compiled that runs little.
 */
import * as abi from '../../abi.ts';
import type { BinaryOp, UnaryOp } from '../../ir.ts';
import { X87_FUNCTIONS, X87_MODULE, type X87Function } from '../../runtime/x87-module.ts';
import { Emitter, type ExpressionRef } from '../emitter.ts';
import { MEMORY, type MemoryName } from '../memory-operations.ts';
import { I32, I64 } from '../value-types.ts';
import { ByteSink } from './byte-sink.ts';
import { CodeWriter } from './code-writer.ts';
import { type FunctionImport, type ModuleFunction, moduleBytes } from './module-writer.ts';
import { K, NO_LABEL, Nodes, ON_STACK } from './nodes.ts';
import { LANE, LOAD_SIGNED, LOAD_UNSIGNED, PLAIN, SHUFFLE, STORE, V128_CONST } from './opcodes.ts';

const BINARY: Readonly<Record<BinaryOp, number>> = {
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  divu: 0x6e,
  remu: 0x70,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  sar: 0x75,
  shr: 0x76,
  rotl: 0x77,
  rotr: 0x78,
  eq: 0x46,
  ne: 0x47,
  lts: 0x48,
  ltu: 0x49,
  gts: 0x4a,
  gtu: 0x4b,
  les: 0x4c,
  leu: 0x4d,
  ges: 0x4e,
  geu: 0x4f,
};
const UNARY: Readonly<Record<UnaryOp, number>> = {
  eqz: 0x45,
  clz: 0x67,
  ctz: 0x68,
  popcnt: 0x69,
  sext8: 0xc0,
  sext16: 0xc1,
};
const SELECT = 0x1b;
/** The type of what leaves nothing on the stack. */
const VOID = 0x40;
const UNREACHABLE = 0x00;
const RETURN = 0x0f;
const LOG2: readonly number[] = [0, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4];

interface Body {
  readonly name: string;
  readonly exported: string | undefined;
  readonly locals: readonly number[];
  readonly body: ExpressionRef;
}

export class DirectEmitter extends Emitter {
  private readonly nodes = new Nodes();
  private readonly labels = new Map<string, number>();
  private readonly called = new Map<string, number>();
  private readonly bodies: Body[] = [];
  private readonly names: boolean;

  /** @param names functions have names in the module, for a profiler */
  constructor(names = false) {
    super();
    this.names = names;
    // Number 0.
    this.callee(abi.IMPORT_DISPATCH);
  }

  private label(name: string): number {
    return numberOf(this.labels, name);
  }
  private callee(name: string): number {
    return numberOf(this.called, name);
  }

  con(value: number): ExpressionRef {
    return this.nodes.one(K.Const, 0, value);
  }
  long(value: bigint): ExpressionRef {
    return this.nodes.one(K.Const64, 0, this.nodes.longs.push(value) - 1);
  }
  get(index: number): ExpressionRef {
    return this.nodes.one(K.Get, 0, index);
  }
  set(index: number, value: ExpressionRef): ExpressionRef {
    return this.nodes.two(K.Set, 0, index, value);
  }
  tee(index: number, value: ExpressionRef): ExpressionRef {
    return this.nodes.two(K.Tee, 0, index, value);
  }
  bin(op: BinaryOp, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.nodes.two(K.Plain2, BINARY[op], a, b);
  }
  un(op: UnaryOp, a: ExpressionRef): ExpressionRef {
    return this.nodes.one(K.Plain1, UNARY[op], a);
  }
  select(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.nodes.three(K.Plain3, SELECT, a, b, c);
  }
  if(c: ExpressionRef, a: ExpressionRef, b = 0): ExpressionRef {
    return this.nodes.three(K.If, VOID, c, a, b);
  }
  choose(c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef {
    return this.nodes.three(K.If, I32, c, a, b);
  }
  load(size: number, signed: boolean, offset: number, ptr: ExpressionRef): ExpressionRef {
    return this.nodes.three(K.Load, (signed ? LOAD_SIGNED : LOAD_UNSIGNED)[size]!, offset, LOG2[size]!, ptr);
  }
  store(size: number, offset: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef {
    return this.nodes.four(K.Store, STORE[size]!, offset, LOG2[size]!, ptr, value);
  }
  loadAs(name: MemoryName, offset: number, align: number, ptr: ExpressionRef): ExpressionRef {
    return this.nodes.three(K.Load, MEMORY[name], offset, LOG2[align]!, ptr);
  }
  storeAs(name: MemoryName, offset: number, align: number, ptr: ExpressionRef, value: ExpressionRef): ExpressionRef {
    return this.nodes.four(K.Store, MEMORY[name], offset, LOG2[align]!, ptr, value);
  }
  block(name: string | null, body: readonly ExpressionRef[]): ExpressionRef {
    if (name === null && body.length === 1) return body[0]!;
    return this.nodes.list(K.Block, 0, name === null ? NO_LABEL : this.label(name), body);
  }
  loop(name: string, body: ExpressionRef): ExpressionRef {
    return this.nodes.two(K.Loop, 0, this.label(name), body);
  }
  br(name: string): ExpressionRef {
    return this.nodes.one(K.Br, 0, this.label(name));
  }
  brIf(name: string, c: ExpressionRef): ExpressionRef {
    return this.nodes.two(K.BrIf, 0, this.label(name), c);
  }
  switch(names: readonly string[], otherwise: string, index: ExpressionRef): ExpressionRef {
    const labels = names.map((name) => this.label(name));
    return this.nodes.list(K.Switch, 0, this.label(otherwise), [index, ...labels]);
  }
  call(name: string, args: readonly ExpressionRef[]): ExpressionRef {
    return this.nodes.list(K.Call, 0, this.callee(name), args);
  }
  callNumber(name: X87Function, args: readonly ExpressionRef[], s: number, w: number): ExpressionRef[] {
    return [this.call(name, args), this.set(w, ON_STACK), this.set(s, ON_STACK)];
  }
  dispatch(slot: ExpressionRef): ExpressionRef {
    return this.nodes.list(K.ReturnCall, 0, this.callee(abi.IMPORT_DISPATCH), [slot]);
  }
  drop(value: ExpressionRef): ExpressionRef {
    return this.nodes.one(K.Drop, 0, value);
  }
  return(): ExpressionRef {
    return this.nodes.begin(K.Alone, RETURN, 1);
  }
  unreachable(): ExpressionRef {
    return this.nodes.begin(K.Alone, UNREACHABLE, 1);
  }

  op(name: string, args: readonly ExpressionRef[], imm?: number | readonly number[]): ExpressionRef {
    const { nodes } = this;
    const [a = 0, b = 0, c = 0] = args;
    const plain = PLAIN.get(name);
    if (plain !== undefined) {
      if (args.length === 1) return nodes.one(K.Plain1, plain, a);
      return args.length === 2 ? nodes.two(K.Plain2, plain, a, b) : nodes.three(K.Plain3, plain, a, b, c);
    }
    if (name === 'select') return this.select(a, b, c);
    if (typeof imm === 'number') {
      const lane = LANE.get(name);
      if (lane !== undefined)
        return args.length === 1 ? nodes.two(K.Lane1, lane, imm, a) : nodes.three(K.Lane2, lane, imm, a, b);
      if (name === 'i32.const') return this.con(imm);
      if (name === 'i64.const') return this.long(BigInt(imm));
      if (name === 'f32.const') return nodes.one(K.Float, 0x43, nodes.floats.push(imm) - 1);
      if (name === 'f64.const') return nodes.one(K.Float, 0x44, nodes.floats.push(imm) - 1);
    } else if (imm !== undefined) {
      const bytes = nodes.immediates.push(imm) - 1;
      if (name === 'v128.const') return nodes.list(K.Bytes, V128_CONST, bytes, []);
      if (name === 'i8x16.shuffle') return nodes.list(K.Bytes, SHUFFLE, bytes, args);
    }
    throw new Error(`IR: no WebAssembly instruction "${name}"`);
  }

  addFunction(name: string, exported: string | undefined, locals: readonly number[], body: ExpressionRef): void {
    this.bodies.push({ name, exported, locals, body });
  }

  finish(): Uint8Array {
    const imports = importsOf(this.called);
    const indices = [...this.called.keys()].map((name) => imports.findIndex((i) => i.name === name));
    const code = new ByteSink();
    const writer = new CodeWriter(this.nodes, code, indices);
    const functions: ModuleFunction[] = this.bodies.map(({ name, exported, locals, body }) => {
      const from = code.length;
      writer.write(body);
      return { name: this.names ? name : undefined, exported, locals, from, to: code.length };
    });
    return moduleBytes(imports, functions, code.view());
  }

  dispose(): void {}
}

function numberOf(numbers: Map<string, number>, name: string): number {
  let n = numbers.get(name);
  if (n === undefined) {
    n = numbers.size;
    numbers.set(name, n);
  }
  return n;
}

/** What a module imports, by the names that its code calls. */
function importsOf(called: ReadonlyMap<string, number>): FunctionImport[] {
  const { IMPORT_MODULE, IMPORT_DISPATCH } = abi;
  const imports: FunctionImport[] = [{ module: IMPORT_MODULE, name: IMPORT_DISPATCH, params: [I32], results: [] }];
  for (const [name, count] of Object.entries(abi.IMPORTS)) {
    const params = new Array<number>(count).fill(I32);
    if (called.has(name)) imports.push({ module: IMPORT_MODULE, name, params, results: [I32] });
  }
  for (const [name, { params, number }] of Object.entries(X87_FUNCTIONS)) {
    const types = [...params].map((p) => (p === 'l' ? I64 : I32));
    if (called.has(name)) {
      imports.push({ module: X87_MODULE, name, params: types, results: number ? [I64, I32] : [I32] });
    }
  }
  return imports;
}
