/**
 * Lowers the statements of one IR block: expressions, memory through the delta
 * tables, flags, guards and callouts. Control flow among blocks is region-lowering.ts.
 */
import * as L from '../../cpu/layout.ts';
import { BUDGET, kindWord, OVERRIDE_CF, OVERRIDE_OF, SLOW_FAILED, TIMESTAMP } from '../abi.ts';
import { afterStatement, DYNAMIC, expressionsOf, IN_MEMORY, needsWord, WORD_STATE } from '../flag-flow.ts';
import type { Expr, IrBlock, Stmt, WideType } from '../ir.ts';
import type { Mode } from '../mode.ts';
import { SITE_FLAGS_DYNAMIC, SITE_FLAGS_IN_MEMORY, type Site } from '../sites.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { condition, flagsWord, operandsOf, storeFlags, toDynamic, toWord } from './flags.ts';
import {
  BUDGET_LOCAL,
  DELTA,
  FLAG_A,
  FLAG_B,
  FLAG_C,
  FLAG_K,
  FLAG_R,
  FLAG_X,
  LINEAR,
  type LocalPool,
  SITE_LOCAL,
} from './locals.ts';
import type { RegistersUsed } from './registers-used.ts';
import { lowerVectorLoad, lowerVectorStore } from './simd-memory.ts';
import { loadXmm, storeXmm, vectorTemporary, xmmLocal } from './simd-registers.ts';
import { I32, V128, VALUE_TYPES } from './value-types.ts';
import { lowerLoad, lowerRmwLoad, lowerRmwStore, lowerStore } from './word-memory.ts';
import { X87Lowering } from './x87.ts';
import { isPointer, loadX87, statusWord, storeX87 } from './x87-locals.ts';
import { lowerX87Load, lowerX87Store } from './x87-memory.ts';
import { touchesX87State } from './x87-state.ts';

/** Name of the block whose end is the shared cold exit. */
export const COLD = 'cold';

/** What a region's blocks share while they are lowered. */
export interface RegionContext {
  readonly m: Emitter;
  readonly mode: Mode;
  readonly lowTier: boolean;
  readonly sites: Site[];
  /** Registers that the region uses are in locals; those it writes are stored when it is left. */
  readonly registers: RegistersUsed;
  readonly locals: LocalPool;
  /** Numbers given to labels. */
  labels: number;
}

export class BlockLowering {
  readonly code: ExpressionRef[] = [];
  /** Flag state at the point reached. */
  flags: number;
  private readonly r: RegionContext;
  readonly m: Emitter;
  private readonly block: IrBlock;
  /** Where the region has x87 statements. */
  private readonly x87: X87Lowering | undefined;
  private instruction = 0;
  private site = -1;

  constructor(region: RegionContext, block: IrBlock, flags: number) {
    this.r = region;
    this.m = region.m;
    this.block = block;
    this.flags = flags;
    if (region.registers.x87) this.x87 = new X87Lowering(this);
  }

  /** Lowers all statements; the ending is the caller's. */
  run(): void {
    for (const s of this.block.stmts) this.statement(s);
    const e = this.block.ending;
    if (e.k === 'branch' || e.k === 'indirect' || e.k === 'repeat') this.readFlags([e.e]);
  }

  // ---- expressions --------------------------------------------------------------------------

  expr(e: Expr): ExpressionRef {
    const m = this.m;
    switch (e.k) {
      case 'const':
        return m.con(e.value);
      case 'reg':
        return m.get(e.r);
      case 'tmp':
        return m.get(this.temporary(e.id));
      case 'bin':
        return m.bin(e.op, this.expr(e.a), this.expr(e.b));
      case 'un':
        return m.un(e.op, this.expr(e.a));
      case 'select':
        return m.select(this.expr(e.c), this.expr(e.a), this.expr(e.b));
      case 'cond':
        return condition(m, this.flags, e.cc);
      case 'flags':
        return flagsWord(m, this.flags);
      case 'state':
        if (this.r.registers.x87Pointers.includes(e.offset)) return m.get(this.x87!.locals.pointer(e.offset));
        return m.state(e.offset);
      case 'fstatus':
        return this.x87 ? statusWord(m, this.x87.locals) : m.state(L.FPU_STATUS);
      case 'xmm':
        return m.get(xmmLocal(this.r.locals, e.r), V128);
      case 'state64':
        return m.loadAs('v128.load64_zero', e.offset, 8, m.con(0));
      case 'wtmp':
        return m.get(this.wideTemporary(e), VALUE_TYPES[e.type]);
      case 'op':
        return m.op(
          e.op,
          e.args.map((a) => this.expr(a)),
          e.imm,
        );
      case 'wide':
        if (e.op === 'mulhu' || e.op === 'mulhs') return m.mulHigh(this.expr(e.low), this.expr(e.b), e.op === 'mulhs');
        return m.divide64(
          this.expr(e.high),
          this.expr(e.low),
          this.expr(e.b),
          e.op === 'divs64' || e.op === 'rems64',
          e.op === 'remu64' || e.op === 'rems64',
        );
    }
  }

  label(): number {
    return this.r.labels++;
  }

  get pool(): LocalPool {
    return this.r.locals;
  }

  get user(): boolean {
    return this.r.mode.user;
  }

  get lowTier(): boolean {
    return this.r.lowTier;
  }

  /** Local of a 32-bit temporary. */
  temporary(id: number): number {
    return this.r.locals.get(I32, id);
  }

  private wideTemporary(e: { readonly id: number; readonly type: WideType }): number {
    return e.type === 'v128' ? vectorTemporary(this.r.locals, e.id) : this.r.locals.get(VALUE_TYPES[e.type], e.id);
  }

  /** Makes a flags word of a state that these expressions cannot be read from. */
  private readFlags(expressions: readonly Expr[]): void {
    if (!needsWord(this.flags, expressions)) return;
    this.code.push(...toWord(this.m, this.flags));
    this.flags = WORD_STATE;
  }

  // ---- leaving before the instruction ---------------------------------------------------------

  /** Number of the site of the current instruction; made on first use. */
  private currentSite(): number {
    if (this.site < 0) {
      this.site = this.r.sites.length;
      const flags =
        this.flags === IN_MEMORY ? SITE_FLAGS_IN_MEMORY : this.flags === DYNAMIC ? SITE_FLAGS_DYNAMIC : this.flags;
      this.r.sites.push({
        eip: this.block.eips[this.instruction]!,
        refund: this.block.count - this.instruction,
        flags,
      });
    }
    return this.site;
  }

  leaveCold(): ExpressionRef[] {
    return [this.m.set(SITE_LOCAL, this.m.con(this.currentSite())), this.m.br(COLD)];
  }

  /** Behind a slow path: leaves where it could not serve the access. */
  leaveIfFailed(): ExpressionRef[] {
    const m = this.m;
    return [m.set(SITE_LOCAL, m.con(this.currentSite())), m.brIf(COLD, m.state(SLOW_FAILED))];
  }

  /** Does `otherwise` where `e` is not zero. What a disjunction is made of is tested one by one: comparisons that branch. */
  private guardUnless(e: Expr, otherwise: ExpressionRef): void {
    const { m } = this;
    const tests: Expr[] = [];
    const collect = (x: Expr): void => {
      if (x.k === 'bin' && x.op === 'or') {
        collect(x.a);
        collect(x.b);
      } else {
        tests.push(x);
      }
    };
    collect(e);
    if (tests.length === 1) {
      this.code.push(m.if(this.expr(e), otherwise));
      return;
    }
    const n = this.label();
    const passed = `guard${n}`;
    const failed = `guard${n}-failed`;
    const branches = tests.map((t) => m.brIf(failed, this.expr(t)));
    this.code.push(m.block(passed, [m.block(failed, [...branches, m.br(passed)]), otherwise]));
  }

  // ---- memory -----------------------------------------------------------------------------------

  /** Sets LINEAR and DELTA; returns the condition under which the fast path does not serve. */
  lookUp(addr: Expr, size: number, write: boolean): ExpressionRef {
    const m = this.m;
    this.code.push(m.set(LINEAR, this.expr(addr)));
    const table = write
      ? this.r.mode.user
        ? L.DELTA_WRITE_USER
        : L.DELTA_WRITE_SUPERVISOR
      : this.r.mode.user
        ? L.DELTA_READ_USER
        : L.DELTA_READ_SUPERVISOR;
    const index = m.bin('and', m.bin('shr', m.get(LINEAR), m.con(10)), m.con(0x3f_fffc));
    const delta = m.tee(DELTA, m.load(4, false, table, index));
    if (size === 1) return m.bin('and', delta, m.con(1));
    return m.bin('and', m.bin('or', delta, m.get(LINEAR)), m.con(size - 1));
  }

  host(): ExpressionRef {
    return this.m.bin('add', this.m.get(LINEAR), this.m.get(DELTA));
  }

  // ---- flags ------------------------------------------------------------------------------------

  private setOperands(s: Extract<Stmt, { k: 'flags' }>): ExpressionRef[] {
    const m = this.m;
    const need = operandsOf(kindWord(s.kind, s.size));
    const out: ExpressionRef[] = [];
    const set = (local: number, e: Expr | undefined) => {
      if (e && need.includes(local)) out.push(m.set(local, this.expr(e)));
    };
    set(FLAG_A, s.a);
    set(FLAG_B, s.b);
    set(FLAG_R, s.r);
    set(FLAG_C, s.c);
    return out;
  }

  private override(s: Extract<Stmt, { k: 'override' }>): void {
    const m = this.m;
    const bits = (s.cf ? OVERRIDE_CF : 0) | (s.of ? OVERRIDE_OF : 0);
    const before = this.flags;
    if (before === IN_MEMORY) this.code.push(...toDynamic(m, before));
    const parts: ExpressionRef[] = [];
    if (s.cf) parts.push(this.expr(s.cf));
    if (s.of) parts.push(m.bin('shl', this.expr(s.of), m.con(11)));
    // What the other override holds stays.
    const keep = before > 0 ? before & ~bits & (OVERRIDE_CF | OVERRIDE_OF) : ~bits & (OVERRIDE_CF | OVERRIDE_OF);
    if (keep !== 0) {
      const mask = (keep & OVERRIDE_CF) !== 0 ? 1 : 1 << 11;
      parts.push(m.bin('and', m.get(FLAG_X), m.con(mask)));
    }
    this.code.push(
      m.set(
        FLAG_X,
        parts.reduce((a, b) => m.bin('or', a, b)),
      ),
    );
    if (before === IN_MEMORY || before === DYNAMIC) {
      this.code.push(m.set(FLAG_K, m.bin('or', m.get(FLAG_K), m.con(bits))));
    }
  }

  // ---- callouts -----------------------------------------------------------------------------------

  /** Everything to memory, the call, everything back. */
  private callout(): void {
    const m = this.m;
    const eip = this.block.eips[this.instruction]!;
    const ahead = this.block.count - this.instruction;
    this.code.push(
      ...this.r.registers.written.map((r) => m.setState(L.GPR + r * 4, m.get(r))),
      ...storeXmm(m, this.r.locals, this.r.registers.xmmWritten),
      ...storeX87(m, this.r.locals, this.r.registers),
      ...storeFlags(m, this.flags),
      m.setState(BUDGET, m.bin('add', m.get(BUDGET_LOCAL), m.con(ahead))),
      m.if(m.call('callout', [m.con(eip)]), m.return()),
      ...this.r.registers.used.map((r) => m.set(r, m.state(L.GPR + r * 4))),
      ...loadXmm(m, this.r.locals, this.r.registers.xmmUsed),
      ...loadX87(m, this.r.locals, this.r.registers),
    );
    this.x87?.forget();
  }

  private statement(s: Stmt): void {
    const m = this.m;
    // MMX instructions see the x87 state in memory.
    const shared = this.x87 !== undefined && touchesX87State(s);
    if (shared) this.code.push(...storeX87(m, this.r.locals, this.r.registers));
    this.lower(s);
    if (!shared) return;
    this.code.push(...loadX87(m, this.r.locals, this.r.registers));
    this.x87?.forget();
  }

  private lower(s: Stmt): void {
    const m = this.m;
    if (s.k === 'insn') {
      this.instruction = s.index;
      this.site = -1;
      return;
    }
    if (s.k !== 'callout') this.readFlags(expressionsOf(s));
    switch (s.k) {
      case 'tmp':
        this.code.push(m.set(this.temporary(s.id), this.expr(s.e)));
        break;
      case 'reg':
        this.code.push(m.set(s.r, this.expr(s.e)));
        break;
      case 'state':
        if (this.x87 && isPointer(s.offset)) this.code.push(m.set(this.x87.locals.pointer(s.offset), this.expr(s.e)));
        else this.code.push(m.setState(s.offset, this.expr(s.e)));
        break;
      case 'load':
        lowerLoad(this, s);
        break;
      case 'store':
        lowerStore(this, s);
        break;
      case 'rmwload':
        lowerRmwLoad(this, s);
        break;
      case 'rmwstore':
        lowerRmwStore(this, s);
        break;
      case 'guard': {
        const leave = m.block(null, this.leaveCold());
        if (s.unless) this.guardUnless(s.e, m.if(m.un('eqz', this.expr(s.unless)), leave));
        else this.code.push(m.if(this.expr(s.e), leave));
        break;
      }
      case 'wtmp':
        this.code.push(m.set(this.wideTemporary(s), this.expr(s.e)));
        break;
      case 'xmm':
        this.code.push(m.set(xmmLocal(this.r.locals, s.r), this.expr(s.e)));
        break;
      case 'state64':
        this.code.push(m.storeAs('v128.store64_lane', s.offset, 8, m.con(0), this.expr(s.e)));
        break;
      case 'vload':
        lowerVectorLoad(this, s, vectorTemporary(this.r.locals, s.id));
        break;
      case 'vstore':
        lowerVectorStore(this, s);
        break;
      case 'fload':
        lowerX87Load(this, s);
        break;
      case 'fstore':
        lowerX87Store(this, s);
        break;
      case 'fcheck':
      case 'fget':
      case 'fput':
      case 'ftag':
      case 'fmove':
      case 'fstatus':
      case 'fcall':
      case 'fwiden':
        this.x87!.statement(s);
        break;
      case 'flags':
        this.code.push(...this.setOperands(s));
        break;
      case 'override':
        this.override(s);
        break;
      case 'flagsif':
        this.code.push(...toDynamic(m, this.flags));
        this.code.push(
          m.if(
            this.expr(s.e),
            m.block(null, [...this.setOperands(s.then), m.set(FLAG_K, m.con(kindWord(s.then.kind, s.then.size)))]),
          ),
        );
        break;
      case 'timestamp': {
        const ahead = this.block.count - this.instruction;
        const left = m.bin('add', m.get(BUDGET_LOCAL), m.con(ahead));
        this.code.push(
          m.drop(m.call('timestamp', [left])),
          ...this.leaveIfFailed(),
          m.set(this.temporary(s.low), m.state(TIMESTAMP)),
          m.set(this.temporary(s.high), m.state(TIMESTAMP + 4)),
        );
        break;
      }
      case 'callout':
        this.callout();
        break;
    }
    this.flags = afterStatement(this.flags, s);
  }
}
