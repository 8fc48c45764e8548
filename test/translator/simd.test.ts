/**
 * MMX and SSE to SSE3 in the translator against the interpreter, on random and
 * extreme operands: registers, XMM and x87 state, MXCSR and memory.
 */
import { expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { SimdCases } from '../support/simd-cases.ts';

const raw = await loadBinaryen();

test('both engines agree', { timeout: 60_000 }, () => {
  const report = new SimdCases(raw, 11).run(4000);
  expect(report.differences.slice(0, 10)).toEqual([]);
  // What is lifted is not only ever left to the interpreter.
  const left = [...report.single].filter(([, n]) => n.runs >= 16 && n.cold === n.runs).map(([mnemonic]) => mnemonic);
  expect(left).toEqual([]);
  expect(report.cold).toBeLessThan(report.total * 0.6);
});

test('both engines agree without the passes over the IR', { timeout: 60_000 }, () => {
  const report = new SimdCases(raw, 12, ['fold', 'dead-flags']).run(1000);
  expect(report.differences.slice(0, 10)).toEqual([]);
});

test('both engines agree at CPL 3 with alignment checked', { timeout: 60_000 }, () => {
  const report = new SimdCases(raw, 13, [], true).run(2000);
  expect(report.differences.slice(0, 10)).toEqual([]);
  expect(report.cold).toBeLessThan(report.total * 0.8);
});
