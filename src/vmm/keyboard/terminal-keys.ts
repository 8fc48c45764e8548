/**
 * Keys as a terminal sends them (characters, escape sequences of xterm, VT220 and Linux' console), as positions that
 * are pressed together. What is half there is kept for the next bytes; a lone Escape is told by `flush`.
 */
import { keysFor } from './characters.ts';
import { keyPosition } from './key-names.ts';

export type Chord = readonly number[];

const ESC = 0x1b;
/** Longest sequence that is waited for. */
const MAX_SEQUENCE = 16;

/** Final bytes of CSI and SS3 sequences. */
const FINALS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  M: 'kp_enter',
};
/** Numbers before a tilde. */
const TILDES: readonly (readonly [first: number, names: string])[] = [
  [1, 'home insert delete end pgup pgdn home end'],
  [11, 'f1 f2 f3 f4 f5'],
  [17, 'f6 f7 f8 f9 f10'],
  [23, 'f11 f12'],
];
const SHIFT = 0x2a;
const ALT = 0x38;
const CONTROL = 0x1d;

function tildeKey(number: number): string | undefined {
  for (const [first, names] of TILDES) {
    const name = names.split(' ')[number - first];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Modifiers as xterm counts them: 1 and bits for Shift, Alt, Ctrl. */
function modifiers(parameter: number): number[] {
  const bits = parameter >= 2 && parameter <= 8 ? parameter - 1 : 0;
  return [
    ...((bits & 1) !== 0 ? [SHIFT] : []),
    ...((bits & 2) !== 0 ? [ALT] : []),
    ...((bits & 4) !== 0 ? [CONTROL] : []),
  ];
}

export class TerminalKeys {
  private pending: number[] = [];

  /** Whether an Escape waits for what may follow it. */
  get waiting(): boolean {
    return this.pending.length > 0;
  }

  /** The chords that these bytes complete. */
  read(bytes: Uint8Array): Chord[] {
    const chords: Chord[] = [];
    for (const byte of bytes) {
      const chord = this.take(byte);
      if (chord !== undefined && chord.length > 0) chords.push(chord);
    }
    return chords;
  }

  /** Nothing has followed for a while: what is pending is what was typed. */
  flush(): Chord[] {
    const bytes = this.pending;
    this.pending = [];
    if (bytes.length === 0) return [];
    if (bytes.length === 1) return [keysFor('\x1b')!];
    const rest = bytes.slice(1).map((byte) => String.fromCharCode(byte));
    return rest.map((character) => [ALT, ...(keysFor(character) ?? [])]);
  }

  /** A chord, an empty one for what is no key, or undefined while there is more to come. */
  private take(byte: number): Chord | undefined {
    const { pending } = this;
    if (pending.length === 0) {
      if (byte !== ESC) return keysFor(String.fromCharCode(byte)) ?? [];
      pending.push(byte);
      return undefined;
    }
    const second = pending[1];
    if (second === undefined && byte !== 0x5b && byte !== 0x4f) {
      if (byte === ESC) return keysFor('\x1b');
      this.pending = [];
      const keys = keysFor(String.fromCharCode(byte));
      return keys === undefined ? [] : [ALT, ...keys];
    }
    pending.push(byte);
    if (pending.length > MAX_SEQUENCE) {
      this.pending = [];
      return [];
    }
    // Linux' console has a second bracket before its first five function keys.
    const linux = pending.length === 3 && byte === 0x5b;
    if (pending.length < 3 || byte < 0x40 || byte > 0x7e || linux) return undefined;
    this.pending = [];
    return sequence(String.fromCharCode(...pending.slice(2)));
  }
}

/** The chord of a sequence behind ESC [ or ESC O. */
function sequence(text: string): Chord {
  const linux = /^\[([A-E])$/.exec(text);
  if (linux !== null) return named(`f${linux[1]!.charCodeAt(0) - 0x40}`, []);
  if (text === 'Z') return [SHIFT, keyPosition('tab')!];
  const match = /^(\d*)(?:;(\d+))?([A-Z~])$/.exec(text);
  if (match === null) return [];
  const [, number = '', modifier = '', final = ''] = match;
  const name = final === '~' ? tildeKey(Number(number)) : FINALS[final];
  return name === undefined ? [] : named(name, modifiers(Number(modifier || '1')));
}

function named(name: string, held: readonly number[]): Chord {
  const position = keyPosition(name);
  return position === undefined ? [] : [...held, position];
}
