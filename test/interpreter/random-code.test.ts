/**
 * Whatever bytes a guest executes, in whatever mode: the interpreter neither throws nor hangs, and the
 * count stays exact.
 */
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { CR0, CR3, CR4, IDTR_LIMIT } from '../../src/cpu/layout.ts';
import { Interpreter } from '../../src/interpreter/interpreter.ts';
import type { Mode } from '../support/bare-cpu.ts';
import { bareCpu } from '../support/bare-cpu.ts';
import { Random } from '../support/integer-host/cases.ts';

const BYTES = 0x4000;
const START = 0x8000;

/** Opcode bytes that lead into the rest of the table more often than chance would. */
const COMMON = [
  0x0f, 0x66, 0x67, 0xf2, 0xf3, 0xd8, 0xd9, 0xdb, 0xdd, 0xdf, 0x8e, 0x8b, 0x89, 0xff, 0xa4, 0xcd, 0xcf, 0x9d,
];

function fill(cpu: Cpu, random: Random): void {
  const code = new Uint8Array(BYTES);
  for (let k = 0; k < BYTES; k++)
    code[k] = random.below(3) === 0 ? (COMMON[random.below(COMMON.length)] ?? 0) : random.below(256);
  cpu.memory.writeBytes(START, code);
  const table = new Uint8Array(0x800);
  for (let k = 0; k < table.length; k++) table[k] = random.below(256);
  cpu.memory.writeBytes(0, table);
  // Real-mode vectors that lead back into the bytes.
  for (let v = 0; v < 64; v++) cpu.memory.write32(v * 4, START + random.below(BYTES));
  for (let r = 0; r < 8; r++) cpu.gpr[r] = random.below(2) === 0 ? START + random.below(BYTES) : random.value();
  cpu.eflags = 2 | (random.next() & 0x4_7fd5);
}

/** Runs one program; what the guest does to itself is its own affair. */
function runRandom(mode: Mode, seed: number): void {
  const random = new Random(seed);
  const cpu = bareCpu(mode);
  fill(cpu, random);
  cpu.s32[IDTR_LIMIT >> 2] = 0x3ff;
  if (random.below(3) === 0 && mode === 'flat32') {
    // Random page tables on top.
    for (let k = 0; k < 64; k++) cpu.memory.write32(0x6000 + k * 4, (k << 12) | random.below(8));
    cpu.memory.write32(0x5000, 0x6007);
    cpu.s32[CR3 >> 2] = 0x5000;
    cpu.s32[CR4 >> 2] = random.below(2) << 4;
    cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | (1 << 31);
    cpu.tlb.flush(false);
  }
  const interpreter = new Interpreter(cpu);
  for (let turn = 0; turn < 40; turn++) {
    cpu.eip = START + random.below(BYTES);
    cpu.halted = false;
    cpu.shutdown = false;
    const budget = 1 + random.below(60);
    const before = interpreter.retired;
    cpu.remaining = budget;
    interpreter.run();
    expect(cpu.remaining).toBeGreaterThanOrEqual(0);
    expect(interpreter.retired - before).toBe(budget - cpu.remaining);
  }
}

describe('random bytes as code', () => {
  it.each(['real', 'flat32', 'flat16'] as const)('%s', (mode) => {
    for (let seed = 1; seed <= 20; seed++) runRandom(mode, seed * 7919);
  });
});
