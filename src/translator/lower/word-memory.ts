/**
 * Memory operands of 1, 2 and 4 bytes: through the delta tables where these
 * serve the access, else through a slow path that may fail and so leave before the instruction. In the low tier
 * loads and stores are calls.
 */
import type { Expr, Stmt } from '../ir.ts';
import { memoryFunction } from '../runtime/memory-functions.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { LINEAR } from './locals.ts';

/** What of a block's lowering is used here. */
export interface WordAccess {
  readonly m: Emitter;
  readonly code: ExpressionRef[];
  /** CPL 3. */
  readonly user: boolean;
  readonly lowTier: boolean;
  /** Local of a 32-bit temporary. */
  temporary(id: number): number;
  expr(e: Expr): ExpressionRef;
  /** Sets LINEAR and DELTA; returns the condition under which the fast path does not serve. */
  lookUp(addr: Expr, size: number, write: boolean): ExpressionRef;
  /** The host address of the access. */
  host(): ExpressionRef;
  leaveIfFailed(): ExpressionRef[];
}

function extended(m: Emitter, value: ExpressionRef, signed: boolean, size: number): ExpressionRef {
  return signed && size !== 4 ? m.un(size === 2 ? 'sext16' : 'sext8', value) : value;
}

export function lowerLoad(b: WordAccess, s: Extract<Stmt, { k: 'load' }>): void {
  const { m } = b;
  const to = b.temporary(s.id);
  if (b.lowTier) {
    const call = m.call(memoryFunction('load', b.user, s.size), [b.expr(s.addr)]);
    b.code.push(m.set(to, extended(m, call, s.signed, s.size)), ...b.leaveIfFailed());
    return;
  }
  const slow = b.lookUp(s.addr, s.size, false);
  const read = m.call(s.size === 1 ? 'read8' : s.size === 2 ? 'read16' : 'read32', [m.get(LINEAR)]);
  const value = extended(m, read, s.signed, s.size);
  b.code.push(
    m.if(
      slow,
      m.block(null, [m.set(to, value), ...b.leaveIfFailed()]),
      m.set(to, m.load(s.size, s.signed, 0, b.host())),
    ),
  );
}

export function lowerStore(b: WordAccess, s: Extract<Stmt, { k: 'store' }>): void {
  const { m } = b;
  if (b.lowTier) {
    const call = m.call(memoryFunction('store', b.user, s.size), [b.expr(s.addr), b.expr(s.value)]);
    b.code.push(m.drop(call), ...b.leaveIfFailed());
    return;
  }
  const slow = b.lookUp(s.addr, s.size, true);
  const name = s.size === 1 ? 'write8' : s.size === 2 ? 'write16' : 'write32';
  b.code.push(
    m.if(
      slow,
      m.block(null, [m.drop(m.call(name, [m.get(LINEAR), b.expr(s.value)])), ...b.leaveIfFailed()]),
      m.store(s.size, 0, b.host(), b.expr(s.value)),
    ),
  );
}

/** The host temporary takes the host address, or 0 where slow paths are needed. */
export function lowerRmwLoad(b: WordAccess, s: Extract<Stmt, { k: 'rmwload' }>): void {
  const { m } = b;
  const slow = b.lookUp(s.addr, s.size, true);
  const to = b.temporary(s.id);
  const host = b.temporary(s.host);
  const read = s.size === 1 ? 'read8' : s.size === 2 ? 'read16' : 'read32';
  b.code.push(
    m.if(
      slow,
      m.block(null, [
        m.drop(m.call('probe', [m.get(LINEAR), m.con(s.size)])),
        ...b.leaveIfFailed(),
        m.set(host, m.con(0)),
        m.set(to, m.call(read, [m.get(LINEAR)])),
        ...b.leaveIfFailed(),
      ]),
      m.set(to, m.load(s.size, false, 0, m.tee(host, b.host()))),
    ),
  );
}

export function lowerRmwStore(b: WordAccess, s: Extract<Stmt, { k: 'rmwstore' }>): void {
  const { m } = b;
  const host = b.temporary(s.host);
  const name = s.size === 1 ? 'write8' : s.size === 2 ? 'write16' : 'write32';
  b.code.push(
    m.if(
      m.get(host),
      m.store(s.size, 0, m.get(host), b.expr(s.value)),
      m.block(null, [m.drop(m.call(name, [b.expr(s.addr), b.expr(s.value)])), ...b.leaveIfFailed()]),
    ),
  );
}
