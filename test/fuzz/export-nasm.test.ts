/**
 * Cases as NASM source: what is assembled shows the case in this project's own machine, and in QEMU where that is
 * installed. Left out without nasm.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FuzzCase } from '../../fuzz/case.ts';
import { MODES } from '../../fuzz/case.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { exportNasm } from '../../fuzz/export-nasm.ts';
import { Generator } from '../../fuzz/generate/cases.ts';
import { plainCase, plainState } from '../../fuzz/plain-case.ts';
import { createMachine } from '../../src/index.ts';

const has = (program: string, option: string) => spawnSync(program, [option]).status === 0;
const nasm = has('nasm', '-v');
const qemu = nasm && has('qemu-system-i386', '--version');
const folder = mkdtempSync(join(tmpdir(), 'transvisor-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (code: string) => Buffer.from(code.replaceAll(' ', ''), 'hex');

/** Assembles a case without a warning. */
function assembled(c: FuzzCase): string {
  const image = join(folder, 'case.bin');
  writeFileSync(join(folder, 'case.asm'), exportNasm(c));
  const { stderr, status } = spawnSync('nasm', ['-f', 'bin', '-o', image, join(folder, 'case.asm')], {
    encoding: 'utf8',
  });
  expect([stderr, status]).toEqual(['', 0]);
  return image;
}

function inQemu(c: FuzzCase): string {
  const image = assembled(c);
  const options = ['-serial', 'stdio', '-display', 'none', '-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4'];
  const run = spawnSync('qemu-system-i386', ['-kernel', image, '-cpu', 'max', ...options], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return run.stdout;
}

async function inOwnMachine(c: FuzzCase): Promise<string> {
  const machine = createMachine({ memory: 8 << 20, kernel: readFileSync(assembled(c)), engine: 'interpret' });
  let report = '';
  machine.on('serial', ({ bytes }) => {
    report += Buffer.from(bytes).toString('latin1');
  });
  await machine.run();
  machine.dispose();
  return report;
}

const MACHINES: readonly (readonly [string, (c: FuzzCase) => string | Promise<string>])[] = [
  ["this project's machine", inOwnMachine],
  ...(qemu ? [['QEMU', inQemu] as const] : []),
];

/** The registers of a report, by name. */
function registers(report: string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [, name, digits] of report.matchAll(/\b([a-z]\w+) ([0-9A-F]{8})\b/g))
    out[name!] = Number.parseInt(digits!, 16);
  return out;
}

/** What the report of a case says where it ends at the INT3 behind the code. */
function expected(c: FuzzCase): Record<string, number> {
  const { state } = new InterpreterOracle().one(c)!;
  const [eax, ecx, edx, ebx, esp, ebp, esi, edi] = state.gpr as [number, ...number[]];
  const [es, cs, ss, ds, fs, gs] = state.segments.map(({ selector }) => selector);
  return { eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs } as Record<string, number>;
}

const CODE = '01 c8 41 c1 e2 03 d9 e8'; // add eax, ecx; inc ecx; shl edx, 3; fld1

describe.skipIf(!nasm)('a case as NASM source', () => {
  it('lists the code and says what is left out', () => {
    const c = { ...plainCase('protected32', bytes(CODE)), interrupts: [{ after: 1, vector: 32 }] };
    const text = exportNasm({ ...c, name: 'two\nlines' });
    expect(text).toMatch(/^; Case two lines: protected32, level 0, no paging/);
    expect(text).toContain(';   00010000  add eax,ecx');
    expect(text).toContain('; Note: interrupts are not requested.');
  });

  it('assembles whatever the generators make', () => {
    const generator = new Generator({ seed: 4, profiles: ['single', 'sequence'], modes: MODES, only: undefined });
    for (let n = 0; n < 12; n++) assembled(generator.make(n * 16));
  });

  describe.each(MACHINES)('in %s', (_, shown) => {
    it.each(MODES)('shows what the interpreter does: %s', async (mode) => {
      const c = plainCase(mode, bytes(CODE));
      const report = await shown(c);
      expect(registers(report)).toMatchObject({ vector: 3, ...expected(c), fsw: 0x3800 });
      expect(report).toContain('st0 00003FFF 80000000 00000000');
      expect(report).toMatch(/\bend\r\n$/);
    });

    it('shows an exception of level 3, with paging', async () => {
      const base = plainState('protected32');
      const selectors = [0x2b, 0x23, 0x2b, 0x2b, 0, 0x2b];
      const segments = base.segments.map((s, n) => {
        if (n === 4) return { selector: 0, base: 0, limit: 0, attributes: 0 };
        return n < 6
          ? { ...s, selector: selectors[n]!, attributes: s.attributes | 0x6000 }
          : { ...s, selector: (n + 2) * 8, base: 0x3000 };
      });
      const c = plainCase('protected32', bytes('40 c7 05 00 50 70 00 01 00 00 00'), {
        segments,
        cpl: 3,
        cr0: 0x8000_0031,
        cr3: 0x6000,
      });
      const words = (at: number, values: readonly number[]) => ({
        at,
        bytes: new Uint8Array(Int32Array.from(values).buffer),
      });
      const tables = [
        words(0x6000, [0x7007]),
        words(
          0x7000,
          Array.from({ length: 256 }, (_, n) => (n << 12) | 7),
        ),
      ];
      const report = registers(await shown({ ...c, patches: [...c.patches, ...tables] }));
      expect(report).toMatchObject({
        vector: 14,
        error: 6,
        cr2: 0x70_5000,
        eax: 2,
        eip: 0x1_0001,
        cs: 0x23,
        ss: 0x2b,
        esp: 0x4_f000,
      });
    });
  });
});
