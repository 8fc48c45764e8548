/**
 * The x87 state within a region that has x87 statements. TOP, tags, status
 * word and pointers are in locals, read at its entry and written back where it
 * is left; the registers stay in memory, which is always right.
 *
 * What holds: TOP is kept times 16 in bits 4..6 of its local, whose other bits
 * are anything; the TOP field of the status word's local is anything. The tags
 * are rotated so that st(0) has bits 0 and 1, and stand twice, in both halves.
 */
import * as L from '../../cpu/layout.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import type { LocalPool } from './locals.ts';
import type { RegistersUsed } from './registers-used.ts';
import { I32, I64 } from './value-types.ts';

const POINTERS: readonly number[] = [L.FPU_OPCODE, L.FPU_IP, L.FPU_CS, L.FPU_DP, L.FPU_DS];
const TOP_FIELD = 0x3800;

/** Numbers in the pool: far above those of temporaries. */
const STATUS_ID = 1000;
const TOP_ID = 1001;
const TAGS_ID = 1002;
const POINTER_ID = 1003;
const CACHE_ID = 1010;
/** An i64: bits of a number that is being converted. */
export const BITS_ID = 1020;

/** Whether an offset of the state is one of the last instruction's pointers. */
export function isPointer(offset: number): boolean {
  return POINTERS.includes(offset);
}

/** Numbers of the locals of a region's x87 state. */
export class X87Locals {
  readonly status: number;
  readonly top: number;
  readonly tags: number;
  private readonly pool: LocalPool;

  constructor(pool: LocalPool) {
    this.pool = pool;
    this.status = pool.get(I32, STATUS_ID);
    this.top = pool.get(I32, TOP_ID);
    this.tags = pool.get(I32, TAGS_ID);
  }

  pointer(offset: number): number {
    return this.pool.get(I32, POINTER_ID + POINTERS.indexOf(offset));
  }
  /** Significand and word of a register whose value is known. `position`: 0..7. */
  significand(position: number): number {
    return this.pool.get(I64, CACHE_ID + position);
  }
  word(position: number): number {
    return this.pool.get(I32, CACHE_ID + position);
  }
}

/** From the state to the locals. */
export function loadX87(m: Emitter, pool: LocalPool, registers: RegistersUsed): ExpressionRef[] {
  if (!registers.x87) return [];
  const x = new X87Locals(pool);
  const twice = m.bin('mul', m.state(L.FPU_TAGS), m.con(0x1_0001));
  return [
    m.set(x.status, m.state(L.FPU_STATUS)),
    m.set(x.top, m.bin('shr', m.get(x.status), m.con(7))),
    m.set(x.tags, m.bin('rotr', twice, m.bin('and', m.bin('shr', m.get(x.status), m.con(10)), m.con(14)))),
    ...registers.x87Pointers.map((offset) => m.set(x.pointer(offset), m.state(offset))),
  ];
}

/** The status word as the architecture has it. */
export function statusWord(m: Emitter, x: X87Locals): ExpressionRef {
  const top = m.bin('shl', m.bin('and', m.get(x.top), m.con(0x70)), m.con(7));
  return m.bin('or', m.bin('and', m.get(x.status), m.con(~TOP_FIELD)), top);
}

/** From the locals to the state. */
export function storeX87(m: Emitter, pool: LocalPool, registers: RegistersUsed): ExpressionRef[] {
  if (!registers.x87) return [];
  const x = new X87Locals(pool);
  const tags = m.bin('rotl', m.get(x.tags), m.bin('and', m.bin('shr', m.get(x.top), m.con(3)), m.con(14)));
  return [
    m.setState(L.FPU_STATUS, statusWord(m, x)),
    m.setState(L.FPU_TAGS, m.bin('and', tags, m.con(0xffff))),
    ...registers.x87Pointers.map((offset) => m.setState(offset, m.get(x.pointer(offset)))),
  ];
}
