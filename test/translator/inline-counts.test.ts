import { expect, it } from 'vitest';
import * as L from '../../src/cpu/layout.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { DEFAULT_TRANSLATOR_OPTIONS } from '../../src/translator/region.ts';
import { DATA, TranslatorSide } from '../support/engine-pair.ts';

it('counts sensitive instructions that are emulated inline, each time they complete', async () => {
  const side = new TranslatorSide(await loadBinaryen(), DEFAULT_TRANSLATOR_OPTIONS);
  // again: push ds; mov eax,ds; dec ecx; jnz again
  const bytes = Uint8Array.of(0x1e, 0x8c, 0xd8, 0x49, 0x75, 0xfa);
  const registers = new Int32Array(8);
  registers[1] = 7;
  registers[4] = DATA + 0x1000;
  side.run([{ bytes, blocks: [0], registers, eflags: 2 }], (_, run) => {
    expect(run().registers[0]).toBe(side.cpu.segSelector(3));
  });
  const count = (id: string) => side.cpu.s32[(L.INLINE_COUNTS >> 2) + OPCODES.findIndex((row) => row.id === id)];
  expect(count('push DS')).toBe(7);
  expect(count('mov Rv/Mw,Sw')).toBe(7);
  expect(count('push ES')).toBe(0);
});
