/**
 * What must hold of the IR of every instruction (docs/ir.md, "Rules that always
 * hold"), for samples of all rows of the opcode table in several modes.
 */
import { describe, expect, test } from 'vitest';
import type { Instruction } from '../../src/decoder/instruction.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { format } from '../../src/decoder/print.ts';
import { plainMode } from '../../src/translator/code-regions.ts';
import { expressionsOf } from '../../src/translator/flag-flow.ts';
import type { Expr, IrBlock, Stmt } from '../../src/translator/ir.ts';
import { liftBlock } from '../../src/translator/lift/lift.ts';
import { type Mode, SEG_BASED, SEG_LIMITED } from '../../src/translator/mode.ts';
import { blockText } from '../../src/translator/print-ir.ts';
import { formsOf } from '../support/row-forms.ts';

const FORMS: readonly Instruction[] = OPCODES.flatMap(formsOf);

const LEAVES: ReadonlySet<Stmt['k']> = new Set([
  'load',
  'rmwload',
  'vload',
  'fload',
  'guard',
  'fcheck',
  'timestamp',
  'store',
  'vstore',
  'fstore',
]);
/** They leave, or write memory: nothing that leaves may come behind. */
const STORES: ReadonlySet<Stmt['k']> = new Set(['store', 'vstore', 'fstore', 'rmwstore']);
const WRITES: ReadonlySet<Stmt['k']> = new Set([
  ...(['reg', 'state', 'xmm', 'state64', 'flags', 'override', 'flagsif', 'fput', 'ftag', 'fmove', 'fstatus'] as const),
]);

/** Temporaries an expression uses, as the text that names them. */
function uses(e: Expr, found: string[] = []): string[] {
  if (e.k === 'tmp') found.push(`t${e.id}`);
  if (e.k === 'wtmp') found.push(`${e.type}.t${e.id}`);
  for (const part of Object.values(e)) {
    if (Array.isArray(part)) for (const p of part) if (typeof p === 'object') uses(p as Expr, found);
    if (typeof part === 'object' && part !== null && 'k' in part) uses(part as Expr, found);
  }
  return found;
}

/** Temporaries a statement sets. */
function sets(s: Stmt): string[] {
  switch (s.k) {
    case 'tmp':
    case 'load':
      return [`t${s.id}`];
    case 'timestamp':
      return [`t${s.low}`, `t${s.high}`];
    case 'rmwload':
      return [`t${s.id}`, `t${s.host}`];
    case 'wtmp':
      return [`${s.type}.t${s.id}`];
    case 'vload':
      return [`v128.t${s.id}`];
    case 'fget':
    case 'fcall':
    case 'fwiden':
    case 'fload':
      return [`i64.t${s.s}`, `t${s.w}`];
    default:
      return [];
  }
}

/** The first rule that the block breaks, or undefined. */
function broken(block: IrBlock): string | undefined {
  let written = false;
  let stored = false;
  const known = new Set<string>();
  for (const s of block.stmts) {
    if (LEAVES.has(s.k) && written) return `${s.k} can leave behind a write`;
    if (LEAVES.has(s.k) && stored) return `${s.k} can leave behind a store`;
    if (s.k === 'rmwstore' && !known.has(`t${s.host}`)) return 'rmwstore without its rmwload';
    for (const e of expressionsOf(s))
      for (const t of uses(e)) if (!known.has(t)) return `${t} is used before it is set`;
    for (const t of sets(s)) known.add(t);
    written ||= WRITES.has(s.k);
    stored ||= STORES.has(s.k);
  }
  const e = block.ending;
  const last = e.k === 'branch' || e.k === 'indirect' || e.k === 'repeat' ? [e.e] : [];
  for (const x of last) for (const t of uses(x)) if (!known.has(t)) return `${t} is used before it is set`;
  return undefined;
}

const MODES: readonly (readonly [string, Mode])[] = [
  ['flat 32-bit code', plainMode(true)],
  ['user code', plainMode(true, true)],
  ['based segments', { ...plainMode(true), segments: [1, 0, 1, 1, 1, 1].map((x) => (x === 1 ? SEG_BASED : 0)) }],
  ['limited segments', { ...plainMode(true), segments: [1, 0, 1, 1, 1, 1].map((x) => (x === 1 ? SEG_LIMITED : 0)) }],
  ['a small code segment', { ...plainMode(true), csLimit: 0xffff }],
  ['no x87 and SSE', { ...plainMode(true), fpu: false, sse: false }],
];

describe('every instruction, lifted', () => {
  test.each(MODES)('%s', (_name, mode) => {
    const wrong = FORMS.flatMap((i) => {
      const block = liftBlock(mode, 0x1000, [i]);
      const why = broken(block);
      return why === undefined ? [] : [`${format(i, 0x1000)}: ${why}\n${blockText(block)}`];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  test('a block counts what it retires', () => {
    for (const i of FORMS) {
      const block = liftBlock(plainMode(true), 0x1000, [i]);
      expect(block.count, format(i, 0x1000)).toBe(block.ending.k === 'callout' ? 0 : 1);
      expect(block.eips).toEqual([0x1000]);
    }
  });
});
