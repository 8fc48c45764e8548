import { expect, test } from 'vitest';
import { plainVideoMemory } from '../../src/vmm/devices/vga/video-memory.ts';
import { createPlatform, type PlatformOptions } from '../../src/vmm/platform.ts';
import { TestClock } from './devices/support.ts';

function setUp(options: Partial<PlatformOptions> = {}) {
  const clock = new TestClock();
  const log: string[] = [];
  const platform = createPlatform({
    clock,
    ramSize: 64 << 20,
    onReset: () => log.push('reset'),
    onPowerOff: () => log.push('off'),
    onDebugExit: (status) => log.push(`exit ${status}`),
    setA20: (enabled) => log.push(`a20 ${enabled}`),
    pins: { interrupt: (intr) => log.push(`intr ${intr}`) },
    unimplementedIo: (kind, port, size) => log.push(`${kind} ${port.toString(16)} ${size}`),
    ...options,
  });
  return { clock, log, platform, io: platform.io };
}

/** The 8259s as an operating system sets them up, at 20h and 28h. */
function initialisePics(io: { write(port: number, size: 1, value: number): void }): void {
  for (const [port, ...values] of [
    [0x20, 0x11],
    [0x21, 0x20, 4, 1, 0],
    [0xa0, 0x11],
    [0xa1, 0x28, 2, 1, 0],
  ] as const) {
    for (const value of values) {
      io.write(port, 1, value);
    }
  }
}

test('each device interrupts on its own line', () => {
  const sent: number[] = [];
  const { clock, platform, io } = setUp({ serialBackends: [{ write: (byte) => sent.push(byte) }, { write() {} }] });
  initialisePics(io);
  const vectors: number[] = [];
  const take = () => {
    while (platform.pic.intr) {
      const vector = platform.pic.acknowledge();
      vectors.push(vector);
      if (vector >= 0x28) {
        io.write(0xa0, 1, 0x20);
      }
      io.write(0x20, 1, 0x20);
    }
  };
  platform.keyboard.send([0x1c]);
  take();
  io.write(0x3f9, 1, 0x02);
  take();
  io.write(0x2f9, 1, 0x02);
  take();
  io.write(0x64, 1, 0x60);
  io.write(0x60, 1, 0x03);
  io.write(0x60, 1, 0x00); // nothing yet: the keyboard's byte still fills the buffer
  io.read(0x60, 1);
  io.write(0x64, 1, 0xd3);
  io.write(0x60, 1, 0x11);
  take();
  io.write(0x70, 1, 0x0b);
  io.write(0x71, 1, 0x12);
  clock.advance(1.1e9);
  take();
  expect(vectors.filter((vector) => vector !== 0x20 && vector !== 0x21)).toEqual([0x24, 0x23, 0x2c, 0x28]);
  expect(vectors).toContain(0x20);
  expect(vectors).toContain(0x21);
  io.write(0x3f8, 1, 0x2a);
  expect(sent).toEqual([0x2a]);
});

test('a serial port without backend is not there', () => {
  const { platform, io } = setUp({ serialBackends: [null, { write() {} }] });
  expect(platform.uart1).toBeUndefined();
  expect(io.read(0x3fd, 1)).toBe(0xff);
  expect(platform.uart2).toBeDefined();
  expect(io.read(0x2fd, 1)).toBe(0x60);
});

test("the guest's wishes reach the machine", () => {
  const { log, io } = setUp({ debugExit: { port: 0xf4, size: 1 } });
  io.write(0x64, 1, 0xfe);
  io.write(0xcf9, 1, 0x06);
  io.write(0x92, 1, 0x00);
  io.write(0x604, 2, 0x2000);
  io.write(0xf4, 1, 0x10);
  io.read(0x300, 2);
  expect(log).toEqual(['reset', 'reset', 'a20 false', 'off', 'exit 33', 'read 300 2']);
});

test('debug consoles go to any port, also one that a device has', () => {
  const got: number[] = [];
  const { io } = setUp({ debugcons: [0xe9, 0x80].map((port) => ({ port, sink: (byte: number) => got.push(byte) })) });
  io.write(0xe9, 1, 1);
  io.write(0x80, 1, 2);
  expect(got).toEqual([1, 2]);
  expect(io.read(0xe9, 1)).toBe(0xe9);
});

test("the adapter's window is mapped, RAM is not the MMIO bus's affair", () => {
  const { platform } = setUp({ video: plainVideoMemory(1 << 20) });
  expect(platform.mmio.claims(0xa0)).toBe(true);
  expect(platform.mmio.claims(0xbf)).toBe(true);
  expect(platform.mmio.claims(0xc0)).toBe(false);
  platform.io.write(0x3c2, 1, 0x67);
  platform.io.write(0x3c4, 2, 0x0f02);
  platform.io.write(0x3ce, 2, 0x1005);
  platform.io.write(0x3ce, 2, 0x0e06);
  platform.io.write(0x3ce, 2, 0xff08);
  platform.mmio.write(0xb8000, 2, 0x0741);
  expect(platform.mmio.read(0xb8000, 2)).toBe(0x0741);
});

test('reset silences everything and opens A20; time and memory sizes stay', () => {
  const { clock, log, platform, io } = setUp({ serialBackends: [{ write() {} }] });
  initialisePics(io);
  io.write(0x3f9, 1, 0x02);
  io.write(0x92, 1, 0x00);
  clock.advance(5e9);
  platform.reset();
  expect(platform.pic.intr).toBe(false);
  expect(log.at(-1)).toBe('a20 true');
  expect(log.filter((line) => line === 'reset')).toEqual([]);
  io.write(0x70, 1, 0);
  expect(io.read(0x71, 1)).toBe(0x05);
  io.write(0x70, 1, 0x35);
  expect(io.read(0x71, 1)).toBe(0x03);
  clock.advance(1e9);
  expect(platform.pic.intr).toBe(false);
});

test('any port survives any access', () => {
  const { io, clock } = setUp({ serialBackends: [{ write() {} }, { write() {} }] });
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return random >>> 8;
  };
  for (let i = 0; i < 200_000; i++) {
    const port = next() & (i & 1 ? 0x7ff : 0xffff);
    const size = ([1, 2, 4] as const)[next() % 3] ?? 1;
    if (next() & 1) {
      io.write(port, size, next() * 257);
    } else {
      const value = io.read(port, size);
      if (!(Number.isInteger(value) && value >= 0 && value < 2 ** (size * 8))) {
        expect.fail(`port ${port.toString(16)} size ${size} read ${value}`);
      }
    }
    if (i % 64 === 0) {
      clock.advance(next() % 1_000_000);
    }
  }
});
