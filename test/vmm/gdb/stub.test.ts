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
