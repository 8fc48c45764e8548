import { describe, expect, it } from 'vitest';
import { parseContestant, requireDifferent } from '../../bench/contestant.ts';
import { splitWords } from '../../bench/words.ts';

describe('a contestant', () => {
  it.each([
    ['ours', { name: 'ours', kind: 'ours', switches: [] }],
    ['v86', { name: 'v86', kind: 'v86', switches: [] }],
    ['slow:--max-region 1', { name: 'slow', kind: 'ours', switches: ['--max-region', '1'] }],
    [
      'icount=qemu:-icount shift=0,sleep=off',
      { name: 'icount', kind: 'qemu', switches: ['-icount', 'shift=0,sleep=off'] },
    ],
    ['qemu:-cpu pentium3', { name: 'qemu', kind: 'qemu', switches: ['-cpu', 'pentium3'] }],
    ['ours:-icount shift=1', { name: 'ours', kind: 'ours', switches: ['-icount', 'shift=1'] }],
    ['old=../old/bin/transvisor', { name: 'old', kind: 'other', path: '../old/bin/transvisor', switches: [] }],
    ['b=built:-append "a b"', { name: 'b', kind: 'built', switches: ['-append', 'a b'] }],
  ])('%s', (text, contestant) => {
    expect(parseContestant(text)).toEqual(contestant);
  });

  it.each([
    ['', /must be NAME/],
    ['a b', /must be NAME/],
    ['nobody', /none of ours, built, v86, qemu, native/],
    ['x=bochs', /'bochs' is none of/],
    ['native:-x', /native takes no switches/],
    ['slow:"-x', /a " without its end/],
  ])('%s is none', (text, message) => {
    expect(() => parseContestant(text)).toThrow(message);
  });

  it('has a name of its own', () => {
    const two = [parseContestant('ours'), parseContestant('ours:--no-chain')];
    expect(() => requireDifferent(two)).toThrow(/'ours': given twice/);
  });

  it('has switches as a shell would take them apart', () => {
    expect(splitWords(` -a  'b "c' "d e"f '' `)).toEqual(['-a', 'b "c', 'd ef', '']);
  });
});
