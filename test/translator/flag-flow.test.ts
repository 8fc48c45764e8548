/** What is known of the flags at each point of a region. */
import { describe, expect, test } from 'vitest';
import * as abi from '../../src/translator/abi.ts';
import {
  afterBlock,
  afterStatement,
  DYNAMIC,
  entryStates,
  IN_MEMORY,
  join,
  needsWord,
  readsFlags,
  UNKNOWN,
  WORD_STATE,
} from '../../src/translator/flag-flow.ts';
import { add, bin, con, cond, type IrBlock, reg, type Stmt, select, un } from '../../src/translator/ir.ts';

const SUB4 = abi.kindWord(abi.FLAGS_SUB, 4);
const ADD1 = abi.kindWord(abi.FLAGS_ADD, 1);
const sub: Stmt = { k: 'flags', kind: abi.FLAGS_SUB, size: 4, a: reg(0), b: reg(1) };
const addByte: Extract<Stmt, { k: 'flags' }> = { k: 'flags', kind: abi.FLAGS_ADD, size: 1, a: reg(0), r: reg(1) };
const carry: Stmt = { k: 'override', cf: con(1) };
const conditional: Stmt = { k: 'flagsif', e: reg(1), then: addByte };

function block(eip: number, stmts: Stmt[], ending: IrBlock['ending']): IrBlock {
  return { eip, count: 1, eips: [eip], stmts, ending, checked: false };
}

describe('the state after a statement', () => {
  test.each([
    ['flags that are written', IN_MEMORY, sub, SUB4],
    ['they replace any state', DYNAMIC, addByte, ADD1],
    ['an override of a known state is kept beside it', SUB4, carry, SUB4 | abi.OVERRIDE_CF],
    [
      'a second one adds up',
      SUB4 | abi.OVERRIDE_CF,
      { k: 'override', of: con(1) },
      SUB4 | abi.OVERRIDE_CF | abi.OVERRIDE_OF,
    ],
    ['of flags in memory: known at run time only', IN_MEMORY, carry, DYNAMIC],
    ['a condition: known at run time only', SUB4, conditional, DYNAMIC],
    ['a callout leaves them in memory', SUB4, { k: 'callout' }, IN_MEMORY],
    ['reading flags in memory makes them a word', IN_MEMORY, { k: 'tmp', id: 0, e: cond(2) }, WORD_STATE],
    ['reading a known state changes nothing', SUB4, { k: 'tmp', id: 0, e: cond(2) }, SUB4],
    ['other statements change nothing', SUB4, { k: 'reg', r: 0, e: con(1) }, SUB4],
    [
      'an override that reads what it replaces',
      IN_MEMORY,
      { k: 'override', cf: cond(2) },
      WORD_STATE | abi.OVERRIDE_CF,
    ],
  ] as const)('%s', (_what, before, statement, after) => {
    expect(afterStatement(before, statement as Stmt)).toBe(after);
  });
});

test('flags are read wherever a condition stands', () => {
  expect(readsFlags(add(reg(0), un('eqz', select(reg(1), con(0), cond(4)))))).toBe(true);
  expect(readsFlags(bin('add', { k: 'flags' }, con(1)))).toBe(true);
  expect(readsFlags(add(reg(0), select(reg(1), con(0), con(4))))).toBe(false);
});

test('a branch on a condition reads', () => {
  const b = block(0, [], { k: 'branch', e: cond(4), taken: 0, next: 8 });
  expect(afterBlock(IN_MEMORY, b)).toBe(WORD_STATE);
  expect(afterBlock(SUB4, b)).toBe(SUB4);
  expect(afterBlock(DYNAMIC, b)).toBe(WORD_STATE);
  // The carry alone is read from a dynamic state as it is.
  expect(needsWord(DYNAMIC, [cond(2)])).toBe(false);
  expect(needsWord(DYNAMIC, [cond(3), cond(4)])).toBe(true);
  expect(needsWord(IN_MEMORY, [cond(2)])).toBe(true);
  expect(needsWord(SUB4, [cond(2)])).toBe(false);
});

test('states join', () => {
  expect(join(SUB4, SUB4)).toBe(SUB4);
  expect(join(UNKNOWN, SUB4)).toBe(SUB4);
  expect(join(SUB4, UNKNOWN)).toBe(SUB4);
  expect(join(SUB4, ADD1)).toBe(DYNAMIC);
  expect(join(IN_MEMORY, SUB4)).toBe(DYNAMIC);
});

describe('entry states', () => {
  test('a diamond whose sides leave different states', () => {
    const blocks = [
      block(0, [sub], { k: 'branch', e: cond(4), taken: 0x10, next: 0x20 }),
      block(0x10, [addByte], { k: 'jump', target: 0x30 }),
      block(0x20, [], { k: 'jump', target: 0x30 }),
      block(0x30, [], { k: 'jump', target: 0x40 }),
    ];
    expect(entryStates(blocks, [[1, 2], [3], [3], []])).toEqual([IN_MEMORY, SUB4, SUB4, DYNAMIC]);
  });

  test('a loop back to the entry changes what the entry may assume', () => {
    const loop = [block(0, [sub], { k: 'branch', e: cond(5), taken: 0, next: 8 })];
    expect(entryStates(loop, [[0]])).toEqual([DYNAMIC]);
    const quiet = [block(0, [], { k: 'jump', target: 0 })];
    expect(entryStates(quiet, [[0]])).toEqual([IN_MEMORY]);
  });

  test('what is not reached stays unknown', () => {
    const blocks = [block(0, [], { k: 'jump', target: 8 }), block(0x20, [], { k: 'jump', target: 8 })];
    expect(entryStates(blocks, [[], []])).toEqual([IN_MEMORY, UNKNOWN]);
  });
});
