// Keys in the three scan code sets, repeating, and what a run of input plays to them.
import { beforeEach, describe, expect, it } from 'vitest';
import { chordBytes, InputPorts, keyBytes, mouseBytes } from '../../../src/vmm/devices/input-ports.ts';
import { Ps2Keyboard } from '../../../src/vmm/devices/ps2-keyboard.ts';
import { Ps2Mouse } from '../../../src/vmm/devices/ps2-mouse.ts';
import { PAUSE, PRINT_SCREEN } from '../../../src/vmm/devices/scancodes.ts';
import { TestClock } from './support.ts';

const A = 0x1e;
const UP = 0xc8;
const CTRL = 0x1d;
const ALT = 0x38;

let clock: TestClock;
let keyboard: Ps2Keyboard;
beforeEach(() => {
  clock = new TestClock();
  keyboard = new Ps2Keyboard(clock);
});

const hexOf = (bytes: readonly number[]) => bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ');
function sent(device: { take(): number } = keyboard): string {
  const bytes: number[] = [];
  for (let byte = device.take(); byte >= 0; byte = device.take()) bytes.push(byte);
  return hexOf(bytes);
}
function tap(position: number): string {
  keyboard.key(position, true);
  const down = sent();
  keyboard.key(position, false);
  return `${down} / ${sent()}`;
}
function ask(...bytes: number[]): string {
  for (const byte of bytes) keyboard.receive(byte);
  return sent();
}

describe('scan code sets', () => {
  it('set 2', () => {
    expect(tap(A)).toBe('1c / f0 1c');
    expect(tap(UP)).toBe('e0 75 / e0 f0 75');
    expect(tap(PAUSE)).toBe('e1 14 77 e1 f0 14 f0 77 / ');
    expect(tap(PRINT_SCREEN)).toBe('e0 12 e0 7c / e0 f0 7c e0 f0 12');
    keyboard.key(CTRL, true);
    sent();
    expect(tap(PAUSE)).toBe('e0 7e e0 f0 7e / ');
    expect(tap(PRINT_SCREEN)).toBe('e0 7c / e0 f0 7c');
    keyboard.key(CTRL, false);
    keyboard.key(ALT, true);
    sent();
    expect(tap(PRINT_SCREEN)).toBe('84 / f0 84');
  });

  it('set 1', () => {
    expect(ask(0xf0, 1)).toBe('fa fa');
    expect(tap(A)).toBe('1e / 9e');
    expect(tap(UP)).toBe('e0 48 / e0 c8');
    expect(tap(PAUSE)).toBe('e1 1d 45 e1 9d c5 / ');
    expect(tap(PRINT_SCREEN)).toBe('e0 2a e0 37 / e0 b7 e0 aa');
    expect(ask(0xf0, 0)).toBe('fa fa 01');
  });

  it('set 3: releases as each key was told', () => {
    ask(0xf0, 3);
    expect(tap(A)).toBe('1c / ');
    expect(tap(CTRL)).toBe('11 / f0 11');
    expect(tap(0x9d)).toBe('58 / ');
    ask(0xfc, 0x1c, 0xf4); // make and break for A, until a command
    expect(tap(A)).toBe('1c / f0 1c');
    ask(0xfa);
    expect(tap(UP)).toBe('63 / f0 63');
    ask(0xf9);
    expect(tap(CTRL)).toBe('11 / ');
  });

  it('every key of a PC keyboard has a code in each, and no two the same', () => {
    const positions = [...Array.from({ length: 0x53 }, (_, n) => n + 1), 0x56, 0x57, 0x58];
    positions.push(
      0x9c,
      0x9d,
      0xb5,
      0xb8,
      0xc7,
      0xc8,
      0xc9,
      0xcb,
      0xcd,
      0xcf,
      0xd0,
      0xd1,
      0xd2,
      0xd3,
      0xdb,
      0xdc,
      0xdd,
    );
    for (const set of [1, 2, 3]) {
      ask(0xf0, set);
      const seen = new Set(positions.map(tap));
      expect(seen.size).toBe(positions.length);
      expect(seen.has(' / ')).toBe(false);
    }
  });

  it('a key that is down does not go down again; a position without a key sends nothing', () => {
    keyboard.key(A, true);
    keyboard.key(A, true);
    expect(sent()).toBe('1c');
    keyboard.key(0x7f, true);
    keyboard.key(0x7f, false);
    expect(sent()).toBe('');
  });

  it('a command in the place of an argument is carried out', () => {
    expect(ask(0xed, 0xf2)).toBe('fa fa ab 83');
  });
});

describe('repeating', () => {
  it('the last key pressed, after a delay and at a rate that can be set', () => {
    keyboard.key(A, true);
    sent();
    clock.advance(490e6);
    expect(sent()).toBe('');
    clock.advance(20e6);
    expect(sent()).toBe('1c');
    keyboard.key(A, false);
    sent();
    clock.advance(5e9);
    expect(sent()).toBe('');
    ask(0xf3, 0x00); // 250 ms, 30 a second
    keyboard.key(A, true);
    keyboard.key(UP, true);
    sent();
    let repeated = '';
    for (let n = 0; n < 100; n++) {
      clock.advance(10e6);
      repeated += sent() === 'e0 75' ? '+' : '.';
    }
    expect(repeated.indexOf('+')).toBe(24);
    expect(repeated.split('+').length - 1).toBeGreaterThan(20);
  });

  it('does not pile up where nobody reads', () => {
    keyboard.key(A, true);
    clock.advance(60e9);
    expect(sent()).toBe('1c');
  });
});

describe('the mouse', () => {
  const mouse = () => {
    const made = new Ps2Mouse();
    const one = (byte: number) => {
      made.receive(byte);
      return sent(made);
    };
    return { made, send: (...bytes: number[]) => bytes.map(one).join(' | ') };
  };

  it('reports movement and buttons in stream mode, in parts where a packet has no room for all', () => {
    const { made, send } = mouse();
    made.move(5, 5, 0);
    expect(sent(made)).toBe('');
    send(0xf4);
    made.move(1, -2, 0);
    expect(sent(made)).toBe('28 01 fe');
    made.press(0b101);
    expect(sent(made)).toBe('0d 00 00');
    made.move(-300, 600, 0);
    expect(sent(made)).toBe('1d 01 ff 1d d3 ff 0d 00 5a');
  });

  it('has a wheel, and five buttons, for who asks so', () => {
    const { made, send } = mouse();
    send(0xf3, 200, 0xf3, 100, 0xf3, 80);
    expect(send(0xf2)).toBe('fa 03');
    send(0xf4);
    made.move(0, 0, -1);
    expect(sent(made)).toBe('08 00 00 ff');
    send(0xf3, 200, 0xf3, 200, 0xf3, 80);
    expect(send(0xf2)).toBe('fa 04');
    made.press(0b10000);
    expect(sent(made)).toBe('08 00 00 20');
  });

  it('is asked in remote mode, echoes in wrap mode, tells its state', () => {
    const { made, send } = mouse();
    send(0xf4, 0xf0);
    made.move(3, 4, 0);
    expect(sent(made)).toBe('');
    expect(send(0xeb)).toBe('fa 08 03 04');
    made.press(0b010);
    expect(send(0xe9)).toBe('fa 61 02 64');
    expect(send(0xee, 0x12, 0xeb, 0xec)).toBe('fa | 12 | eb | fa');
  });

  it('scales by two', () => {
    const { made, send } = mouse();
    send(0xe7, 0xf4);
    made.move(3, -10, 0);
    expect(sent(made)).toBe('28 03 ec');
  });

  it('keeps what does not fit, up to a bound', () => {
    const { made, send } = mouse();
    send(0xf4);
    for (let n = 0; n < 10_000; n++) made.move(100, 0, 0);
    const bytes = sent(made).split(' ');
    expect(bytes.length % 3).toBe(0);
    expect(bytes.length).toBeLessThan(200);
  });
});

describe('input as bytes', () => {
  it('plays chords one after the other, released in reverse', () => {
    const ports = new InputPorts(clock, keyboard, new Ps2Mouse());
    ports.receiveKeys(chordBytes([CTRL, ALT, 0xd3], 100));
    ports.receiveKeys(chordBytes([A], 50));
    expect(sent()).toBe('14 11 e0 71');
    clock.advance(101e6);
    expect(sent()).toBe('e0 f0 71 f0 11 f0 14');
    clock.advance(21e6);
    expect(sent()).toBe('1c');
    clock.advance(49e6);
    expect(sent()).toBe('f0 1c');
    ports.receiveKeys(keyBytes(A, true));
    ports.receiveKeys(keyBytes(A, false));
    expect(sent()).toBe('1c f0 1c');
  });

  it('the mouse by its state and movement', () => {
    const mouse = new Ps2Mouse();
    const ports = new InputPorts(clock, keyboard, mouse);
    mouse.receive(0xf4);
    sent(mouse);
    ports.receiveMouse(mouseBytes(1, 10, -20, 0));
    expect(sent(mouse)).toBe('09 00 00 29 0a ec');
  });

  it('takes any bytes, and keeps a bounded number of chords', () => {
    const ports = new InputPorts(clock, keyboard, new Ps2Mouse());
    for (let n = 0; n < 3000; n++) {
      ports.receiveKeys(Uint8Array.of(n, n >> 3, n * 7, 255, n * 3));
      ports.receiveMouse(Uint8Array.of(n, n, n * 7, 255, n * 3, 1, 2, 3));
      ports.receiveKeys(chordBytes([n & 0xff], 65535));
    }
    clock.advance(1024 * 70e9);
    expect(clock.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});
