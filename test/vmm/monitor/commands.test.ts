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
  ['x/i nowhere', /^'nowhere': no number, register or operator$/],
  ['x/4x', /^address: /],
  ['info cpus', /^\* CPU #0: eip=0x[0-9a-f]{8}/],
  ['info pci', /device {3}0, function 0:\n {4}Host bridge: PCI device 8086:1237/],
  ['info pci', /VGA controller: PCI device 1234:1111/],
  ['info mtree', /^00000000-0009ffff: ram\n000a0000-000bffff: device\n/],
  ['info vga', /^\d+x\d+, /],
  ['info mice', /^keyboard: enabled, scan code set 2/],
  ['info snapshots', /no snapshot/],
  ['p/x 2+3*4', /^0xe$/],
  ['p/d -(1<<4)', /^-16$/],
  ['print $eip & 0', /^0x0$/],
  ['p 1/0', /^division by zero$/],
  ['p (1', /^'\)' is missing$/],
  ['p 1 1', /^'1': not expected here$/],
  ['p $nothing', /no such register/],
  [`p ${'('.repeat(150)}`, /missing/],
  ['xp /1xw 0x1001cc+4', /^001001d0: 0x0000ffff$/],
  ['sendkey a-zz', /^unknown key: 'zz'$/],
  ['sendkey a 0', /^hold time 0: must be/],
  ['mouse_move 1', /^dy '': must be a whole number$/],
  ['mouse_button left', /^state 'left'/],
  ['screendump', /^screendump: to which file/],
  ['screendump x.png', /^pictures cannot be written here$/],
  ['eject cd', /^no drive 'cd'/],
  ['change cd', /^no drive 'cd'/],
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

test('pictures go where the host puts them; its errors are lines', () => {
  const seen: string[] = [];
  const savePicture = (frame: { width: number }, path: string) => {
    if (path === 'bad') throw new Error('bad: permission denied');
    seen.push(`${path} ${frame.width}`);
  };
  expect(runMonitorCommand(machine, 'screendump a picture.png', { savePicture })).toBe('');
  expect(runMonitorCommand(machine, 'screendump bad', { savePicture })).toBe('bad: permission denied');
  expect(seen).toEqual([expect.stringMatching(/^a picture\.png \d+$/)]);
});

test('keys and mouse are input, told with their moment', () => {
  const entries: string[] = [];
  const off = machine.on('input', ({ port, bytes }) => entries.push(`${port}: ${[...bytes]}`));
  expect(runMonitorCommand(machine, 'sendkey ctrl-alt-delete')).toBe('');
  expect(runMonitorCommand(machine, 'sendkey 0x1e 7')).toBe('');
  expect(runMonitorCommand(machine, 'mouse_move 3 -1')).toBe('');
  expect(runMonitorCommand(machine, 'mouse_button 4')).toBe('');
  expect(runMonitorCommand(machine, 'system_powerdown')).toBe('');
  off();
  expect(entries).toEqual([
    '2: 29,2,100,0,56,2,100,0,211,2,100,0',
    '2: 30,2,7,0',
    '3: 0,3,0,1,0,0,0',
    '3: 2,0,0,0,0,0,0',
    '4: 1',
  ]);
});

test('media are changed where the host can open the image, and stay where not', () => {
  const inserted: (string | undefined)[] = [];
  let locked = false;
  const drive = {
    name: 'cd',
    backend: undefined,
    eject: (force: boolean) => force || !locked,
    insert: () => {},
  };
  const fake = Object.create(machine, { media: { value: () => [drive] } }) as Machine;
  const insertMedium = ({ name }: { name: string }, path: string) => {
    if (path === 'none') throw new Error('none: no such file');
    inserted.push(`${name} ${path}`);
  };
  expect(runMonitorCommand(fake, 'info block')).toBe('cd: [not inserted]');
  expect(runMonitorCommand(fake, 'change cd a file.iso', { insertMedium })).toBe('');
  expect(runMonitorCommand(fake, 'change cd none', { insertMedium })).toBe('none: no such file');
  expect(runMonitorCommand(fake, 'change hd x', { insertMedium })).toBe("no drive 'hd' with a medium (cd)");
  expect(inserted).toEqual(['cd a file.iso']);
  locked = true;
  expect(runMonitorCommand(fake, 'eject cd')).toBe("drive 'cd' is locked");
  expect(runMonitorCommand(fake, 'eject -f cd')).toBe('');
});

test('a machine without a display adapter says so', () => {
  const bare = createMachine({ memory: 2 << 20, vga: 'none', engine: 'interpret' });
  expect(bare.screen).toBeUndefined();
  expect(bare.devices().mmio.claims(0xa0)).toBe(false);
  expect(runMonitorCommand(bare, 'info vga')).toBe('no display adapter');
  expect(runMonitorCommand(bare, 'info pci')).not.toContain('1234:1111');
  expect(runMonitorCommand(bare, 'screendump x', { savePicture: () => {} })).toBe('there is no display adapter');
  bare.dispose();
});
