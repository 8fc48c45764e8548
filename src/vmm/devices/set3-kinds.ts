/**
 * What each key sends in scan code set 3: whether it repeats while it is held,
 * and whether its release is sent.
 */
import { set3Code } from './scancodes.ts';

const REPEATS = 1;
const RELEASES = 2;

/** By the order of the commands F7h to FAh and FBh to FDh. */
const KINDS = [REPEATS, RELEASES, 0, REPEATS | RELEASES];

/** Positions of keys that repeat at first: those that type, and the cursor's. */
const TYPING: readonly (readonly [first: number, last: number])[] = [
  [0x02, 0x0e],
  [0x0f, 0x1c],
  [0x1e, 0x29],
  [0x2b, 0x35],
  [0x39, 0x39],
  [0x56, 0x56],
  [0xc8, 0xc8],
  [0xcb, 0xcb],
  [0xcd, 0xcd],
  [0xd0, 0xd0],
  [0xd3, 0xd3],
];
/** Those whose release is sent: Ctrl, both Shifts, Alt, Caps Lock. */
const HOLDING = [0x1d, 0x2a, 0x36, 0x38, 0x3a];

export class Set3Kinds {
  /** By set 3 code. */
  private readonly kinds = new Uint8Array(256);

  setDefaults(): void {
    this.kinds.fill(0);
    for (const [first, last] of TYPING) {
      for (let position = first; position <= last; position++) this.kinds[set3Code(position)] = REPEATS;
    }
    for (const position of HOLDING) this.kinds[set3Code(position)] = RELEASES;
  }

  /** @param kind 0 repeating, 1 with release, 2 neither, 3 both */
  setAll(kind: number): void {
    this.kinds.fill(KINDS[kind] as number);
  }

  setOne(code: number, kind: number): void {
    this.kinds[code & 0xff] = KINDS[kind] as number;
  }

  repeats(position: number): boolean {
    return ((this.kinds[set3Code(position)] as number) & REPEATS) !== 0;
  }

  sendsRelease(position: number): boolean {
    return ((this.kinds[set3Code(position)] as number) & RELEASES) !== 0;
  }
}
