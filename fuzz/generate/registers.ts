/**
 * The general registers as a generator sees them while it makes an instruction: what they
 * hold when it runs, and a way to make them hold something.
 */
export interface Registers {
  /** What a register holds, or undefined where that is not known. */
  get(register: number): number | undefined;
  /** Makes a register hold a value when the instruction runs. */
  want(register: number, value: number): void;
  /** Puts bytes into memory before the case begins; left out where that would damage what is there. */
  poke(linear: number, bytes: Uint8Array | readonly number[]): void;
}

export function le16(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

export function le32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
