// All devices of a platform at once under random accesses of ports and device memory, with time going on and interrupts
// taken: nothing is thrown, values fit their width, and no timers pile up.
import { expect, test } from 'vitest';
import { createPlatform } from '../../src/vmm/platform.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { TestClock } from './devices/support.ts';

const ACCESSES = 400_000;
/** First ports and how many: interrupt controllers, timers, keyboard, CMOS, PCI, power management, fw_cfg, the test device. */
const PORTS = [
  [0x20, 4],
  [0x40, 4],
  [0x60, 5],
  [0x70, 2],
  [0xa0, 2],
  [0xe0, 12],
  [0x4d0, 2],
  [0x510, 12],
  [0x600, 64],
  [0xcf8, 8],
  [0x2000, 24],
  [0, 0x1_0000],
] as const;
/** Pages of device memory: local APIC, I/O APIC, the test device. */
const PAGES = [0xfee0_0000, 0xfee0_0000, 0xfec0_0000, 0xff00_0000] as const;

test('nothing goes wrong', () => {
  const clock = new TestClock();
  const ram = new Uint8Array(0x1_0000);
  let lines = 0;
  const platform = createPlatform({
    clock,
    ramSize: 64 << 20,
    localApic: true,
    testDevice: true,
    serialBackends: [{ write() {} }, { write() {} }],
    memory: {
      read: (address, length) => Uint8Array.from({ length }, (_, n) => ram[address + n] ?? 0xff),
      write: (address, bytes) =>
        ram.set(bytes.subarray(0, Math.max(0, ram.length - address)), Math.min(address, ram.length)),
    },
    pins: { interrupt: () => lines++ },
    onReset() {},
    onPowerOff() {},
  });
  const random = randomNumbers(17);
  const { io, mmio, interrupts } = platform;
  let bits = 0;
  for (let n = 0; n < ACCESSES; n++) {
    const size = ([1, 2, 4] as const)[random(3)] as 1 | 2 | 4;
    const value = random(4) === 0 ? random(256) : random(2 ** 32);
    const write = random(3) !== 0;
    const device = random(3) === 0;
    const [first, count] = PORTS[random(PORTS.length)] as readonly [number, number];
    const port = (first + random(count)) & 0xffff;
    const address = (PAGES[random(PAGES.length)] as number) + (random(2) ? random(0x1000) : random(64) * 16);
    if (write && device) mmio.write(address, size, value);
    else if (write) io.write(port, size, value);
    else {
      const got = device ? mmio.read(address, size) : io.read(port, size);
      if (!(Number.isInteger(got) && got >= 0 && got < 2 ** (8 * size))) {
        throw new Error(`${device ? address.toString(16) : port.toString(16)} size ${size}: read ${got}`);
      }
      bits |= got;
    }
    if (random(8) === 0) clock.advance(random(200_000));
    if (random(16) === 0 && interrupts.intr) expect(interrupts.acknowledge()).toBeLessThan(256);
    if (random(64) === 0) mmio.write(0xfee0_00b0, 4, 0);
    if (random(4096) === 0) interrupts.setApicBase(random(2) ? 0xfee0_0900 : random(2 ** 32));
    if (random(8192) === 0) platform.reset();
  }
  expect(bits).not.toBe(0);
  expect(lines).toBeGreaterThan(10);
});
