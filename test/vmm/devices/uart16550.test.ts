import { beforeEach, describe, expect, test } from 'vitest';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { Uart16550 } from '../../../src/vmm/devices/uart16550.ts';
import { TestClock, TestLine } from './support.ts';

const DATA = 0x3f8;
const IER = 0x3f9;
const IIR = 0x3fa;
const FCR = 0x3fa;
const LCR = 0x3fb;
const MCR = 0x3fc;
const LSR = 0x3fd;
const MSR = 0x3fe;
const SCR = 0x3ff;

let clock: TestClock;
let irq: TestLine;
let uart: Uart16550;
let sent: number[];
let inb: (port: number) => number;
let outb: (port: number, value: number) => void;

beforeEach(() => {
  clock = new TestClock();
  irq = new TestLine();
  sent = [];
  uart = new Uart16550(clock, irq, { write: (byte) => sent.push(byte) });
  const io = new IoBus();
  uart.attach(io, DATA);
  inb = (port) => io.read(port, 1);
  outb = (port, value) => io.write(port, 1, value);
});

const type = (text: string) => uart.receive(new TextEncoder().encode(text));

describe('what a driver probes', () => {
  test('IER keeps four bits, the scratch register all', () => {
    outb(IER, 0xff);
    expect(inb(IER)).toBe(0x0f);
    outb(SCR, 0xa5);
    expect(inb(SCR)).toBe(0xa5);
  });

  test('loopback shows the modem outputs at the inputs', () => {
    outb(MCR, 0x10 | 0x0a);
    expect(inb(MSR) & 0xf0).toBe(0x90);
    outb(MCR, 0x10 | 0x05);
    expect(inb(MSR) & 0xf0).toBe(0x60);
    outb(MCR, 0x0b);
    expect(inb(MSR) & 0xf0).toBe(0xb0);
  });

  test('FIFOs show in IIR once enabled, as a 16550A', () => {
    expect(inb(IIR)).toBe(0x01);
    outb(FCR, 0x01);
    expect(inb(IIR)).toBe(0xc1);
    outb(FCR, 0x00);
    expect(inb(IIR)).toBe(0x01);
  });

  test('the divisor lies behind DLAB', () => {
    outb(LCR, 0x83);
    outb(DATA, 0x01);
    outb(IER, 0x02);
    expect([inb(DATA), inb(IER)]).toEqual([0x01, 0x02]);
    outb(LCR, 0x03);
    expect(inb(IER)).toBe(0);
    expect(sent).toEqual([]);
  });

  test('enabling the transmitter interrupt raises it each time', () => {
    outb(IER, 0x02);
    expect(irq.level).toBe(true);
    expect(inb(IIR) & 0x0f).toBe(0x02);
    expect(irq.level).toBe(false);
    expect(inb(IIR) & 0x0f).toBe(0x01);
    outb(IER, 0x00);
    outb(IER, 0x02);
    expect(inb(IIR) & 0x0f).toBe(0x02);
  });
});

describe('transmitting', () => {
  test('takes no time', () => {
    outb(DATA, 0x41);
    outb(DATA, 0x42);
    expect(sent).toEqual([0x41, 0x42]);
    expect(inb(LSR)).toBe(0x60);
  });

  test('interrupts with an edge a byte', () => {
    outb(IER, 0x02);
    inb(IIR);
    irq.edges = 0;
    outb(DATA, 1);
    outb(DATA, 2);
    expect(irq.edges).toBe(2);
    expect(inb(IIR) & 0x0f).toBe(0x02);
  });

  test('in loopback comes back, and overruns', () => {
    outb(MCR, 0x10);
    outb(DATA, 0x55);
    outb(DATA, 0x66);
    expect(sent).toEqual([]);
    expect(inb(LSR)).toBe(0x63);
    expect(inb(LSR)).toBe(0x61);
    expect(inb(DATA)).toBe(0x55);
    outb(IER, 0x04);
    outb(LCR, 0x40); // break
    expect(inb(IIR) & 0x0f).toBe(0x06);
    expect(inb(LSR) & 0x10).toBe(0x10);
    expect(irq.level).toBe(false);
  });
});

describe('receiving', () => {
  test('without FIFO: one byte at a time, an edge each', () => {
    outb(IER, 0x01);
    expect(type('abc')).toBe(3);
    for (const code of [0x61, 0x62, 0x63]) {
      expect(irq.level).toBe(true);
      expect(inb(IIR)).toBe(0x04);
      expect(inb(LSR) & 1).toBe(1);
      expect(inb(DATA)).toBe(code);
    }
    expect(irq.edges).toBe(3);
    expect(irq.level).toBe(false);
    expect(inb(LSR) & 1).toBe(0);
    expect(inb(DATA)).toBe(0);
  });

  test('with FIFO: at the trigger level, the rest by timeout', () => {
    outb(FCR, 0x81); // trigger at 8
    outb(LCR, 0x83);
    outb(DATA, 1); // 115200 baud
    outb(LCR, 0x03);
    outb(IER, 0x01);
    type('1234567');
    expect(irq.level).toBe(false);
    clock.advance(300_000);
    expect(irq.level).toBe(false);
    clock.advance(100_000); // four characters of ten bits take 347 us
    expect(inb(IIR)).toBe(0xcc);
    expect(inb(DATA)).toBe(0x31);
    expect(irq.level).toBe(false);
    type('89');
    expect(inb(IIR)).toBe(0xc4);
    inb(DATA);
    expect(irq.level).toBe(false);
    clock.advance(400_000);
    expect(inb(IIR)).toBe(0xcc);
  });

  test('each byte starts the timeout anew', () => {
    outb(FCR, 0xc1);
    outb(LCR, 0x83);
    outb(DATA, 1);
    outb(LCR, 0x03);
    outb(IER, 0x01);
    for (let i = 0; i < 5; i++) {
      type('x');
      clock.advance(300_000);
      expect(irq.level).toBe(false);
    }
    clock.advance(50_000);
    expect(irq.level).toBe(true);
  });

  test('clearing the FIFO empties it and takes the interrupt back', () => {
    outb(FCR, 0x01);
    outb(IER, 0x01);
    type('ab');
    outb(FCR, 0x03);
    expect(irq.level).toBe(false);
    expect(inb(LSR) & 1).toBe(0);
  });

  test('the queue is bounded, and says when it has room again', () => {
    let called = 0;
    uart.onCanReceive = () => {
      called++;
    };
    const flood = new Uint8Array(10_000).fill(0x78);
    const taken = uart.receive(flood);
    expect(taken).toBe(4097); // one byte moved on to the receiver
    expect(uart.receive(flood)).toBe(0);
    expect(called).toBe(0);
    expect(uart.canReceive).toBe(0);
    inb(DATA);
    expect(called).toBe(1);
    expect(uart.canReceive).toBe(1);
    let read = 1;
    while (inb(LSR) & 1) {
      inb(DATA);
      read++;
    }
    expect(read).toBe(4097);
  });

  test('loopback cuts the line: input waits', () => {
    outb(MCR, 0x10);
    type('a');
    expect(inb(LSR) & 1).toBe(0);
    outb(MCR, 0x00);
    expect(inb(LSR) & 1).toBe(1);
  });
});

test('the interrupt of highest priority shows first', () => {
  outb(IER, 0x0f);
  outb(MCR, 0x1f); // CTS, DSR, DCD stay; RI comes up
  outb(MCR, 0x10); // all fall
  outb(DATA, 1);
  outb(DATA, 2); // overrun
  const seen: number[] = [];
  seen.push(inb(IIR));
  inb(LSR);
  seen.push(inb(IIR));
  inb(DATA);
  seen.push(inb(IIR));
  seen.push(inb(IIR));
  expect(inb(MSR)).toBe(0x0f);
  seen.push(inb(IIR));
  expect(seen).toEqual([0x06, 0x04, 0x02, 0x00, 0x01]);
  expect(irq.level).toBe(false);
});

test('reset: registers go, typed input stays', () => {
  outb(IER, 0x03);
  outb(FCR, 0x01);
  type('a'.repeat(40));
  uart.reset();
  expect(irq.level).toBe(false);
  expect(inb(IER)).toBe(0);
  expect(uart.canReceive).toBe(4096 - 24);
});
