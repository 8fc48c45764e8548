import { describe, expect, test } from 'vitest';
import { type AccessSize, IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../src/vmm/devices/mmio-bus.ts';

/** A handler that reads the low byte of its port and records writes. */
function recorder(wide = false) {
  const writes: [number, number, AccessSize][] = [];
  return {
    writes,
    wide,
    read: (port: number, size: AccessSize) => (wide ? 0x11223344 >>> (32 - size * 8) : port & 0xff),
    write: (port: number, value: number, size: AccessSize) => {
      writes.push([port, value, size]);
    },
  };
}

describe('IoBus', () => {
  test('splits wide accesses to byte devices, lowest port first', () => {
    const io = new IoBus();
    const handler = recorder();
    io.register(0x10, 4, handler);
    expect(io.read(0x10, 4)).toBe(0x13121110);
    io.write(0x11, 2, 0xbeef);
    expect(handler.writes).toEqual([
      [0x11, 0xef, 1],
      [0x12, 0xbe, 1],
    ]);
  });

  test('hands accesses whole to a wide device', () => {
    const io = new IoBus();
    const handler = recorder(true);
    io.register(0xcf8, 4, handler);
    expect(io.read(0xcf8, 4)).toBe(0x11223344);
    io.write(0xcf8, 4, -1);
    expect(handler.writes).toEqual([[0xcf8, 0xffffffff, 4]]);
  });

  test('reads all ones where nobody is, and says so once an access', () => {
    const heard: unknown[] = [];
    const io = new IoBus((...args) => heard.push(args));
    expect(io.read(0x300, 1)).toBe(0xff);
    expect(io.read(0x300, 2)).toBe(0xffff);
    expect(io.read(0x300, 4)).toBe(0xffffffff);
    io.write(0x301, 1, 0x1ff);
    expect(heard).toEqual([
      ['read', 0x300, 1, 0xff],
      ['read', 0x300, 2, 0xffff],
      ['read', 0x300, 4, 0xffffffff],
      ['write', 0x301, 1, 0xff],
    ]);
  });

  test('fills the lanes that nobody decodes with ones, and wraps at 64 Ki', () => {
    const io = new IoBus();
    io.register(0xffff, 1, recorder());
    io.register(0, 1, recorder());
    expect(io.read(0xffff, 4)).toBe(0xffff00ff);
    expect(io.read(0xfffe, 2)).toBe(0xffff);
  });

  test('gives a port to its last claimant, and refuses ports that are none', () => {
    const io = new IoBus();
    io.register(0x80, 1, recorder());
    io.register(0x80, 1, { read: () => 0x42, write() {} });
    expect(io.read(0x80, 1)).toBe(0x42);
    expect(io.isClaimed(0x80)).toBe(true);
    expect(io.isClaimed(0x81)).toBe(false);
    expect(() => io.register(0xffff, 2, recorder())).toThrow(/65535 \+ 2: ports are 0 to 65535/);
    expect(() => io.register(-1, 1, recorder())).toThrow(RangeError);
  });
});

describe('MmioBus', () => {
  test('maps whole pages to offsets', () => {
    const heard: unknown[] = [];
    const mmio = new MmioBus((...args) => heard.push(args));
    const offsets: number[] = [];
    mmio.register(0xfee0_0000, 0x2000, {
      read: (offset) => offset,
      write: (offset) => {
        offsets.push(offset);
      },
    });
    expect(mmio.read(0xfee0_1004 | 0, 4)).toBe(0x1004);
    mmio.write(0xfee0_0010, 2, 1);
    expect(offsets).toEqual([0x10]);
    expect(mmio.claims(0xfee00)).toBe(true);
    expect(mmio.claims(0xfee02)).toBe(false);
    expect([...mmio.claimedPages()]).toEqual([0xfee00, 0xfee01]);
    expect(mmio.read(0xd000_0000, 2)).toBe(0xffff);
    mmio.write(0xd000_0000, 1, 7);
    expect(heard).toHaveLength(2);
  });

  test('refuses half pages and overlaps', () => {
    const mmio = new MmioBus();
    const handler = { read: () => 0, write() {} };
    mmio.register(0x1000, 0x1000, handler);
    expect(() => mmio.register(0x1000, 0x1000, handler)).toThrow(/two devices/);
    expect(() => mmio.register(0x2000, 0x800, handler)).toThrow(/whole pages/);
    expect(() => mmio.register(0xffff_f000, 0x2000, handler)).toThrow(/under 4 GiB/);
  });
});
