/**
 * Memory operands of 4, 8 and 16 bytes that go to or come from vectors. The
 * delta tables serve aligned ones, and unaligned ones within a page; the rest
 * goes through a slow path that moves all bytes by way of VECTOR_SCRATCH, or none.
 */
import { EFLAGS } from '../../cpu/layout.ts';
import { AC } from '../../cpu/registers.ts';
import { VECTOR_SCRATCH } from '../abi.ts';
import type { Expr, Stmt } from '../ir.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { DELTA, LINEAR } from './locals.ts';

/** What of a block's lowering is used here. */
export interface VectorAccess {
  readonly m: Emitter;
  readonly code: ExpressionRef[];
  readonly user: boolean;
  /** A number no label of the region has. */
  label(): number;
  expr(e: Expr): ExpressionRef;
  /** Sets LINEAR and DELTA; returns the condition under which an aligned access is not served. */
  lookUp(addr: Expr, size: number, write: boolean): ExpressionRef;
  /** The host address of the access. */
  host(): ExpressionRef;
  leaveCold(): ExpressionRef[];
  leaveIfFailed(): ExpressionRef[];
}

/** Does `fast` where the delta table serves the access, and `slow` otherwise. */
export function access(
  b: VectorAccess,
  s: { readonly addr: Expr; readonly size: number; readonly aligned: boolean },
  write: boolean,
  fast: ExpressionRef,
  slow: ExpressionRef[],
): void {
  const { m } = b;
  const test = b.lookUp(s.addr, s.size, write);
  if (s.aligned) {
    const misaligned = m.bin('and', m.get(LINEAR), m.con(s.size - 1));
    b.code.push(m.if(test, m.block(null, [m.if(misaligned, m.block(null, b.leaveCold())), ...slow]), fast));
    return;
  }
  const crossing = m.bin('gtu', m.bin('and', m.get(LINEAR), m.con(0xfff)), m.con(0x1000 - s.size));
  let hard = m.bin('or', m.bin('and', m.get(DELTA), m.con(1)), crossing);
  // Alignment may be checked.
  if (b.user) hard = m.bin('or', hard, m.bin('and', m.state(EFLAGS), m.con(AC)));
  const n = b.label();
  const all = `wide${n}`;
  const served = `wide${n}-served`;
  b.code.push(m.block(all, [m.block(served, [m.if(test, m.brIf(served, hard)), fast, m.br(all)]), ...slow]));
}

/** Lowers a load into the v128 local `to`. */
export function lowerVectorLoad(b: VectorAccess, s: Extract<Stmt, { k: 'vload' }>, to: number): void {
  const { m } = b;
  const name = s.size === 16 ? 'v128.load' : s.size === 8 ? 'v128.load64_zero' : 'v128.load32_zero';
  const from = (offset: number, ptr: ExpressionRef) => m.loadAs(name, offset, 1, ptr);
  const slow = [
    m.drop(m.call('gather', [m.get(LINEAR), m.con(s.size)])),
    ...b.leaveIfFailed(),
    m.set(to, from(VECTOR_SCRATCH, m.con(0))),
  ];
  // The host address is built after the look-up, which is pushed first.
  access(b, s, false, m.set(to, from(0, b.host())), slow);
}

/** Lowers a store. */
export function lowerVectorStore(b: VectorAccess, s: Extract<Stmt, { k: 'vstore' }>): void {
  const { m } = b;
  const name = s.size === 16 ? 'v128.store' : s.size === 8 ? 'v128.store64_lane' : 'v128.store32_lane';
  const to = (offset: number, ptr: ExpressionRef) => m.storeAs(name, offset, 1, ptr, b.expr(s.value));
  const slow = [
    to(VECTOR_SCRATCH, m.con(0)),
    m.drop(m.call('scatter', [m.get(LINEAR), m.con(s.size)])),
    ...b.leaveIfFailed(),
  ];
  access(b, s, true, to(0, b.host()), slow);
}
