/** gdb's stub: packets, registers, memory, points. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { framePacket, fromHex, PacketReader, toHex } from '../../../src/vmm/gdb/packet.ts';
import { REGISTERS } from '../../../src/vmm/gdb/registers.ts';
import { GdbSession, latin1, le } from './gdb-session.ts';

describe.each(['interpret', 'translate'] as const)('engine %s', (engine) => {
  let s: GdbSession;
  beforeAll(() => {
    s = new GdbSession(engine);
  });
  afterAll(() => s.machine.dispose());

  test('what it can do', () => {
    expect(s.ask('qSupported:multiprocess+')).toMatch(/PacketSize=4000;qXfer:features:read\+/);
    expect(s.ask('?')).toBe('T05thread:1;');
    const xml = s.ask('qXfer:features:read:target.xml:0,1fff')!;
    expect(xml).toMatch(/^l<\?xml.*org\.gnu\.gdb\.i386\.core.*org\.gnu\.gdb\.i386\.sse/);
    expect(s.ask('qXfer:features:read:other.xml:0,fff')).toBe('E00');
    expect(s.ask('vMustReplyEmpty')).toBe('');
  });

  test('registers and memory, read and written', () => {
    expect(s.ask('g')).toHaveLength(2 * REGISTERS.reduce((sum, { size }) => sum + size, 0));
    expect(s.ask(`P3=${le(0x1234_5678)}`)).toBe('OK');
    expect(s.register('ebx')).toBe(0x1234_5678);
    expect(s.ask('M8000,4:01020304')).toBe('OK');
    expect(s.ask('m8000,4')).toBe('01020304');
    expect(s.ask('X8001,2:\x7f#')).toBe('OK');
    expect(s.ask('m8000,4')).toBe('017f2304');
    expect(s.ask('mf0000000,4')).toBe('E14');
    // CS takes code of the current level only.
    expect(s.ask(`Pa=${le(0x33)}`)).toBe('E22');
    expect(s.ask('qRcmd,696e666f20737461747573')).toBe(toHex(latin1('VM status: paused\n')));
  });

  test('registers that do not take everything', () => {
    const cs = s.register('cs');
    // Another level, beyond the table, data, null: CS takes none of them; SS no code.
    for (const selector of [cs | 3, 0xfff8, s.register('ss'), 0, 0x1_0000]) expect(s.set('cs', selector)).toBe('E22');
    expect(s.set('ss', cs)).toBe('E22');
    expect(s.register('cs')).toBe(cs);
    expect(s.set('gs', 0)).toBe('OK');
    expect(s.register('gs')).toBe(0);
    expect(s.set('gs', s.register('ds'))).toBe('OK');
    expect(s.machine.inspect().segLimit(5)).toBe(-1);
    // Paging without protection.
    expect(s.set('cr0', 0x8000_0000)).toBe('E22');
    expect(s.set('cr0', s.register('cr0') | 2)).toBe('OK');
    expect(s.register('cr0') & 2).toBe(2);
    expect(s.set('cr4', 0x8000_0000)).toBe('E22');
    expect(s.set('cr2', 0x1234)).toBe('OK');
    expect(s.set('efer', 0)).toBe('E22');
    expect(s.set('mxcsr', 0x1_0000)).toBe('E22');
    expect(s.set('mxcsr', 0x1f80)).toBe('OK');
    const flags = s.register('eflags');
    expect(s.set('eflags', -1)).toBe('OK');
    // Neither VM nor what is reserved.
    expect(s.register('eflags')).toBe(0x003d_7fd7);
    expect(s.set('eflags', flags)).toBe('OK');
    expect(s.ask('pffff')).toBe('E22');
    expect(s.ask('P8=00')).toBe('E22');
    expect(s.ask('G00')).toBe('OK');
  });

  test('x87 registers', () => {
    expect(s.set('fstat', 0x3800)).toBe('OK');
    expect(s.set('ftag', 0x3fff)).toBe('OK');
    // st0 is R7 now.
    const pi = '35c26821a2da0fc90040';
    expect(s.ask(`P10=${pi}`)).toBe('OK');
    expect(s.ask('p10')).toBe(pi);
    expect(s.register('ftag')).toBe(0x3fff);
    expect(s.ask('P10=00000000000000000000')).toBe('OK');
    expect(s.register('ftag')).toBe(0x7fff);
    expect(s.set('ftag', 0xffff)).toBe('OK');
    expect(s.set('fstat', 0)).toBe('OK');
    expect(s.set('fctrl', 0x37f)).toBe('OK');
    expect(s.register('fctrl')).toBe(0x37f);
  });

  test('physical memory, and long answers of the monitor', async () => {
    expect(s.ask('qqemu.PhyMemMode')).toBe('0');
    // The guest maps the low megabytes as they are; beyond its RAM there is nothing to map.
    await Promise.race([s.go('c'), new Promise((resolve) => setTimeout(resolve, 300))]);
    s.raw('\x03');
    expect(s.register('cr0') >>> 31).toBe(1);
    expect(s.ask('mfec00000,4')).toBe('E14');
    expect(s.ask('Qqemu.PhyMemMode:1')).toBe('OK');
    expect(s.ask('mfec00000,4')).toBe('ffffffff');
    expect(s.ask('M9000,2:abcd')).toBe('OK');
    expect(s.ask('m9000,2')).toBe('abcd');
    expect(s.ask('Qqemu.PhyMemMode:0')).toBe('OK');
    expect(s.command('info status')).toBe('VM status: paused\n');
    expect(s.command('x/4000xb 0x100000').split('\n')).toHaveLength(251);
    expect(s.command('nonsense')).toMatch(/^unknown command/);
  });

  test('single steps, breakpoints and watchpoints', async () => {
    const start = s.register('eip');
    expect(await s.go('s')).toBe('T05thread:1;');
    expect(s.register('eip')).not.toBe(start);
    const eips: number[] = [];
    for (let n = 0; n < 40; n++) {
      s.ask('s');
      eips.push(s.register('eip'));
    }
    // Further on, at an instruction that is executed for the first time there.
    const target = eips.at(-1)! + 0;
    expect(s.ask(`Z0,${target.toString(16)},1`)).toBe('OK');
    const stop = await Promise.race([s.go('c'), new Promise<string>((resolve) => setTimeout(resolve, 300, 'ran on'))]);
    if (stop === 'ran on') s.raw('\x03');
    else expect(s.register('eip')).toBe(target);
    expect(s.ask(`z0,${target.toString(16)},1`)).toBe('OK');
    // The stack is written before long.
    const top = (s.register('esp') - 16) >>> 0;
    expect(s.ask(`Z2,${top.toString(16)},10`)).toBe('OK');
    s.machine.sendSerial('help\r');
    expect(await s.go('c')).toBe(`T05watch:${top.toString(16)};thread:1;`);
    expect(s.ask(`z2,${top.toString(16)},10`)).toBe('OK');
  }, 30_000);

  test('Ctrl-C stops a running guest; a stopped one retires nothing', async () => {
    s.raw(framePacket('c'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(s.raw('\x03')).toEqual(['T02thread:1;']);
    const before = s.machine.stats();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(s.machine.stats().retired).toEqual(before.retired);
    expect(s.machine.stats().guestMs).toBe(before.guestMs);
  });
});

test('a gdb that asks for it is told which kind of breakpoint it was', async () => {
  const s = new GdbSession('interpret');
  s.ask('qSupported:swbreak+;hwbreak+');
  for (let n = 0; n < 3; n++) s.ask('s');
  // The same instruction of a loop, or one that comes soon: wherever the guest is in a thousand instructions.
  const seen = new Set<number>();
  let again = 0;
  for (let n = 0; n < 100_000 && again === 0; n++) {
    s.ask('s');
    const eip = s.register('eip');
    if (seen.has(eip)) again = eip;
    seen.add(eip);
  }
  for (const [kind, reply] of [
    [0, 'swbreak'],
    [1, 'hwbreak'],
  ]) {
    expect(s.ask(`Z${kind},${again.toString(16)},1`)).toBe('OK');
    expect(await s.go('c')).toBe(`T05${reply}:;thread:1;`);
    expect(s.ask('?')).toBe(`T05${reply}:;thread:1;`);
    expect(s.ask(`z${kind},${again.toString(16)},1`)).toBe('OK');
  }
  s.machine.dispose();
});

describe('packets', () => {
  test('frames, escapes and checksums', () => {
    expect(framePacket('OK')).toBe('$OK#9a');
    const [event] = new PacketReader().read(latin1(framePacket('a#b$c}d*')));
    expect(event).toEqual({ kind: 'packet', data: 'a#b$c}d*' });
    expect(new PacketReader().read(latin1('$OK#00'))).toEqual([{ kind: 'bad' }]);
    expect(new PacketReader().read(latin1(`$${'a'.repeat(40_000)}#00`))).toEqual([{ kind: 'bad' }]);
    expect(fromHex('0g')).toBeUndefined();
  });
});
