/** Pass "dead-flags": what it takes away, and above all what it must keep. */
import { describe, expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { plainMode, regionsOfCode } from '../../src/translator/code-regions.ts';
import { liftRegion } from '../../src/translator/pipeline.ts';
import { DEFAULT_TRANSLATOR_OPTIONS } from '../../src/translator/region.ts';

/** For each instruction of the first region of `text`, in order: the flag statements that are left. */
function flagsLeft(text: string): string[][] {
  const { bytes, address, labels } = parseCodeText(text);
  const [request] = regionsOfCode({ bytes, address, mode: plainMode(true), leaders: [...labels.values()] }, 32);
  const out: string[][] = [];
  for (const block of liftRegion(request!, DEFAULT_TRANSLATOR_OPTIONS)) {
    for (const s of block.stmts) {
      if (s.k === 'insn') out.push([]);
      if (s.k === 'flags' || s.k === 'override' || s.k === 'flagsif') out.at(-1)!.push(s.k);
    }
  }
  return out;
}

describe('dead-flags', () => {
  test('the last of several additions is enough', () => {
    expect(flagsLeft('01 d8  01 d8  01 d8  c3')).toEqual([[], [], ['flags'], []]);
  });

  test('an exit sees the flags', () => {
    expect(flagsLeft('01 d8 eb 10')).toEqual([['flags'], []]);
    expect(flagsLeft('01 d8 ff e0')).toEqual([['flags'], []]);
    expect(flagsLeft('01 d8 cd 80')).toEqual([['flags'], []]);
  });

  test('a memory access may leave the region, so the flags before it are seen', () => {
    expect(flagsLeft('01 d8  8b 0b  01 d8  eb 10')).toEqual([['flags'], [], ['flags'], []]);
  });

  test('so may a division, and a callout', () => {
    expect(flagsLeft('01 d8  f7 f3  01 d8  eb 10')).toEqual([['flags'], [], ['flags'], []]);
    expect(flagsLeft('01 d8  0f a2  01 d8  eb 10')).toEqual([['flags'], [], ['flags'], []]);
  });

  test('an instruction that reads one flag keeps all of them', () => {
    expect(flagsLeft('39 d8  0f 92 c1  01 d8  eb 10')).toEqual([['flags'], [], ['flags'], []]);
    // inc keeps CF: what it reads is alive before it.
    expect(flagsLeft('39 d8  40  eb 10')).toEqual([['flags'], ['flags'], []]);
    expect(flagsLeft('39 d8  40  01 d8  eb 10')).toEqual([[], [], ['flags'], []]);
  });

  test('a shift by CL may change nothing, so the flags before it stay', () => {
    expect(flagsLeft('01 d8  d3 e0  eb 10')).toEqual([['flags'], ['flagsif'], []]);
    expect(flagsLeft('01 d8  d1 e0  eb 10')).toEqual([[], ['flags'], []]);
  });

  test('an override does not hide the flags before it', () => {
    expect(flagsLeft('01 d8  f9  eb 10')).toEqual([['flags'], ['override'], []]);
    expect(flagsLeft('f9  01 d8  eb 10')).toEqual([[], ['flags'], []]);
  });

  test('over block boundaries: dead where every way writes first', () => {
    // cmp; je a; add; jmp b; a: sub; b: or
    const text = '39 d8 74 >a  01 d8 eb >b  a: 29 d8  b: 09 d8 eb 20';
    expect(flagsLeft(text)).toEqual([['flags'], [], [], [], [], ['flags'], []]);
  });

  test('alive where one way reads', () => {
    const text = '01 d9 85 db 75 >a  29 c8 eb >b  a: 0f 94 c2  b: 09 d8 eb 20';
    expect(flagsLeft(text)[1]).toEqual(['flags']);
  });

  test('a loop header may leave for want of budget: the flags are seen there', () => {
    // add; loop: dec ecx; jne loop. The add's flags are seen when the loop leaves at once.
    expect(flagsLeft('01 d8  l: 49  75 >l  eb 10')[0]).toEqual(['flags']);
  });

  test('temporaries that only dead flags used go with them', () => {
    const { bytes, address } = parseCodeText('c1 e0 05  31 c0  eb 10');
    const [request] = regionsOfCode({ bytes, address, mode: plainMode(true) }, 32);
    const count = (noPass: string[]) =>
      liftRegion(request!, { ...DEFAULT_TRANSLATOR_OPTIONS, noPass })[0]!.stmts.filter((s) => s.k === 'tmp').length;
    expect(count([])).toBeLessThan(count(['dead-flags']));
  });
});
