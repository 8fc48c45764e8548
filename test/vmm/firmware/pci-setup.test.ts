// The PCI bus of a kernel that is booted without firmware.
import { expect, test } from 'vitest';
import { plainVideoMemory } from '../../../src/vmm/devices/vga/video-memory.ts';
import { setUpPci } from '../../../src/vmm/firmware/pci-setup.ts';
import { createPlatform } from '../../../src/vmm/platform.ts';
import { TestClock } from '../devices/support.ts';

function setUp() {
  const platform = createPlatform({
    clock: new TestClock(),
    ramSize: 64 << 20,
    localApic: true,
    video: plainVideoMemory(),
    pciTestDevice: true,
    onReset() {},
    onPowerOff() {},
  });
  setUpPci(platform);
  const functions = platform.pci.list();
  const test = functions.find(({ pci }) => pci.get32(0) === 0x0005_1b36);
  if (test === undefined) throw new Error('no test device');
  return { platform, functions, test };
}

test('each register has a range of its own, aligned, and is switched on', () => {
  const { functions } = setUp();
  const memory: [number, number][] = [];
  const ports: [number, number][] = [];
  for (const { device, number, pci } of functions) {
    for (const { bar, base } of pci.windows()) {
      expect([device, number, base % bar.size]).toEqual([device, number, 0]);
      (bar.kind === 'io' ? ports : memory).push([base, bar.size]);
    }
    const registers = [0, 1, 2, 3, 4, 5].filter((n) => pci.get32(0x10 + n * 4) >>> 4 !== 0);
    expect(pci.windows().length).toBeGreaterThanOrEqual(registers.length);
  }
  expect(memory.length).toBeGreaterThanOrEqual(2);
  expect(ports.length).toBeGreaterThanOrEqual(1);
  for (const ranges of [memory, ports]) {
    ranges.sort((a, b) => a[0] - b[0]);
    ranges.slice(1).forEach(([base], n) => {
      const [before, size] = ranges[n] as [number, number];
      expect(base).toBeGreaterThanOrEqual(before + size);
    });
  }
  for (const [base, size] of memory) expect(base >= 0x8000_0000 && base + size <= 0xfec0_0000).toBe(true);
  for (const [base, size] of ports) expect(base >= 0xc000 && base + size <= 0x1_0000).toBe(true);
});

test('interrupt wires lead to 10 and 11, which are level-triggered', () => {
  const { platform, test } = setUp();
  expect(test.pci.config[0x3c]).toBe([10, 10, 11, 11][(test.device + 3) & 3]);
  expect(platform.io.read(0x4d1, 1) & 0x0c).toBe(0x0c);
  test.pci.intx.raise();
  const irq = test.pci.config[0x3c] as number;
  expect(platform.pic.slave.inputs & (1 << (irq - 8))).not.toBe(0);
});

test('the PCI test device says what to do, and counts it', () => {
  const { platform, test } = setUp();
  const { io, mmio } = platform;
  const memory = test.pci.get32(0x10) & ~15;
  const port = test.pci.get32(0x14) & ~3;
  for (const access of [
    {
      read: (at: number, size: 1 | 4) => mmio.read((memory + at) >>> 0, size),
      write: (at: number, value: number) => mmio.write((memory + at) >>> 0, 1, value),
    },
    {
      read: (at: number, size: 1 | 4) => io.read(port + at, size),
      write: (at: number, value: number) => io.write(port + at, 1, value),
    },
  ]) {
    access.write(0, 0);
    const offset = access.read(4, 4);
    expect([access.read(1, 1), access.read(12, 4)]).toEqual([1, 0]);
    for (let n = 0; n < 3; n++) access.write(offset, access.read(8, 4));
    expect(access.read(12, 4)).toBe(3);
    access.write(0, 1);
    expect(access.read(1, 1)).toBe(0);
  }
});
