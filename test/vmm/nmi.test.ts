/**
 * NMI: taken whatever IF, at the same boundary in both engines; not behind STI, MOV SS and POP SS; one while another is handled
 * waits for an IRET; HLT ends by it. SDM vol. 3 section 6.7.
 */
import { describe, expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { EAX, EBX, ECX, ESP } from '../../src/cpu/registers.ts';
import { deliverNmi } from '../../src/cpu/system/interrupts.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { CODE_SELECTOR, IDT, Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const HANDLER = 0x3000;
const STACK = 0x7_0000;

/** A loop, and a handler of NMI; `INC EBX` counts handlers. */
function start(loop: string, handler: string): Lockstep {
  const pair = new Lockstep(raw);
  const { bytes, address } = parseCodeText(loop);
  pair.load(address, bytes);
  pair.load(HANDLER, parseCodeText(`address ${HANDLER}\n${handler}`).bytes);
  pair.load(IDT + 2 * 8, new Uint8Array(Int32Array.of((CODE_SELECTOR << 16) | HANDLER, 0x8e00).buffer));
  pair.each((cpu) => {
    cpu.eip = address;
    cpu.gpr[ESP] = STACK;
  });
  return pair;
}

/** Runs both, and takes NMI where the vCPU loop would. */
function run(pair: Lockstep, count: number): void {
  for (const { cpu, engine } of [pair.translate, pair.interpret]) {
    cpu.remaining = count;
    for (let turns = 0; cpu.remaining > 0 && turns < 1000; turns++) {
      if (cpu.nmiReady) deliverNmi(cpu);
      if (cpu.halted) break;
      engine.run();
    }
  }
  expect(pair.difference()).toBeUndefined();
}

const request = (pair: Lockstep) =>
  pair.each((cpu) => {
    cpu.nmiPending = true;
  });

describe('NMI', () => {
  test('comes with interrupts off, in the middle of hot code, once for each request', () => {
    const pair = start('again: 40 eb >again', '43 cf');
    run(pair, 10_000);
    for (let n = 1; n <= 20; n++) {
      request(pair);
      run(pair, 101);
      expect(pair.interpret.cpu.gpr[EBX]).toBe(n);
    }
    expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(0);
  });

  test('a second one waits until the first is handled: until IRET, also in translated code', () => {
    // The handler counts, loops 50 times, and returns.
    const pair = start('again: 40 eb >again', '43 b9 32 00 00 00 wait: 49 75 >wait cf');
    run(pair, 10_000);
    for (let n = 0; n < 10; n++) {
      request(pair);
      run(pair, 20);
      expect([pair.interpret.cpu.nmiBlocked, pair.interpret.cpu.gpr[EBX]]).toEqual([true, n * 2 + 1]);
      request(pair);
      run(pair, 60);
      expect([pair.interpret.cpu.nmiPending, pair.interpret.cpu.gpr[EBX]]).toEqual([true, n * 2 + 1]);
      run(pair, 200);
      expect([pair.interpret.cpu.nmiPending, pair.interpret.cpu.gpr[EBX]]).toEqual([false, n * 2 + 2]);
      run(pair, 1000);
      expect(pair.interpret.cpu.nmiBlocked).toBe(false);
    }
  });

  test.each([
    ['MOV SS', '8c d2 8e d2'],
    ['POP SS', '16 17'],
    ['STI', 'fa fb'],
  ])('not behind %s', (_what, code) => {
    // What follows counts in ECX; the handler keeps the count at which it came.
    const pair = start(`${code} 41 41 41 eb fe`, '89 c8 43 cf');
    for (let instructions = 0; pair.interpret.cpu.interruptShadow === false; instructions++) {
      expect(instructions).toBeLessThan(5);
      run(pair, 1);
    }
    request(pair);
    run(pair, 3);
    expect([pair.interpret.cpu.gpr[EBX], pair.interpret.cpu.gpr[EAX], pair.interpret.cpu.gpr[ECX]]).toEqual([1, 1, 1]);
  });

  test('wakes from HLT', () => {
    const pair = start('f4 eb fe', '43 cf');
    run(pair, 10);
    expect(pair.interpret.cpu.halted).toBe(true);
    request(pair);
    run(pair, 10);
    expect([pair.interpret.cpu.halted, pair.interpret.cpu.gpr[EBX]]).toEqual([false, 1]);
  });
});
