/**
 * Keys and mouse movements as bytes, as an input log holds them, and what plays
 * them to the devices: chords are pressed one after the other, each held for its time of the guest's clock.
 *
 * What holds: the same bytes at the same moments do the same, so a run can be repeated from its log.
 */
import type { Clock } from './clock.ts';
import type { Ps2Keyboard } from './ps2-keyboard.ts';
import type { Ps2Mouse } from './ps2-mouse.ts';

/** Actions of a key. A chord's keys are pressed together and released in reverse order after a time. */
const UP = 0;
const DOWN = 1;
const CHORD = 2;
/** position, action, and for a chord milliseconds in two bytes, lowest first. */
const KEY_BYTES = 4;
/** buttons, then dx, dy and dz in two bytes each, signed, lowest first. */
const MOUSE_BYTES = 7;
/** Chords that wait for those before them; what is more is lost. */
const MAX_WAITING = 1024;
/** Between the release of a chord and the next one, in ns. */
const GAP_NS = 20e6;

export function keyBytes(position: number, down: boolean): Uint8Array {
  return Uint8Array.of(position, down ? DOWN : UP, 0, 0);
}

/** @param milliseconds how long the keys are held, 0 to 65535 */
export function chordBytes(positions: readonly number[], milliseconds: number): Uint8Array {
  return Uint8Array.from(positions.flatMap((p) => [p, CHORD, milliseconds & 0xff, (milliseconds >>> 8) & 0xff]));
}

/**
 * @param buttons the state of all: left, right, middle in bits 0 to 2
 * @param dx to the right, @param dy upwards, @param dz of the wheel, towards the user; -32768 to 32767
 */
export function mouseBytes(buttons: number, dx: number, dy: number, dz: number): Uint8Array {
  return Uint8Array.from([buttons, ...[dx, dy, dz].flatMap((value) => [value & 0xff, (value >> 8) & 0xff])]);
}

interface Chord {
  readonly positions: readonly number[];
  readonly ns: number;
}

export class InputPorts {
  private readonly clock: Clock;
  private readonly keyboard: Ps2Keyboard;
  private readonly mouse: Ps2Mouse;
  private readonly waiting: Chord[] = [];
  private playing = false;

  constructor(clock: Clock, keyboard: Ps2Keyboard, mouse: Ps2Mouse) {
    this.clock = clock;
    this.keyboard = keyboard;
    this.mouse = mouse;
  }

  /** Keys; bytes that are no whole event are dropped. Consecutive chord keys make one chord. */
  receiveKeys(bytes: Uint8Array): void {
    let positions: number[] = [];
    let ns = 0;
    for (let at = 0; at + KEY_BYTES <= bytes.length; at += KEY_BYTES) {
      const [position, action, low, high] = bytes.subarray(at, at + KEY_BYTES) as unknown as [
        number,
        number,
        number,
        number,
      ];
      if (action === CHORD) {
        positions.push(position);
        ns = (low | (high << 8)) * 1e6;
      } else {
        this.add({ positions, ns });
        positions = [];
        this.keyboard.key(position, action === DOWN);
      }
    }
    this.add({ positions, ns });
  }

  receiveMouse(bytes: Uint8Array): void {
    for (let at = 0; at + MOUSE_BYTES <= bytes.length; at += MOUSE_BYTES) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, MOUSE_BYTES);
      const [dx, dy, dz] = [view.getInt16(1, true), view.getInt16(3, true), view.getInt16(5, true)];
      this.mouse.press(bytes[at] as number);
      if (dx !== 0 || dy !== 0 || dz !== 0) this.mouse.move(dx, dy, dz);
    }
  }

  private add(chord: Chord): void {
    if (chord.positions.length === 0 || this.waiting.length >= MAX_WAITING) return;
    this.waiting.push(chord);
    if (!this.playing) this.next();
  }

  private next(): void {
    const chord = this.waiting.shift();
    this.playing = chord !== undefined;
    if (chord === undefined) return;
    for (const position of chord.positions) this.keyboard.key(position, true);
    this.clock.schedule(this.clock.now() + chord.ns, () => {
      for (const position of chord.positions.toReversed()) this.keyboard.key(position, false);
      this.clock.schedule(this.clock.now() + GAP_NS, () => this.next());
    });
  }
}
