/** Pass "fold": constants and address arithmetic. Purely local, on expression trees. */
import { add, and, type BinaryOp, con, type Expr, type IrBlock, type Stmt } from '../ir.ts';

const COMMUTATIVE = new Set<BinaryOp>(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne']);

function compute(op: BinaryOp, a: number, b: number): number | undefined {
  switch (op) {
    case 'add':
      return (a + b) | 0;
    case 'sub':
      return (a - b) | 0;
    case 'mul':
      return Math.imul(a, b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << b;
    case 'shr':
      return (a >>> b) | 0;
    case 'sar':
      return a >> b;
    case 'eq':
      return a === b ? 1 : 0;
    case 'ne':
      return a !== b ? 1 : 0;
    case 'ltu':
      return a >>> 0 < b >>> 0 ? 1 : 0;
    case 'gtu':
      return a >>> 0 > b >>> 0 ? 1 : 0;
    case 'geu':
      return a >>> 0 >= b >>> 0 ? 1 : 0;
    default:
      return undefined;
  }
}

/** An expression equal to `e`, simpler where a rule applies. */
export function fold(e: Expr): Expr {
  switch (e.k) {
    case 'un': {
      const a = fold(e.a);
      if (a.k === 'const') {
        if (e.op === 'sext8') return con((a.value << 24) >> 24);
        if (e.op === 'sext16') return con((a.value << 16) >> 16);
        if (e.op === 'eqz') return con(a.value === 0 ? 1 : 0);
      }
      return { ...e, a };
    }
    case 'select': {
      const c = fold(e.c);
      if (c.k === 'const') return fold(c.value !== 0 ? e.a : e.b);
      return { ...e, c, a: fold(e.a), b: fold(e.b) };
    }
    case 'wide':
      return { ...e, high: fold(e.high), low: fold(e.low), b: fold(e.b) };
    case 'op':
      return { ...e, args: e.args.map(fold) };
    case 'bin':
      return foldBinary(e.op, fold(e.a), fold(e.b));
    default:
      return e;
  }
}

function foldBinary(op: BinaryOp, left: Expr, right: Expr): Expr {
  let a = left;
  let b = right;
  if (a.k === 'const' && b.k === 'const') {
    const value = compute(op, a.value, b.value);
    if (value !== undefined) return con(value);
  }
  if (a.k === 'const' && COMMUTATIVE.has(op)) [a, b] = [b, a];
  if (b.k === 'const') {
    if (op === 'sub') return foldBinary('add', a, con(-b.value));
    if (b.value === 0 && (op === 'add' || op === 'or' || op === 'xor' || op === 'shl' || op === 'shr' || op === 'sar'))
      return a;
    if (op === 'and' && b.value === -1) return a;
    if (op === 'and' && b.value === 0) return b;
    // (x op c) op d for associative operations
    if ((op === 'add' || op === 'and') && a.k === 'bin' && a.op === op && a.b.k === 'const') {
      return op === 'add' ? foldBinary('add', a.a, con(a.b.value + b.value)) : and(a.a, con(a.b.value & b.value));
    }
    // (x + c) + y with y constant is handled above; (x & 0xff) of a load is left to the lifting rule.
  }
  // Constants outward: (x + c) + y = (x + y) + c, so that displacements meet.
  if (op === 'add' && a.k === 'bin' && a.op === 'add' && a.b.k === 'const' && b.k !== 'const') {
    return add(add(a.a, b), a.b);
  }
  return { k: 'bin', op, a, b };
}

function foldStatement(s: Stmt): Stmt {
  switch (s.k) {
    case 'tmp':
    case 'reg':
    case 'state':
    case 'wtmp':
    case 'xmm':
    case 'state64':
    case 'fwiden':
      return { ...s, e: fold(s.e) };
    case 'guard':
      return { ...s, e: fold(s.e), ...(s.unless && { unless: fold(s.unless) }) };
    case 'load':
    case 'rmwload':
    case 'vload':
    case 'fload':
      return { ...s, addr: fold(s.addr) };
    case 'fstore':
      return { ...s, addr: fold(s.addr), s: fold(s.s), w: fold(s.w) };
    case 'fput':
      return { ...s, s: fold(s.s), w: fold(s.w) };
    case 'fstatus':
      return s.set ? { ...s, set: fold(s.set) } : s;
    case 'fcall':
      return { ...s, args: s.args.map(fold) };
    case 'store':
    case 'rmwstore':
    case 'vstore':
      return { ...s, addr: fold(s.addr), value: fold(s.value) };
    case 'flags':
      return foldFlags(s);
    case 'override':
      return { ...s, ...(s.cf && { cf: fold(s.cf) }), ...(s.of && { of: fold(s.of) }) };
    case 'flagsif':
      return { ...s, e: fold(s.e), then: foldFlags(s.then) };
    default:
      return s;
  }
}

function foldFlags(s: Extract<Stmt, { k: 'flags' }>): Extract<Stmt, { k: 'flags' }> {
  return {
    ...s,
    ...(s.a && { a: fold(s.a) }),
    ...(s.b && { b: fold(s.b) }),
    ...(s.r && { r: fold(s.r) }),
    ...(s.c && { c: fold(s.c) }),
  };
}

export function foldPass(blocks: readonly IrBlock[]): void {
  for (const b of blocks) {
    b.stmts = b.stmts.map(foldStatement).filter((s) => !(s.k === 'guard' && s.e.k === 'const' && s.e.value === 0));
    if (b.ending.k === 'branch' || b.ending.k === 'indirect' || b.ending.k === 'repeat')
      b.ending = { ...b.ending, e: fold(b.ending.e) };
  }
}
