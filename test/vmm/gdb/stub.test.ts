/** gdb's stub: packets, registers, memory, points; and 100,000 packets of nonsense. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../../src/index.ts';
import { framePacket, fromHex, PacketReader, toHex } from '../../../src/vmm/gdb/packet.ts';
import { REGISTERS } from '../../../src/vmm/gdb/registers.ts';
import { GdbStub } from '../../../src/vmm/gdb/stub.ts';
import { runMonitorCommand } from '../../../src/vmm/monitor/commands.ts';

const kernel = readFileSync(new URL('../../../guests/cms/cms.elf', import.meta.url));
const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

class Session {
  readonly machine: Machine;
  readonly stub: GdbStub;
  killed = 0;
  private sent = '';

  constructor(engine: 'interpret' | 'translate') {
    const clock = { kind: 'deterministic', shift: 1 } as const;
    const translator = { compileThreads: 0, threshold: 20 };
    this.machine = createMachine({ kernel, memory: 32 * 2 ** 20, engine, clock, translator });
    const { machine } = this;
    this.stub = new GdbStub({
      debug: machine.debug(),
      send: (text) => {
        this.sent += text;
      },
      monitor: (command) => runMonitorCommand(machine, command),
      kill: () => this.killed++,
      detached: () => {},
    });
    void machine.run();
  }

  /** Sends raw text and returns the packets that came back. */
  raw(text: string): string[] {
    this.sent = '';
    this.stub.receive(latin1(text));
    return this.packets();
  }

  packets(): string[] {
    return new PacketReader().read(latin1(this.sent)).flatMap((e) => (e.kind === 'packet' ? [e.data] : []));
  }

  ask(data: string): string | undefined {
    return this.raw(framePacket(data))[0];
  }

  /** Sends a packet whose answer comes when the guest stops. */
  async go(data: string): Promise<string> {
    this.raw(framePacket(data));
    while (this.packets().length === 0) await new Promise((resolve) => setImmediate(resolve));
    return this.packets()[0]!;
  }

  register(name: string): number {
    const index = REGISTERS.findIndex((r) => r.name === name);
    const bytes = fromHex(this.ask(`p${index.toString(16)}`)!)!;
    return new DataView(bytes.buffer).getUint32(0, true);
  }
}

const le = (value: number) => toHex(new Uint8Array(Int32Array.of(value).buffer));

describe.each(['interpret', 'translate'] as const)('engine %s', (engine) => {
  let s: Session;
  beforeAll(() => {
    s = new Session(engine);
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
    // A segment register is not written through the stub.
    expect(s.ask(`Pa=${le(8)}`)).toBe('E22');
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

test('a hundred thousand packets of nonsense', () => {
  const s = new Session('interpret');
  const { machine } = s;
  let seed = 12_345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const alphabet = 'gGpPmMXzZcCsSHTqQvkD?!,;:=0123456789abcdefABCDEF{}#$*\x03\x00\xff -+';
  const known = [
    'm0,4',
    'Z0,100000,1',
    'z0,100000,1',
    'qSupported',
    'vCont;c',
    'P3=00000000',
    'X0,1:a',
    'Z2,0,ffffffff',
  ];
  const heap = process.memoryUsage().heapUsed;
  for (let n = 0; n < 100_000; n++) {
    let data = random(4) === 0 ? known[random(known.length)]! : '';
    for (let k = random(24); k > 0; k--) data += alphabet[random(alphabet.length)];
    const text = random(3) === 0 ? data : framePacket(data);
    s.raw(random(50) === 0 ? `${text}${'x'.repeat(random(40_000))}` : text);
    // Nothing may run for long in between.
    if (n % 5000 === 0) machine.debug().interrupt();
  }
  machine.debug().interrupt();
  expect(s.ask('?')).toBe('T05thread:1;');
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(200 * 2 ** 20);
  machine.dispose();
}, 120_000);

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
