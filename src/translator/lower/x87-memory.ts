/** Memory operands of x87 instructions of 64 and 80 bits. */
import { EFLAGS } from '../../cpu/layout.ts';
import { AC } from '../../cpu/registers.ts';
import { VECTOR_SCRATCH } from '../abi.ts';
import type { Expr, Stmt } from '../ir.ts';
import type { ExpressionRef } from './emitter.ts';
import { LINEAR, type LocalPool } from './locals.ts';
import { access, type VectorAccess } from './simd-memory.ts';
import { I32, I64 } from './value-types.ts';

interface X87Access extends VectorAccess {
  readonly pool: LocalPool;
}

/** 10 bytes, whatever their alignment: does `fast` within a page, and `slow` otherwise. */
function access80(b: X87Access, addr: Expr, write: boolean, fast: () => ExpressionRef[], slow: ExpressionRef[]): void {
  const { m } = b;
  const missing = b.lookUp(addr, 1, write);
  const crossing = m.bin('gtu', m.bin('and', m.get(LINEAR), m.con(0xfff)), m.con(0x1000 - 10));
  const alignment = b.user ? [m.if(m.bin('and', m.state(EFLAGS), m.con(AC)), m.block(null, b.leaveCold()))] : [];
  b.code.push(...alignment, m.if(m.bin('or', missing, crossing), m.block(null, slow), m.block(null, fast())));
}

/** Lowers a load of 8 or 10 bytes. */
export function lowerX87Load(b: X87Access, s: Extract<Stmt, { k: 'fload' }>): void {
  const { m } = b;
  const to = b.pool.get(I64, s.s);
  const gather = [m.drop(m.call('gather', [m.get(LINEAR), m.con(s.size)])), ...b.leaveIfFailed()];
  const read = (offset: number, ptr: () => ExpressionRef) => {
    const low = m.set(to, m.loadAs('i64.load', offset, 1, ptr()));
    return s.size === 8 ? [low] : [low, m.set(b.pool.get(I32, s.w), m.loadAs('i32.load16_u', offset + 8, 1, ptr()))];
  };
  const slow = [...gather, ...read(VECTOR_SCRATCH, () => m.con(0))];
  if (s.size === 8)
    access(
      b,
      { addr: s.addr, size: 8, aligned: false },
      false,
      m.block(
        null,
        read(0, () => b.host()),
      ),
      slow,
    );
  else access80(b, s.addr, false, () => read(0, () => b.host()), slow);
}

/** Lowers a store of 8 or 10 bytes: of all of them or none. */
export function lowerX87Store(b: X87Access, s: Extract<Stmt, { k: 'fstore' }>): void {
  const { m } = b;
  const write = (offset: number, ptr: () => ExpressionRef) => {
    const low = m.storeAs('i64.store', offset, 1, ptr(), b.expr(s.s));
    return s.size === 8 ? [low] : [low, m.storeAs('i32.store16', offset + 8, 1, ptr(), b.expr(s.w))];
  };
  const scatter = [m.drop(m.call('scatter', [m.get(LINEAR), m.con(s.size)])), ...b.leaveIfFailed()];
  const slow = [...write(VECTOR_SCRATCH, () => m.con(0)), ...scatter];
  if (s.size === 8)
    access(
      b,
      { addr: s.addr, size: 8, aligned: false },
      true,
      m.block(
        null,
        write(0, () => b.host()),
      ),
      slow,
    );
  else access80(b, s.addr, true, () => write(0, () => b.host()), slow);
}
