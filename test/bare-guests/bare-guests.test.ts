/**
 * Small guests in assembly, each with what must come of it in the same file, in both engines. What they write down is told
 * in prelude.inc; a line ";cpu" names the processor, which is `max` otherwise; every round does the same, so that the translator has what it does translated by the last.
 */
import { expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { selectCpuModel } from '../../src/vmm/cpu-selection.ts';
import { BARE_GUESTS, imageOf, programNames, sourceOf } from '../support/assembled.ts';
import { Lockstep } from '../support/lockstep.ts';

const ADDRESS = 0x1_0000;
const LOG = 0x8_0000;
const MAX = 2_000_000;
const PAGE_FAULT = 14;
const NAMES: Readonly<Record<string, number>> = { PF: PAGE_FAULT };

const raw = await loadBinaryen();

/** What a guest's lines of ";=" say. */
function expected(source: string): string[] {
  const lines = [...source.matchAll(/;=(.*)$/gm)].map((match) => match[1] ?? '');
  return lines.join(' ').trim().split(/\s+/);
}

/** The words that a guest wrote down, in the same form. */
function written(pair: Lockstep): string[] {
  const { memory } = pair.interpret.cpu;
  const word = (at: number) => memory.read32(at) >>> 0;
  const found: string[] = [];
  for (let at = LOG + 4; at < word(LOG); at += 4) {
    const vector = word(at) & 0xff;
    if (word(at) >>> 8 !== 0xee) found.push(word(at).toString(16));
    else {
      at += 4;
      const name = Object.keys(NAMES).find((each) => NAMES[each] === vector) ?? vector;
      let text = `#${name}(${word(at).toString(16)})`;
      if (vector === PAGE_FAULT) {
        at += 4;
        text += `@${word(at).toString(16)}`;
      }
      found.push(text);
    }
  }
  return found;
}

const pair = new Lockstep(raw);

test.each(programNames(BARE_GUESTS))('%s', (name) => {
  const source = sourceOf(BARE_GUESTS, name);
  const model = selectCpuModel(/^;cpu (.*)$/m.exec(source)?.[1] ?? 'max');
  pair.each((cpu) => {
    cpu.model = model;
  });
  pair.reset();
  pair.load(ADDRESS, imageOf(BARE_GUESTS, name));
  pair.each((cpu) => {
    cpu.eip = ADDRESS;
  });
  expect(pair.run(MAX)).toBeUndefined();
  expect(written(pair)).toEqual(expected(source));
  expect(pair.interpret.cpu.halted).toBe(true);
  expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(0);
});
