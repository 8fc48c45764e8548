/**
 * The guest programs of test/programs in both engines: each says what must come of it, by the manual; and both engines
 * must be in the same state all the way. test/e2e/programs-qemu.test.ts has QEMU judge them, too.
 */
import { describe, expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { imageOf, PROGRAMS, programNames } from '../support/assembled.ts';
import { describeImage, disappointments, IMAGE, LOG, parseLog } from '../support/guest-program.ts';
import { Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
/** Instructions between two comparisons, and runs after which a program is taken to hang. */
const STRIDE = 997;
const MOST = 3000;

describe('programs that say what must come of them', () => {
  const pair = new Lockstep(raw);

  test.each(programNames(PROGRAMS))('%s', (name) => {
    const image = imageOf(PROGRAMS, name);
    const { entry, logEnd, expected } = describeImage(image);
    pair.reset();
    pair.load(IMAGE, image);
    pair.each((cpu) => {
      cpu.eip = entry;
    });
    const before = Number(pair.engine.stats()['regions']);
    const { cpu } = pair.interpret;
    for (let n = 0; n < MOST && !cpu.halted && !cpu.shutdown; n++) {
      expect(pair.run(STRIDE), `after ${(n + 1) * STRIDE} instructions, at ${cpu.eip.toString(16)}`).toBeUndefined();
    }
    expect({ halted: cpu.halted, shutdown: cpu.shutdown, eip: cpu.eip.toString(16) }).toMatchObject({
      halted: true,
      shutdown: false,
    });
    for (const side of [pair.translate, pair.interpret]) {
      const log = parseLog(side.cpu.memory.readBytes(LOG, side.cpu.memory.read32(logEnd) - LOG));
      const words = expected.filter(({ kind }) => kind === 'holds');
      const held = words.map(({ words: [address] }) => side.cpu.memory.read32(address!) >>> 0);
      expect(disappointments(expected, log, held)).toEqual([]);
    }
    expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(before);
  });
});
