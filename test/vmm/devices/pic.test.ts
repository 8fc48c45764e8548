import { beforeEach, describe, expect, test } from 'vitest';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { Pic } from '../../../src/vmm/devices/pic.ts';

let io: IoBus;
let pic: Pic;
let changes: boolean[];

/** ICW1..4 as PC software sends them: master at 20h, slave at 28h, everything unmasked. */
function initialise(icw4 = 0x01): void {
  for (const [port, vector, wiring] of [
    [0x20, 0x20, 0x04],
    [0xa0, 0x28, 0x02],
  ] as const) {
    io.write(port, 1, 0x11);
    io.write(port + 1, 1, vector);
    io.write(port + 1, 1, wiring);
    io.write(port + 1, 1, icw4);
  }
}

function pulse(irq: number): void {
  pic.setIrq(irq, false);
  pic.setIrq(irq, true);
}

const eoi = (port = 0x20) => io.write(port, 1, 0x20);
const readIrr = (port = 0x20) => {
  io.write(port, 1, 0x0a);
  return io.read(port, 1);
};
const readIsr = (port = 0x20) => {
  io.write(port, 1, 0x0b);
  return io.read(port, 1);
};

beforeEach(() => {
  changes = [];
  io = new IoBus();
  pic = new Pic((intr) => changes.push(intr));
  pic.attach(io);
  initialise();
});

test('nothing gets through before initialisation', () => {
  const fresh = new Pic();
  fresh.setIrq(1, true);
  expect(fresh.intr).toBe(false);
});

test('an edge is latched, delivered once, and ended', () => {
  pulse(1);
  expect(pic.intr).toBe(true);
  expect(readIrr()).toBe(0x02);
  expect(pic.acknowledge()).toBe(0x21);
  expect(pic.intr).toBe(false);
  expect(readIrr()).toBe(0);
  expect(readIsr()).toBe(0x02);
  eoi();
  expect(readIsr()).toBe(0);
  expect(pic.intr).toBe(false);
  expect(changes).toEqual([true, false]);
});

test('priorities nest: a higher request interrupts, a lower one waits', () => {
  pulse(3);
  pic.acknowledge();
  pulse(4);
  expect(pic.intr).toBe(false);
  pulse(0);
  expect(pic.acknowledge()).toBe(0x20);
  eoi(); // ends IRQ 0, the highest in service
  expect(readIsr()).toBe(0x08);
  expect(pic.intr).toBe(false);
  eoi();
  expect(pic.acknowledge()).toBe(0x24);
});

test('the slave cascades through input 2', () => {
  pulse(12);
  expect(pic.acknowledge()).toBe(0x2c);
  expect(readIsr()).toBe(0x04);
  expect(readIsr(0xa0)).toBe(0x10);
  pulse(8);
  expect(pic.intr).toBe(false); // IRQ 2 is in service, and the master is not specially nested
  eoi(0xa0);
  eoi();
  expect(pic.acknowledge()).toBe(0x28);
});

test('two slave requests make two interrupts, also with automatic EOI', () => {
  initialise(0x03);
  pulse(9);
  pulse(10);
  expect(pic.acknowledge()).toBe(0x29);
  expect(pic.intr).toBe(true);
  expect(pic.acknowledge()).toBe(0x2a);
  expect(pic.intr).toBe(false);
  expect(readIsr(0xa0)).toBe(0);
});

test('special fully nested mode lets a higher slave request through', () => {
  io.write(0x20, 1, 0x11);
  io.write(0x21, 1, 0x20);
  io.write(0x21, 1, 0x04);
  io.write(0x21, 1, 0x11);
  pulse(12);
  pic.acknowledge();
  pulse(8);
  expect(pic.acknowledge()).toBe(0x28);
});

describe('spurious', () => {
  test('a line that falls before its acknowledgement withdraws the request', () => {
    pulse(5);
    pic.setIrq(5, false);
    expect(pic.intr).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    expect(readIsr()).toBe(0);
  });

  test('on the slave it is IRQ 15, with the master in service', () => {
    pulse(9);
    // The slave loses its request behind the master's back.
    pic.slave.setInput(1, false);
    expect(pic.acknowledge()).toBe(0x2f);
    expect(readIsr(0xa0)).toBe(0);
    expect(readIsr()).toBe(0x04);
  });
});

test('masked requests wait in IRR', () => {
  io.write(0x21, 1, 0x02);
  pulse(1);
  expect(pic.intr).toBe(false);
  expect(io.read(0x21, 1)).toBe(0x02);
  io.write(0x21, 1, 0);
  expect(pic.intr).toBe(true);
});

test('level-triggered inputs (ELCR) request as long as they are high', () => {
  io.write(0x4d0, 1, 0xff);
  io.write(0x4d1, 1, 0xff);
  expect(io.read(0x4d0, 2)).toBe(0xdef8); // timer, keyboard, cascade, RTC and coprocessor are edges for ever
  pic.setIrq(5, true);
  expect(pic.acknowledge()).toBe(0x25);
  expect(pic.intr).toBe(false);
  eoi();
  expect(pic.intr).toBe(true);
  pic.acknowledge();
  pic.setIrq(5, false);
  eoi();
  expect(pic.intr).toBe(false);
});

test('an edge-triggered input that stays high requests once', () => {
  pic.setIrq(5, true);
  pic.acknowledge();
  eoi();
  pic.setIrq(5, true);
  expect(pic.intr).toBe(false);
});

test('rotation: on EOI, specific, by command, and with automatic EOI', () => {
  pulse(3);
  pic.acknowledge();
  io.write(0x20, 1, 0xa0); // rotate on non-specific EOI: 3 is lowest, 4 highest
  pulse(1);
  pulse(5);
  expect(pic.acknowledge()).toBe(0x25);
  io.write(0x20, 1, 0xe5); // rotate on specific EOI of 5
  expect(readIsr()).toBe(0);
  pulse(5);
  expect(pic.acknowledge()).toBe(0x21);
  io.write(0x20, 1, 0x61); // specific EOI of 1
  io.write(0x20, 1, 0xc4); // set priority: 4 is lowest, 5 highest
  pulse(0);
  expect(pic.acknowledge()).toBe(0x25);

  initialise(0x03);
  io.write(0x20, 1, 0x80); // rotate in automatic EOI mode
  pulse(0);
  expect(pic.acknowledge()).toBe(0x20);
  pulse(0);
  pulse(1);
  expect(pic.acknowledge()).toBe(0x21);
});

test('special mask mode: a masked level in service blocks nothing', () => {
  pulse(1);
  pic.acknowledge();
  io.write(0x21, 1, 0x02);
  pulse(6);
  expect(pic.intr).toBe(false);
  io.write(0x20, 1, 0x68);
  expect(pic.intr).toBe(true);
  expect(pic.acknowledge()).toBe(0x26);
  io.write(0x20, 1, 0x48); // and off again
  pulse(7);
  expect(pic.intr).toBe(false);
});

test('polling acknowledges and tells the level', () => {
  io.write(0x20, 1, 0x0c);
  expect(io.read(0x20, 1)).toBe(0);
  pulse(6);
  io.write(0x20, 1, 0x0c);
  expect(io.read(0x20, 1)).toBe(0x86);
  expect(pic.intr).toBe(false);
  expect(readIsr()).toBe(0x40);
});

test('ICW1 forgets requests, service and mask; no interrupt while it goes on', () => {
  pulse(1);
  pic.acknowledge();
  pulse(0);
  io.write(0x21, 1, 0xff);
  io.write(0x20, 1, 0x11);
  expect(pic.intr).toBe(false);
  pulse(5);
  expect(pic.intr).toBe(false);
  io.write(0x21, 1, 0x40);
  io.write(0x21, 1, 0x04);
  io.write(0x21, 1, 0x01);
  expect(io.read(0x21, 1)).toBe(0);
  expect(pic.acknowledge()).toBe(0x45);
  expect(readIsr()).toBe(0x20);
});

test('lines exist for 0 to 15 except the cascade', () => {
  expect(() => pic.line(2)).toThrow(/IRQ 2/);
  expect(() => pic.line(16)).toThrow(RangeError);
  pic.line(7).raise();
  expect(pic.acknowledge()).toBe(0x27);
  expect(readIsr()).toBe(0x80); // not spurious
});

test('reset masks everything until the next initialisation', () => {
  pulse(1);
  pic.reset();
  expect(pic.intr).toBe(false);
  pulse(1);
  expect(pic.intr).toBe(false);
  initialise();
  pulse(1);
  expect(pic.intr).toBe(true);
});
