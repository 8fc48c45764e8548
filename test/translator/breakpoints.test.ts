/**
 * Random breakpoints over hot code, in both engines: instruction and data breakpoints come and go in a page whose code is
 * translated, and the same exceptions come at the same counts.
 */
import { expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { DR } from '../../src/cpu/layout.ts';
import { EBX, ESI, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { IDT, Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const HANDLER = 0x3000;
const DATA = 0x6_0000;

/** A small generator, the same each time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

test('breakpoints that come and go in hot code', () => {
  const pair = new Lockstep(raw, { threshold: 3 });
  // A loop of loads, stores, a call, a repeated store; the handler counts in EBX and sets RF in what it returns to.
  const loop = parseCodeText(
    'again: 8b 06 40 89 06 ff 46 04 e8 >>f 66 89 46 09 8d 7e 20 b9 03 00 00 00 f3 ab eb >again f: 88 46 0c 50 58 c3',
  );
  pair.load(loop.address, loop.bytes);
  pair.load(HANDLER, parseCodeText(`address ${HANDLER}\n43 81 4c 24 08 00 00 01 00 cf`).bytes);
  pair.handleFaults(HANDLER);
  pair.each((cpu) => {
    cpu.eip = loop.address;
    cpu.gpr[ESI] = DATA;
    cpu.gpr[ESP] = 0x7_0000;
  });
  expect(pair.run(3000)).toBeUndefined();
  const next = random(7);
  let before = 0;
  let caught = 0;
  for (let round = 0; round < 150; round++) {
    const dr7 = (next(2) ? 0 : next(0x100)) | 0x400 | (next(0x10000) << 16);
    const addresses = [0, 1, 2, 3].map(() =>
      next(3) === 0 ? DATA + next(0x30) : loop.address + next(loop.bytes.length),
    );
    pair.each((cpu) => {
      addresses.forEach((address, n) => {
        cpu.s32[(DR >> 2) + n] = address;
      });
      cpu.s32[(DR >> 2) + 7] = dr7;
      cpu.breakpoints.changed();
    });
    for (const count of [1 + next(40), 200 + next(1000)]) {
      expect(pair.run(count), `round ${round}, DR7 ${dr7.toString(16)}`).toBeUndefined();
    }
    const handled = pair.interpret.cpu.gpr[EBX]!;
    if (handled !== before) caught++;
    before = handled;
  }
  expect(caught).toBeGreaterThan(30);
  expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(10);
  expect(pair.interpret.cpu.memory.read32(IDT)).not.toBe(0);
});
