import { beforeEach, describe, expect, test } from 'vitest';
import { A20Gate } from '../../../src/vmm/devices/a20.ts';
import { I8042 } from '../../../src/vmm/devices/i8042.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { Port92 } from '../../../src/vmm/devices/port92.ts';
import { set1Code } from '../../../src/vmm/devices/scancodes.ts';
import { TestClock, TestLine } from './support.ts';

let io: IoBus;
let keyboardIrq: TestLine;
let auxIrq: TestLine;
let i8042: I8042;
let resets: number;
let a20Changes: boolean[];

beforeEach(() => {
  io = new IoBus();
  keyboardIrq = new TestLine();
  auxIrq = new TestLine();
  resets = 0;
  a20Changes = [];
  const a20 = new A20Gate((enabled) => a20Changes.push(enabled));
  const onReset = () => {
    resets++;
  };
  i8042 = new I8042({ clock: new TestClock(), keyboardIrq, auxIrq, a20, onReset });
  i8042.attach(io);
  new Port92(a20, onReset).attach(io);
});

const status = () => io.read(0x64, 1);
const data = () => io.read(0x60, 1);
const command = (value: number, argument?: number) => {
  io.write(0x64, 1, value);
  if (argument !== undefined) {
    io.write(0x60, 1, argument);
  }
};
/** Everything in the output buffer, with the source it claims. */
const drain = () => {
  const bytes: number[] = [];
  while (status() & 1) {
    bytes.push(data());
  }
  return bytes;
};
const ask = (value: number, argument?: number) => {
  command(value, argument);
  return drain();
};
const toKeyboard = (...bytes: number[]) => {
  for (const byte of bytes) {
    io.write(0x60, 1, byte);
  }
  return drain();
};
const toMouse = (byte: number) => ask(0xd4, byte);

describe('controller', () => {
  test('tests itself and both interfaces', () => {
    expect(status()).toBe(0x14);
    expect(ask(0xaa)).toEqual([0x55]);
    expect(ask(0xab)).toEqual([0x00]);
    expect(ask(0xa9)).toEqual([0x00]);
    expect(status() & 0x08).toBe(0x08);
  });

  test('command byte and RAM are kept', () => {
    expect(ask(0x20)).toEqual([0x45]);
    command(0x60, 0x47);
    expect(ask(0x20)).toEqual([0x47]);
    command(0x65, 0x99);
    expect(ask(0x25)).toEqual([0x99]);
    command(0xa7);
    command(0xad);
    expect(ask(0x20)).toEqual([0x77]);
    command(0xa8);
    command(0xae);
    expect(ask(0x20)).toEqual([0x47]);
  });

  test("the aux loop gives its byte back as the mouse's, with its interrupt", () => {
    command(0x60, 0x47);
    command(0xd3, 0x5a);
    expect(status() & 0x21).toBe(0x21);
    expect(auxIrq.level).toBe(true);
    expect(keyboardIrq.level).toBe(false);
    expect(data()).toBe(0x5a);
    expect(auxIrq.level).toBe(false);
    command(0xd2, 0x33);
    expect(status() & 0x21).toBe(0x01);
    expect(keyboardIrq.level).toBe(true);
    expect(data()).toBe(0x33);
  });

  test('output port: A20 and reset', () => {
    expect(ask(0xd0)).toEqual([0xc3]);
    command(0xd1, 0xc1);
    expect(a20Changes).toEqual([false]);
    expect(ask(0xd0)).toEqual([0xc1]);
    command(0xdf);
    command(0xdd);
    expect(a20Changes).toEqual([false, true, false]);
    expect(resets).toBe(0);
    command(0xfe);
    expect(resets).toBe(1);
    command(0xff);
    expect(resets).toBe(1);
    command(0xd1, 0xc2);
    expect(resets).toBe(2);
  });

  test('unknown commands are ignored', () => {
    expect(ask(0x00)).toEqual([]);
    expect(ask(0xb5)).toEqual([]);
  });
});

describe('keyboard', () => {
  test('identifies itself, translated or not', () => {
    expect(toKeyboard(0xf2)).toEqual([0xfa, 0xab, 0x41]);
    command(0x60, 0x05);
    expect(toKeyboard(0xf2)).toEqual([0xfa, 0xab, 0x83]);
  });

  test('resets, echoes, acknowledges commands with arguments, asks to resend what it does not know', () => {
    expect(toKeyboard(0xff)).toEqual([0xfa, 0xaa]);
    expect(toKeyboard(0xee)).toEqual([0xee]);
    expect(toKeyboard(0xed, 0x07)).toEqual([0xfa, 0xfa]);
    expect(i8042.keyboard.leds).toBe(7);
    expect(toKeyboard(0xf3, 0x20)).toEqual([0xfa, 0xfa]);
    expect(toKeyboard(0x12)).toEqual([0xfe]);
    command(0x60, 0x05);
    expect(toKeyboard(0xf0, 0x00)).toEqual([0xfa, 0xfa, 0x02]);
  });

  test('keys interrupt, byte by byte, translated to set 1', () => {
    expect(i8042.keyboard.send([0x1c])).toBe(true); // A
    expect(keyboardIrq.edges).toBe(1);
    expect(i8042.keyboard.send([0xf0, 0x1c])).toBe(true);
    expect(data()).toBe(0x1e);
    expect(keyboardIrq.edges).toBe(2);
    expect(data()).toBe(0x9e);
    expect(keyboardIrq.level).toBe(false);
    i8042.keyboard.send([0xe0, 0x75, 0xe0, 0xf0, 0x75]); // cursor up
    expect(drain()).toEqual([0xe0, 0x48, 0xe0, 0xc8]);
  });

  test('a disabled interface keeps keys back, and writing to it enables it', () => {
    command(0xad);
    i8042.keyboard.send([0x1c]);
    expect(status() & 1).toBe(0);
    command(0xae);
    expect(drain()).toEqual([0x1e]);
    expect(toKeyboard(0xf5)).toEqual([0xfa]);
    expect(i8042.keyboard.send([0x1c])).toBe(false);
    expect(toKeyboard(0xf4)).toEqual([0xfa]);
  });

  test('its queue is bounded, whole key strokes at a time', () => {
    let sent = 0;
    while (i8042.keyboard.send([0xe0, 0xf0, 0x75])) {
      sent++;
      expect(sent).toBeLessThan(1000);
    }
    for (let i = 0; i < 1000; i++) {
      io.write(0x60, 1, 0xff);
      io.write(0x60, 1, 0xf2);
    }
    expect(drain().length).toBeLessThan(100);
  });

  test('every set 1 code from 01h to 58h but 55h has its key', () => {
    const reached = new Set(Array.from({ length: 0x85 }, (_, code) => set1Code(code)));
    for (let code = 0x01; code <= 0x58; code++) {
      if (code !== 0x55) {
        expect(reached.has(code), code.toString(16)).toBe(true);
      }
    }
    expect(set1Code(0x83)).toBe(0x41);
    expect(set1Code(0xfa)).toBe(0xfa);
  });
});

describe('mouse', () => {
  test('identifies itself, is set up, and is at rest', () => {
    expect(toMouse(0xff)).toEqual([0xfa, 0xaa, 0x00]);
    expect(toMouse(0xf2)).toEqual([0xfa, 0x00]);
    expect(toMouse(0xe8)).toEqual([0xfa]);
    expect(toMouse(0x03)).toEqual([0xfa]);
    expect(toMouse(0xf3)).toEqual([0xfa]);
    expect(toMouse(200)).toEqual([0xfa]);
    expect(toMouse(0xf4)).toEqual([0xfa]);
    expect(toMouse(0xe9)).toEqual([0xfa, 0x20, 3, 200]);
    expect(toMouse(0xeb)).toEqual([0xfa, 0x08, 0, 0]);
    expect(toMouse(0x01)).toEqual([0xfe]);
  });

  test('its bytes are marked and interrupt on IRQ 12 if enabled', () => {
    command(0x60, 0x47);
    command(0xd4, 0xf2);
    expect(status() & 0x21).toBe(0x21);
    expect(auxIrq.edges).toBe(1);
    data();
    expect(auxIrq.edges).toBe(2);
    data();
    expect(auxIrq.level).toBe(false);
  });
});

describe('port 92h', () => {
  test('shares A20 with the controller, the last writer winning', () => {
    expect(io.read(0x92, 1)).toBe(0x02);
    io.write(0x92, 1, 0x00);
    expect(a20Changes).toEqual([false]);
    expect(ask(0xd0)).toEqual([0xc1]);
    command(0xd1, 0xc3);
    expect(io.read(0x92, 1)).toBe(0x02);
  });

  test('resets on the rising edge of bit 0', () => {
    io.write(0x92, 1, 0x03);
    io.write(0x92, 1, 0x03);
    expect(resets).toBe(1);
    io.write(0x92, 1, 0x02);
    io.write(0x92, 1, 0x03);
    expect(resets).toBe(2);
  });
});

test('reset brings back the first state', () => {
  command(0x60, 0x00);
  i8042.keyboard.send([0x1c]);
  command(0xd1);
  i8042.reset();
  expect(status()).toBe(0x14);
  expect(keyboardIrq.level).toBe(false);
  expect(ask(0x20)).toEqual([0x45]);
});
