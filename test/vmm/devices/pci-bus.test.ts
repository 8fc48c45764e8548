import { describe, expect, test } from 'vitest';
import { createChipset } from '../../../src/vmm/devices/chipset.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../src/vmm/devices/mmio-bus.ts';
import { PciFunction } from '../../../src/vmm/devices/pci-function.ts';
import { Power } from '../../../src/vmm/devices/power.ts';
import { RUNS, randomNumbers } from '../../support/random-numbers.ts';
import { TestClock, TestLine } from './support.ts';

describe('PCI', () => {
  const setUp = () => {
    let resets = 0;
    const io = new IoBus();
    const mmio = new MmioBus();
    const lines = Array.from({ length: 16 }, () => new TestLine());
    const shadow: string[] = [];
    const pci = createChipset({
      io,
      mmio,
      power: new Power(new TestClock(), () => {}),
      lineOf: (irq) => lines[irq] as TestLine,
      setShadow: (start, size, { readRam, writeRam }) =>
        shadow.push(`${start.toString(16)}+${size.toString(16)} ${readRam ? 'r' : '-'}${writeRam ? 'w' : '-'}`),
      onReset: () => {
        resets++;
      },
    });
    const select = (device: number, fn: number, register: number) =>
      io.write(0xcf8, 4, (0x8000_0000 | (device << 11) | (fn << 8) | register) >>> 0);
    const read = (device: number, fn: number, register: number) => {
      select(device, fn, register);
      return io.read(0xcfc, 4);
    };
    const write = (device: number, fn: number, register: number, value: number) => {
      select(device, fn, register);
      io.write(0xcfc, 4, value);
    };
    return { io, mmio, pci, lines, shadow, select, read, write, resets: () => resets };
  };

  test('mechanism 1 is seen, and three functions are found', () => {
    const { io, read } = setUp();
    io.write(0xcf8, 4, 0x8000_0000);
    expect(io.read(0xcf8, 4)).toBe(0x8000_0000);
    const found: string[] = [];
    for (let device = 0; device < 32; device++) {
      for (let fn = 0; fn < 8; fn++) {
        const id = read(device, fn, 0);
        if (id !== 0xffffffff) {
          found.push(`${device}.${fn} ${id.toString(16)} ${(read(device, fn, 8) >>> 8).toString(16)}`);
        }
      }
    }
    expect(found).toEqual(['0.0 12378086 60000', '1.0 70008086 60100', '1.3 71138086 68000']);
    expect((read(1, 0, 0x0c) >>> 16) & 0xff).toBe(0x80);
  });

  test('other buses, and a disabled address, float', () => {
    const { io } = setUp();
    io.write(0xcf8, 4, 0x8001_0000);
    expect(io.read(0xcfc, 4)).toBe(0xffffffff);
    io.write(0xcf8, 4, 0x0000_0000);
    expect(io.read(0xcfc, 2)).toBe(0xffff);
    io.write(0xcfc, 4, 0); // goes nowhere
  });

  test('bytes and words reach their lanes', () => {
    const { io, select } = setUp();
    select(0, 0, 0);
    expect(io.read(0xcfe, 2)).toBe(0x1237);
    expect(io.read(0xcfd, 1)).toBe(0x80);
    expect(io.read(0xcfe, 4)).toBe(0xffff1237);
  });

  test('only writable bits change, and reset brings them back', () => {
    const { io, pci, read, select } = setUp();
    select(0, 0, 0);
    io.write(0xcfc, 4, 0);
    expect(read(0, 0, 0)).toBe(0x12378086);
    select(1, 0, 0x60);
    io.write(0xcfc, 4, 0x0a0b0c0d);
    expect(read(1, 0, 0x60)).toBe(0x0a0b0c0d);
    select(1, 0, 0x60);
    io.write(0xcfd, 1, 0xff);
    expect(read(1, 0, 0x60)).toBe(0x0a0b8f0d);
    select(0, 0, 0x10); // no BARs: sizing them reads 0
    io.write(0xcfc, 4, 0xffffffff);
    expect(read(0, 0, 0x10)).toBe(0);
    pci.reset();
    expect(read(1, 0, 0x60)).toBe(0x80808080);
  });

  test('CF9h resets on the rising edge of bit 2; narrower writes do not touch the address', () => {
    const { io, resets } = setUp();
    io.write(0xcf8, 4, 0x8000_0800);
    io.write(0xcf9, 1, 0x02);
    expect(resets()).toBe(0);
    io.write(0xcf9, 1, 0x06);
    expect(resets()).toBe(1);
    expect(io.read(0xcf8, 4)).toBe(0x8000_0800);
    expect(io.read(0xcf9, 1)).toBe(0x02);
    io.write(0xcf8, 1, 0x55);
    expect(io.read(0xcf8, 4)).toBe(0x8000_0800);
  });

  test('the attribute map is applied piece by piece, changes only, and undone by a reset', () => {
    const { pci, shadow, write } = setUp();
    write(0, 0, 0x58, 0x0031_3000);
    expect(shadow.splice(0)).toEqual(['f0000+10000 rw', 'c0000+4000 r-', 'c4000+4000 rw']);
    write(0, 0, 0x58, 0x0031_1000);
    expect(shadow.splice(0)).toEqual(['f0000+10000 r-']);
    pci.reset();
    expect(shadow).toEqual(['f0000+10000 --', 'c0000+4000 --', 'c4000+4000 --']);
  });

  test('the power management registers move', () => {
    const { io, read, write } = setUp();
    expect(read(1, 3, 0x40)).toBe(0x601);
    io.write(0x604, 2, 1);
    write(1, 3, 0x40, 0xffff_b03f);
    expect(read(1, 3, 0x40)).toBe(0xb001);
    expect([io.read(0x604, 2), io.read(0xb004, 2)]).toEqual([0xffff, 1]);
    write(1, 3, 0x80, 0);
    expect(io.read(0xb004, 2)).toBe(0xffff);
  });

  const bytes = () => ({
    read: (offset: number, size: number) => offset * 16 + size,
    write(offset: number, value: number) {
      this.seen.push([offset, value]);
    },
    seen: [] as number[][],
  });

  test('BARs are measured, placed and moved', () => {
    const { io, mmio, pci, read, write } = setUp();
    const ports = bytes();
    const memory = bytes();
    const mapped: (number | undefined)[] = [];
    const pciFunction = new PciFunction({
      vendor: 0x1234,
      device: 0x5678,
      classCode: 0x030000,
      bars: [
        { kind: 'memory', size: 0x2000, prefetchable: true, handler: memory, onMap: (at) => mapped.push(at) },
        undefined,
        { kind: 'io', size: 16, handler: { wide: true, ...ports } },
      ],
      rom: Uint8Array.from({ length: 5000 }, (_, i) => i),
    });
    expect(pci.addNext(pciFunction)).toBe(2);
    for (const [at, value] of [
      [0x10, 0xffff_e008],
      [0x14, 0],
      [0x18, 0xffff_fff1],
      [0x30, 0xffff_e001],
    ] as const) {
      write(2, 0, at, 0xffff_ffff);
      expect(read(2, 0, at)).toBe(value);
    }
    write(2, 0, 0x10, 0xe000_0000);
    write(2, 0, 0x18, 0xc000);
    write(2, 0, 0x30, 0xe001_0001);
    expect([mmio.claims(0xe0000), io.isClaimed(0xc000)]).toEqual([false, false]);
    write(2, 0, 4, 3);
    expect([mmio.read(0xe000_1004, 4), io.read(0xc00c, 4)]).toEqual([0x1004 * 16 + 4, 12 * 16 + 4]);
    expect([mmio.read(0xe001_1387, 1), mmio.read(0xe001_1388, 1)]).toEqual([0x87, 0xff]);
    write(2, 0, 0x10, 0xe100_0000);
    write(2, 0, 0x18, 0xc100);
    expect([mmio.claims(0xe0000), mmio.claims(0xe1001), io.isClaimed(0xc000), io.isClaimed(0xc10f)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    pci.reset();
    expect([mmio.claims(0xe1000), io.isClaimed(0xc100)]).toEqual([false, false]);
    expect(mapped).toEqual([0xe000_0000, 0xe100_0000, undefined]);
  });

  test('a BAR takes no port from a device that is fixed', () => {
    const { io, pci, write } = setUp();
    io.register(0x70, 1, { read: () => 0x42, write() {} });
    pci.add(
      5,
      0,
      new PciFunction({ vendor: 1, device: 1, classCode: 0, bars: [{ kind: 'io', size: 256, handler: bytes() }] }),
    );
    write(5, 0, 4, 1);
    write(5, 0, 0x10, 0xff00);
    expect(io.read(0xff02, 1)).toBe(0x21);
    write(5, 0, 0x10, 0);
    expect(io.read(0x70, 1)).toBe(0x42);
  });

  test('interrupt wires follow the device number, are shared, and go where they are routed', () => {
    const { lines, pci, write } = setUp();
    const [a, b] = [3, 7].map((device) => {
      const each = new PciFunction({ vendor: 1, device: 1, classCode: 0, interruptPin: 1 });
      pci.add(device, 0, each);
      return each;
    }) as [PciFunction, PciFunction];
    a.setInterrupt(true);
    expect(lines.some((line) => line.level)).toBe(false);
    write(1, 0, 0x60, 0x800b_8080); // wire 2 to line 11
    expect(lines[11]?.level).toBe(true);
    b.setInterrupt(true);
    a.setInterrupt(false);
    expect(lines[11]?.level).toBe(true);
    write(1, 0, 0x60, 0x8002_8080); // never to the cascade
    expect(lines.some((line) => line.level)).toBe(false);
    write(1, 0, 0x60, 0x8005_8080);
    expect(lines[5]?.level).toBe(true);
    b.setInterrupt(false);
    expect(lines[5]?.level).toBe(false);
  });

  test('random configuration and port writes do no harm', () => {
    const { io, mmio, pci } = setUp();
    pci.addNext(
      new PciFunction({
        vendor: 1,
        device: 1,
        classCode: 0,
        interruptPin: 2,
        bars: [
          { kind: 'io', size: 256, handler: bytes() },
          { kind: 'memory', size: 0x10_0000, handler: bytes() },
        ],
        rom: new Uint8Array(3),
      }),
    );
    const random = randomNumbers(1);
    for (let n = 0; n < 50_000 * RUNS; n++) {
      io.write(0xcf8, 4, 0x8000_0000 + random(3) * 0x800 + random(4) * 0x100 + random(64) * 4);
      io.write(0xcfc + random(4), ([1, 2, 4] as const)[random(3)] as 1, random(2 ** 32));
      mmio.read(random(2 ** 32), 4);
      io.read(random(2 ** 16), 2);
    }
    pci.reset();
    expect(io.isClaimed(0x608)).toBe(true);
  });
});
