/**
 * x87 in the translator against the interpreter, bit for bit: registers, tags,
 * status word, pointers, flags and memory, under all controls.
 */
import { expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { X87Cases } from '../support/x87-cases.ts';

const raw = await loadBinaryen();
const seed = Number(process.env.X87_SEED ?? 31);
const scale = Number(process.env.X87_SCALE ?? 1);

test('both engines agree', { timeout: 60_000 * scale }, () => {
  const report = new X87Cases(raw, seed).run(3000 * scale);
  expect(report.differences.slice(0, 5)).toEqual([]);
  expect(report.retired).toBeGreaterThan(report.total);
  // What is lifted is not only ever left to the interpreter.
  const left = [...report.single].filter(([, n]) => n.runs >= 12 && n.cold === n.runs).map(([mnemonic]) => mnemonic);
  expect(left).toEqual([]);
});

test('both engines agree without the passes over the IR', { timeout: 60_000 * scale }, () => {
  const report = new X87Cases(raw, seed + 1, { noPass: ['fold', 'dead-flags'] }).run(500 * scale);
  expect(report.differences.slice(0, 5)).toEqual([]);
});

test('both engines agree where x87 and MMX code are mixed', { timeout: 60_000 * scale }, () => {
  const report = new X87Cases(raw, seed + 2, { mmx: true }).run(1000 * scale);
  expect(report.differences.slice(0, 5)).toEqual([]);
});

test('both engines agree at CPL 3 with alignment checked', { timeout: 60_000 * scale }, () => {
  const report = new X87Cases(raw, seed + 3, { aligned: true }).run(1000 * scale);
  expect(report.differences.slice(0, 5)).toEqual([]);
});
