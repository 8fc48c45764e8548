/**
 * Lowers the x87 statements of one block. Values of registers that the block
 * has read or written are also in locals, so that they are not read again; each
 * write goes to memory as well, which leaves nothing to do where the region is left.
 */
import * as L from '../../cpu/layout.ts';
import type { Expr, Stmt } from '../ir.ts';
import { X87_FUNCTIONS } from '../runtime/x87-module.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import type { LocalPool } from './locals.ts';
import { I32, I64, PAIR } from './value-types.ts';
import { BITS_ID, X87Locals } from './x87-locals.ts';
import { widen } from './x87-widen.ts';

const ERROR_SUMMARY = 0x80;

/** What of a block's lowering is used here. */
export interface X87Block {
  readonly m: Emitter;
  readonly code: ExpressionRef[];
  readonly pool: LocalPool;
  expr(e: Expr): ExpressionRef;
  leaveCold(): ExpressionRef[];
}

type Of<Kind extends Stmt['k']> = Extract<Stmt, { k: Kind }>;
export type X87Statement = Of<'fcheck' | 'fget' | 'fput' | 'ftag' | 'fmove' | 'fstatus' | 'fcall' | 'fwiden'>;

/** Bits of both tag halves, or of the lower one, for a set of registers. */
function tagBits(set: number): number {
  let bits = 0;
  for (let n = 0; n < 8; n++) if ((set & (1 << n)) !== 0) bits |= 1 << (2 * n);
  return bits;
}

export class X87Lowering {
  readonly locals: X87Locals;
  private readonly b: X87Block;
  /** TOP less what it was at the block's start. */
  private moved = 0;
  /** Positions (register less TOP at the block's start) whose value is in locals. */
  private known = 0;

  constructor(block: X87Block) {
    this.b = block;
    this.locals = new X87Locals(block.pool);
  }

  /** Registers may have been written by something else. */
  forget(): void {
    this.known = 0;
  }

  private position(st: number): number {
    return (this.moved + st) & 7;
  }

  /** Offset of st(n) from the first register. */
  private slot(st: number): ExpressionRef {
    const { m } = this.b;
    const top = m.get(this.locals.top);
    return m.bin('and', st === 0 ? top : m.bin('add', top, m.con(st * 16)), m.con(0x70));
  }

  statement(s: X87Statement): void {
    const { m, code } = this.b;
    const { status, tags, top } = this.locals;
    switch (s.k) {
      case 'fcheck':
        this.check(s);
        break;
      case 'fget':
        this.get(s);
        break;
      case 'fput':
        this.put(s);
        break;
      case 'ftag': {
        const mask = 0x3_0003 << (2 * s.st);
        code.push(
          m.set(tags, s.empty ? m.bin('or', m.get(tags), m.con(mask)) : m.bin('and', m.get(tags), m.con(~mask))),
        );
        break;
      }
      case 'fmove':
        code.push(m.set(tags, m.bin(s.by === 1 ? 'rotr' : 'rotl', m.get(tags), m.con(2))));
        code.push(m.set(top, m.bin('add', m.get(top), m.con(16 * s.by))));
        this.moved += s.by;
        break;
      case 'fstatus': {
        const kept = m.bin('and', m.get(status), m.con(~s.clear));
        code.push(m.set(status, s.set ? m.bin('or', kept, this.b.expr(s.set)) : kept));
        break;
      }
      case 'fcall':
        this.call(s);
        break;
      case 'fwiden': {
        const { pool } = this.b;
        const bits = pool.get(I64, BITS_ID);
        code.push(m.set(bits, this.b.expr(s.e)));
        code.push(...widen(m, s.size, bits, pool.get(I64, s.s), pool.get(I32, s.w)));
        break;
      }
    }
  }

  private check(s: Of<'fcheck'>): void {
    const { m, code } = this.b;
    const free = tagBits(s.free);
    const wrong: ExpressionRef[] = [];
    if ((s.used | s.free) !== 0) {
      const tags = m.get(this.locals.tags);
      wrong.push(m.bin('and', free === 0 ? tags : m.bin('xor', tags, m.con(free)), m.con(tagBits(s.used) | free)));
    }
    if (s.pending) wrong.push(m.bin('and', m.get(this.locals.status), m.con(ERROR_SUMMARY)));
    if (wrong.length === 0) return;
    code.push(
      m.if(
        wrong.reduce((a, b) => m.bin('or', a, b)),
        m.block(null, this.b.leaveCold()),
      ),
    );
  }

  private get(s: Of<'fget'>): void {
    const { m, code, pool } = this.b;
    const at = this.position(s.st);
    const significand = this.locals.significand(at);
    const word = this.locals.word(at);
    if ((this.known & (1 << at)) === 0) {
      code.push(m.set(significand, m.loadAs('i64.load', L.FPU_REGISTERS, 8, this.slot(s.st))));
      code.push(m.set(word, m.load(2, false, L.FPU_REGISTERS + 8, this.slot(s.st))));
      this.known |= 1 << at;
    }
    code.push(m.set(pool.get(I64, s.s), m.get(significand, I64)));
    code.push(m.set(pool.get(I32, s.w), m.get(word)));
  }

  private put(s: Of<'fput'>): void {
    const { m, code } = this.b;
    const at = this.position(s.st);
    const significand = this.locals.significand(at);
    const word = this.locals.word(at);
    code.push(m.set(significand, this.b.expr(s.s)));
    code.push(m.set(word, this.b.expr(s.w)));
    code.push(m.storeAs('i64.store', L.FPU_REGISTERS, 8, this.slot(s.st), m.get(significand, I64)));
    code.push(m.store(2, L.FPU_REGISTERS + 8, this.slot(s.st), m.get(word)));
    this.known |= 1 << at;
  }

  private call(s: Of<'fcall'>): void {
    const { m, code, pool } = this.b;
    const args = s.args.map((e) => this.b.expr(e));
    const word = pool.get(I32, s.w);
    if (!X87_FUNCTIONS[s.fn].number) {
      code.push(m.set(word, m.call(s.fn, args)));
      return;
    }
    code.push(...m.callNumber(s.fn, args, pool.get(I64, s.s), word, () => pool.get(PAIR, 0)));
  }
}
