/**
 * Reads the bytes of the instruction that is being decoded.
 *
 * What holds here: no byte at or after the end is read; a read that would need one gives
 * zero and is remembered, so that the decoder asks once, when it is done.
 * The state is the module's: one decode is under way at a time.
 */

let code: Uint8Array = new Uint8Array(0);
let at = 0;
let end = 0;
let short = false;

/** Begins at `offset`; `limit` is the first byte that must not be read. */
export function startReading(bytes: Uint8Array, offset: number, limit: number): void {
  code = bytes;
  at = offset;
  end = limit;
  short = false;
}

/** Index of the next byte. */
export function position(): number {
  return at;
}

/** Did a read need a byte at or after the end? */
export function ranShort(): boolean {
  return short;
}

export function u8(): number {
  if (at >= end) {
    short = true;
    return 0;
  }
  return code[at++] as number;
}

export function i8(): number {
  return (u8() << 24) >> 24;
}

export function u16(): number {
  const low = u8();
  return low | (u8() << 8);
}

export function i16(): number {
  return (u16() << 16) >> 16;
}

export function i32(): number {
  if (at + 4 > end) {
    at = end;
    short = true;
    return 0;
  }
  const value =
    (code[at] as number) |
    ((code[at + 1] as number) << 8) |
    ((code[at + 2] as number) << 16) |
    ((code[at + 3] as number) << 24);
  at += 4;
  return value;
}
