// Small ROM images for machines under test: real-mode code at F000:0000, entered through the reset vector.

const SIZE = 0x1_0000;
const RESET_VECTOR = 0xfff0;

/** Code as bytes, or as {@link hex} text. */
export type Code = number | readonly number[] | string;

/** A 64 KiB ROM that runs `code`, which may use all of the first 60 KiB. */
export function rom(...code: readonly Code[]): Uint8Array {
  const image = new Uint8Array(SIZE).fill(0xf4);
  const bytes = code.flatMap((part) => (typeof part === 'string' ? hex(part) : part));
  if (bytes.length > 0xf000) throw new RangeError(`ROM code of ${bytes.length} bytes: too long`);
  image.set(bytes);
  image.set([0xea, 0x00, 0x00, 0x00, 0xf0], RESET_VECTOR); // jmp far F000:0000
  return image;
}

/** Bytes from hexadecimal digits; what follows a semicolon up to the line's end is a comment. */
export function hex(text: string): number[] {
  const digits = text.replace(/;.*$/gm, '').replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new RangeError(`'${digits}': not hexadecimal`);
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** Code that writes each character to a port below 100h. */
export function print(text: string, port: number): number[] {
  return [...text].flatMap((c) => [0xb0, c.charCodeAt(0), 0xe6, port]); // mov al, c; out port, al
}

/** cli; hlt: the end. */
export const HALT = [0xfa, 0xf4];
