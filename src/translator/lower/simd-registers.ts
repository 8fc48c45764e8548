/**
 * XMM registers within a region: v128 locals, read at its entry and written
 * back where it is left, as the general registers are.
 */
import { XMM } from '../../cpu/layout.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import type { LocalPool } from './locals.ts';
import { V128 } from './value-types.ts';

const REGISTERS = 8;

/** The local of an XMM register. */
export function xmmLocal(locals: LocalPool, r: number): number {
  return locals.get(V128, r);
}

/** The local of the `id`th v128 temporary of an instruction. */
export function vectorTemporary(locals: LocalPool, id: number): number {
  return locals.get(V128, REGISTERS + id);
}

/** From the state to the locals. */
export function loadXmm(m: Emitter, locals: LocalPool, registers: readonly number[]): ExpressionRef[] {
  return registers.map((r) => m.set(xmmLocal(locals, r), m.loadAs('v128.load', XMM + 16 * r, 16, m.con(0))));
}

/** From the locals to the state. */
export function storeXmm(m: Emitter, locals: LocalPool, registers: readonly number[]): ExpressionRef[] {
  return registers.map((r) => m.storeAs('v128.store', XMM + 16 * r, 16, m.con(0), m.get(xmmLocal(locals, r), V128)));
}
