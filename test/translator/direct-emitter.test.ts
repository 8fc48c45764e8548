/**
 * The direct writer against Binaryen: the same expressions built by both must
 * come out as the same bytes, whatever the instruction. Compared is the code
 * section; before it the two may name types in another order.
 */
import { describe, expect, test } from 'vitest';
import { IMPORTS } from '../../src/translator/abi.ts';
import type { BinaryOp, UnaryOp } from '../../src/translator/ir.ts';
import { BinaryenEmitter } from '../../src/translator/lower/binaryen-emitter.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { DirectEmitter } from '../../src/translator/lower/direct/direct-emitter.ts';
import { LANE, PLAIN } from '../../src/translator/lower/direct/opcodes.ts';
import type { Emitter, ExpressionRef } from '../../src/translator/lower/emitter.ts';
import { F32, F64, I32, I64, PAIR, V128, VALUE_TYPES } from '../../src/translator/lower/value-types.ts';

const raw = await loadBinaryen();
type Build = (m: Emitter) => ExpressionRef;

const LOCALS = [I32, I32, I64, I64, F32, F64, V128, V128, PAIR];
const LOCAL = { i32: 0, i64: 2, f32: 4, f64: 5, v128: 6 } as const;
type TypeName = keyof typeof LOCAL;

function wasm(m: Emitter, locals: readonly number[], build: Build): Buffer<ArrayBuffer> {
  try {
    m.addFunction('f', 'r0', locals, build(m));
    return Buffer.from(Uint8Array.from(m.finish()).buffer);
  } finally {
    m.dispose();
  }
}

/** The code section of a module, which both emitters write last. */
function code(module: Buffer): string {
  for (let at = 8; at < module.length; ) {
    const id = module[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      more = (module[at]! & 0x80) !== 0;
      size |= (module[at++]! & 0x7f) << shift;
    }
    if (id === 10) return module.toString('hex', at, at + size);
    at += size;
  }
  return '';
}

function expectSame(build: Build, locals = LOCALS.slice(0, -1)): void {
  const direct = wasm(new DirectEmitter(), locals, build);
  expect(WebAssembly.validate(direct)).toBe(true);
  expect(code(direct)).toBe(code(wasm(new BinaryenEmitter(raw), locals, build)));
  expect(code(direct).length).toBeGreaterThan(10);
}

const get = (m: Emitter, type: TypeName) => m.get(LOCAL[type], VALUE_TYPES[type]);

/** Operand types that make an instruction valid, found by trying. */
const SHAPES: readonly TypeName[][] = (() => {
  const all: readonly TypeName[] = ['v128', 'i32', 'i64', 'f32', 'f64'];
  const two = all.flatMap((a) => all.map((b): TypeName[] => [a, b]));
  return [...all.map((a): TypeName[] => [a]), ...two, ['v128', 'v128', 'v128']];
})();

function validShape(name: string, imm: number | undefined): TypeName[] | undefined {
  return SHAPES.find((shape) => {
    const build = (m: Emitter) =>
      m.drop(
        m.op(
          name,
          shape.map((t) => get(m, t)),
          imm,
        ),
      );
    return WebAssembly.validate(wasm(new DirectEmitter(), LOCALS.slice(0, -1), build));
  });
}

describe('an instruction is what Binaryen makes of it:', () => {
  test.each([...PLAIN.keys()])('%s', (name) => {
    const shape = validShape(name, undefined);
    expect(shape).toBeDefined();
    expectSame((m) =>
      m.drop(
        m.op(
          name,
          shape!.map((t) => get(m, t)),
        ),
      ),
    );
  });
  test.each([...LANE.keys()])('%s', (name) => {
    const shape = validShape(name, 1);
    expect(shape).toBeDefined();
    expectSame((m) =>
      m.drop(
        m.op(
          name,
          shape!.map((t) => get(m, t)),
          1,
        ),
      ),
    );
  });
  test('constants and shuffles', () => {
    const bytes = Array.from({ length: 16 }, (_, n) => (n * 37) & 31);
    const numbers = [0, 1, -1, 63, 64, -64, -65, 8191, 0x7fff_ffff, -0x8000_0000];
    expectSame((m) =>
      m.block(null, [
        ...numbers.map((n) => m.drop(m.con(n))),
        ...numbers.map((n) => m.drop(m.op('i64.const', [], n))),
        m.drop(m.long(-0x8000_0000_0000_0000n)),
        m.drop(m.long(0x7fff_ffff_ffff_ffffn)),
        m.drop(m.op('f32.const', [], 1.5)),
        m.drop(m.op('f64.const', [], -0.1)),
        m.drop(m.op('v128.const', [], bytes)),
        m.drop(m.op('i8x16.shuffle', [get(m, 'v128'), get(m, 'v128')], bytes)),
      ]),
    );
  });
  test('of 32 bits', () => {
    const binary: readonly BinaryOp[] =
      'add sub mul and or xor shl shr sar rotl rotr eq ne ltu lts leu les gtu gts geu ges divu remu'
        .split(' ')
        .map((op) => op as BinaryOp);
    const unary: readonly UnaryOp[] = ['clz', 'ctz', 'popcnt', 'eqz', 'sext8', 'sext16'];
    expectSame((m) =>
      m.block(null, [
        ...binary.map((op) => m.drop(m.bin(op, m.get(0), m.con(3)))),
        ...unary.map((op) => m.drop(m.un(op, m.get(0)))),
        m.set(1, m.select(m.get(0), m.tee(1, m.con(1)), m.con(2))),
        m.set(1, m.choose(m.get(0), m.tee(1, m.con(1)), m.con(2))),
        m.drop(m.op('select', [m.get(0), get(m, 'v128'), get(m, 'v128')])),
        m.drop(m.mulHigh(m.get(0), m.get(1), true)),
        m.drop(m.divide64(m.get(0), m.get(1), m.get(0), false, true)),
      ]),
    );
  });
  test('of memory', () => {
    const vector = () => ['v128.load', 'v128.load32_zero', 'v128.load64_zero'] as const;
    expectSame((m) =>
      m.block(null, [
        ...[1, 2, 4].flatMap((size) => [
          m.drop(m.load(size, false, 0x1234, m.get(0))),
          m.drop(m.load(size, true, 0, m.get(0))),
          m.store(size, 300, m.get(0), m.get(1)),
        ]),
        ...vector().map((name) => m.drop(m.loadAs(name, 16, 1, m.get(0)))),
        m.storeAs('v128.store', 0, 16, m.get(0), get(m, 'v128')),
        m.storeAs('v128.store32_lane', 0x10000, 1, m.get(0), get(m, 'v128')),
        m.storeAs('v128.store64_lane', 8, 8, m.get(0), get(m, 'v128')),
        m.drop(m.loadAs('i64.load', 8, 8, m.get(0))),
        m.drop(m.loadAs('i32.load16_u', 8, 1, m.get(0))),
        m.storeAs('i64.store', 8, 1, m.get(0), get(m, 'i64')),
        m.storeAs('i32.store16', 8, 1, m.get(0), m.get(1)),
      ]),
    );
  });
});

describe('control flow is what Binaryen makes of it:', () => {
  test('blocks, loops, branches and tables', () => {
    expectSame((m) =>
      m.block(null, [
        m.block('out', [
          m.loop(
            'again',
            m.block(null, [
              m.block('a', [m.block('b', [m.switch(['a', 'b', 'out'], 'b', m.get(0))]), m.br('again')]),
              m.if(m.get(0), m.br('out'), m.block(null, [m.set(0, m.con(1)), m.set(1, m.con(2))])),
              m.if(m.get(1), m.block('inner', [m.if(m.get(0), m.br('inner')), m.return()])),
              m.if(m.get(0), m.unreachable()),
              m.brIf('again', m.get(1)),
            ]),
          ),
        ]),
        m.dispatch(m.get(0)),
      ]),
    );
  });
  test('calls', () => {
    expectSame((m) =>
      m.block(
        null,
        Object.entries(IMPORTS).map(([name, count]) =>
          m.drop(
            m.call(
              name,
              Array.from({ length: count }, (_, n) => m.con(n)),
            ),
          ),
        ),
      ),
    );
  });
  test('x87 functions give two results', () => {
    const bytes = wasm(new DirectEmitter(), LOCALS.slice(0, -1), (m) =>
      m.block(
        null,
        m.callNumber('add', [m.get(2, I64), m.get(0), m.get(3, I64), m.get(1)], 2, 0, () => 8),
      ),
    );
    expect(WebAssembly.validate(bytes)).toBe(true);
  });
  test('more than one function, with names', () => {
    const two = (m: Emitter) => {
      m.addFunction('one', 'r0', [I32], m.set(0, m.con(1)));
      m.addFunction('two', 'r1', [I32, F64, F64], m.drop(m.call('read8', [m.get(0)])));
      return Buffer.from(Uint8Array.from(m.finish()).buffer);
    };
    const direct = new WebAssembly.Module(two(new DirectEmitter(true)));
    expect(WebAssembly.Module.exports(direct).map((e) => e.name)).toEqual(['r0', 'r1']);
    expect(WebAssembly.Module.customSections(direct, 'name')).toHaveLength(1);
    expect(WebAssembly.Module.customSections(new WebAssembly.Module(two(new DirectEmitter())), 'name')).toHaveLength(0);
  });
});

test('what does not exist is an error', () => {
  const m = new DirectEmitter();
  expect(() => m.op('i32.frobnicate', [m.con(1)])).toThrow('IR: no WebAssembly instruction "i32.frobnicate"');
  m.addFunction('f', 'r0', [], m.br('nowhere'));
  expect(() => m.finish()).toThrow('branch to label');
});
