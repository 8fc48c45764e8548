/**
 * Small guests in assembly, each with what must come of it in the same file, in both engines. What they write down is told
 * in prelude.inc; a line ";cpu" names the processor, which is `max` otherwise; every round does the same, so that the translator has what it does translated by the last.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { selectCpuModel } from '../../src/vmm/cpu-selection.ts';
import { Lockstep } from '../support/lockstep.ts';

const FOLDER = import.meta.dirname;
const ADDRESS = 0x1_0000;
const LOG = 0x8_0000;
const MAX = 2_000_000;
const PAGE_FAULT = 14;
const NAMES: Readonly<Record<string, number>> = { PF: PAGE_FAULT };

const hasNasm = spawnSync('nasm', ['-v']).status === 0;
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

describe.skipIf(!hasNasm)('bare guests', () => {
  const pair = new Lockstep(raw);
  const folder = mkdtempSync(join(tmpdir(), 'bare-guests-'));
  const image = join(folder, 'image');
  afterAll(() => rmSync(folder, { recursive: true }));
  test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.asm')))('%s', (name) => {
    const source = readFileSync(`${FOLDER}/${name}`, 'utf8');
    const { stderr } = spawnSync('nasm', ['-f', 'bin', '-o', image, name], { cwd: FOLDER });
    expect(stderr.toString()).toBe('');
    const model = selectCpuModel(/^;cpu (.*)$/m.exec(source)?.[1] ?? 'max');
    pair.each((cpu) => {
      cpu.model = model;
    });
    pair.reset();
    pair.load(ADDRESS, readFileSync(image));
    pair.each((cpu) => {
      cpu.eip = ADDRESS;
    });
    expect(pair.run(MAX)).toBeUndefined();
    expect(written(pair)).toEqual(expected(source));
    expect(pair.interpret.cpu.halted).toBe(true);
    expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(0);
  });
});
