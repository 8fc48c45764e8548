import { expect, test } from 'vitest';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { attachParallelPort } from '../../../src/vmm/devices/parallel-port.ts';

function port() {
  const io = new IoBus();
  const printed: number[] = [];
  let pulses = 0;
  attachParallelPort(io, 0x378, { raise: () => pulses++, lower: () => {} }, (byte) => printed.push(byte));
  return { io, printed, pulses: () => pulses };
}

test('a byte is printed when the strobe goes active, once', () => {
  const { io, printed, pulses } = port();
  io.write(0x378, 1, 0x41);
  expect(printed).toEqual([]);
  for (const control of [0x0d, 0x0d, 0x0c, 0x0d]) io.write(0x37a, 1, control);
  expect(printed).toEqual([0x41, 0x41]);
  expect(pulses()).toBe(0);
  io.write(0x37a, 1, 0x1c);
  io.write(0x37a, 1, 0x1d);
  expect(pulses()).toBe(1);
});

test('reads: data, a printer that is ready, control', () => {
  const { io } = port();
  io.write(0x378, 1, 0xaa);
  io.write(0x37a, 1, 0xff);
  expect([io.read(0x379, 1), io.read(0x37a, 1)]).toEqual([0xdf, 0xff]);
  // As inputs, the data lines are driven by nobody.
  expect(io.read(0x378, 1)).toBe(0xff);
  io.write(0x37a, 1, 0x0c);
  expect([io.read(0x378, 1), io.read(0x37a, 1)]).toEqual([0xaa, 0xcc]);
});
