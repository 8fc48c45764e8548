// -initrd: a RAM disk for Linux, a list of modules for a Multiboot kernel.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openInitrd } from '../../src/cli/initrd.ts';
import { elf } from '../vmm/loaders/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'initrd-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const one = file('one', 'first');
const two = file('t,wo', 'second');
const open = (initrd: string | undefined, kernel?: Uint8Array) => openInitrd(initrd, kernel, 100, 'the limit');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

test('nothing, and one file for what is not Multiboot, whatever its name', () => {
  expect(open(undefined)).toEqual({});
  expect(open(two)).toEqual({ initrd: bytes('second'), initrdName: two });
  expect(open(one, new Uint8Array(100))).toEqual({ initrd: bytes('first'), initrdName: one });
});

test('modules with their arguments', () => {
  const doubled = two.replace(',', ',,');
  expect(open(`${one} a=1 b,${doubled},${one}`, elf())).toEqual({
    modules: [
      { bytes: bytes('first'), name: `${one} a=1 b` },
      { bytes: bytes('second'), name: two },
      { bytes: bytes('first'), name: one },
    ],
  });
});

test('what cannot be read is an error that names it', () => {
  expect(() => open(`${one},${join(folder, 'none')} x`, elf())).toThrow(/none/);
  expect(() => openInitrd(one, elf(), 3, 'three bytes')).toThrow(/one: larger than three bytes/);
});
