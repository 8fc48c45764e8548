/** The monitor's commands on the bundled guest at its prompt. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../../src/index.ts';
import { runMonitorCommand } from '../../../src/vmm/monitor/commands.ts';
import { LineReader } from '../../../src/vmm/monitor/line-reader.ts';

let machine: Machine;
beforeAll(async () => {
  const kernel = readFileSync(new URL('../../../guests/cms/cms.elf', import.meta.url));
  const clock = { kind: 'deterministic', shift: 1 } as const;
  machine = createMachine({ kernel, memory: 32 * 2 ** 20, clock, engine: 'interpret' });
  await machine.runTo(3_000_000);
});
afterAll(() => machine.dispose());

test.each([
  ['info registers', /^EAX=[0-9a-f]{8}[\s\S]*CR3=00112000/],
  ['info status', /^VM status: running$/],
  ['info gdt', /^base 001001c8 limit 37\n0008: base 00000000 limit fffff pages DPL 0 code readable/],
  ['info idt', /^0e: 0008:[0-9a-f]{8} DPL 0 (interrupt|trap) gate 32$/m],
  ['info tlb', /^0010[0-9a-f]{4}: 0010[0-9a-f]{4} [-XGPDUW]{6}$/m],
  ['info mem', /^[0-9a-f]{8}-[0-9a-f]{8} [0-9a-f]{8} at [0-9a-f]{8}$/m],
  ['info pic', /^pic0: irr=\w\w imr=\w\w isr=\w\w\npic1:/],
  ['info jit', /^engine interpret\nretired\.total 3000000$/m],
  ['x/2i $eip', /^[0-9a-f]{8}: ([0-9a-f]{2} )+ .*\n[0-9a-f]{8}: /],
  ['x/4xw 0x1001c8', /^001001c8: 0x00000000 0x00000000 0x0000ffff 0x00cf9b00$/],
  ['xp /3xb 0x1001d0', /^001001d0: 0xff 0xff 0x00$/],
  ['x 0xfffff000', /cannot access memory at fffff000/],
  ['x/zz 1', /^format: /],
  ['x/i nowhere', /^address: /],
  ['help', /^system_reset/m],
  ['nonsense', /^unknown command: 'nonsense'/],
  ['info constructor', /^info: unknown: 'constructor'/],
  ['__proto__', /^unknown command/],
])('%s', (line, expected) => {
  expect(runMonitorCommand(machine, line)).toMatch(expected);
});

test('looking changes nothing', () => {
  const before = [...machine.inspect().tlb.entries].reduce((sum, entry) => sum + (entry === 0 ? 0 : 1), 0);
  for (const line of ['info mem', 'info tlb', 'x/400xw 0x40000000']) runMonitorCommand(machine, line);
  expect([...machine.inspect().tlb.entries].reduce((sum, entry) => sum + (entry === 0 ? 0 : 1), 0)).toBe(before);
});

test('lines without end are not kept', () => {
  const reader = new LineReader();
  for (let n = 0; n < 100; n++) expect(reader.read(new Uint8Array(65_536).fill(0x61))).toEqual([]);
  expect(reader.read(Uint8Array.of(10))[0]!.length).toBeLessThanOrEqual(1024);
  expect(reader.read(new TextEncoder().encode('ab\bc\r\n'))).toEqual(['ac']);
});
