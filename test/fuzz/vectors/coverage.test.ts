/** The vectors that are checked in cover every row of the opcode table that programs can execute. */
import { expect, it } from 'vitest';
import type { Patch } from '../../../fuzz/case.ts';
import { firstInstruction } from '../../../fuzz/case-bytes.ts';
import { NOT_FOR_HOST } from '../../../fuzz/exclusions.ts';
import { openVectors } from '../../../fuzz/outside/vectors/index.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import { VECTOR_FILES } from './checked-in.ts';

/** Of each row. */
const ENOUGH = 200;

interface Count {
  cases: number;
  /** That did not fault. */
  done: number;
  /** Memory, and so code: cases in a row share it. */
  readonly code: Set<readonly Patch[]>;
}

it('every row has at least 200 cases, of instructions of that row, or a reason why it has none', {
  timeout: 60_000,
}, () => {
  const counts = new Map<string, Count>();
  const processors = new Set<string>();
  const strays: string[] = [];
  for (const path of VECTOR_FILES) {
    const reader = openVectors(path);
    processors.add(reader.header.processor);
    for (const { row, vectors } of reader.rows()) {
      const count = counts.get(row) ?? { cases: 0, done: 0, code: new Set() };
      counts.set(row, count);
      for (const { case: c, outcome } of vectors) {
        if (firstInstruction(c)?.row.id === row) count.cases++;
        else strays.push(c.name);
        if (outcome.state.eip !== c.initial.eip) count.done++;
        count.code.add(c.patches);
      }
    }
  }
  expect(strays).toEqual([]);
  expect(processors.size).toBeGreaterThan(0);
  for (const name of processors) expect(name).toMatch(/^\S.* \(\S+ family \d+ model \d+ stepping \d+\)$/);
  const lacking = OPCODES.filter(({ id, mnemonic }) => {
    const count = counts.get(id);
    return NOT_FOR_HOST.has(mnemonic) ? count !== undefined : (count?.cases ?? 0) < ENOUGH || count!.code.size < 10;
  });
  expect(lacking.map(({ id }) => id)).toEqual([]);
  // Most rows do something, and do not only fault.
  const idle = [...counts].filter(([, { done }]) => done < ENOUGH / 2).map(([row]) => row);
  expect(idle).toMatchInlineSnapshot(`
    [
      "ins Yb,DX",
      "ins Yz,DX",
      "cli",
      "hlt",
      "in AL,Ib",
      "in eAX,Ib",
      "in AL,DX",
      "in eAX,DX",
      "invlpg M",
      "clts",
      "invd",
      "outs DX,Xb",
      "outs DX,Xz",
      "sti",
      "out Ib,AL",
      "out Ib,eAX",
      "out DX,AL",
      "out DX,eAX",
      "lldt Ew",
      "ltr Ew",
      "lgdt Ms",
      "lidt Ms",
      "lmsw Ew",
      "wbinvd",
      "mov Rd,Cd",
      "mov Rd,Dd",
      "mov Cd,Rd",
      "mov Dd,Rd",
      "wrmsr",
      "rdmsr",
      "ud2",
      "ud1 Gv,Ev",
      "ud0 Gv,Ev",
    ]
  `);
});
