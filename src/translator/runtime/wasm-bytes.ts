/**
 * Pieces of WebAssembly's binary format, for the few small modules that are written by hand: those that a machine
 * needs before Binaryen is there (WebAssembly core specification, chapter 5).
 */

export const WASM_HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A signed LEB128 number. */
export function signed(value: number): number[] {
  const out: number[] = [];
  for (let v = value; ; ) {
    const byte = v & 0x7f;
    v >>= 7;
    if ((v === 0 && (byte & 0x40) === 0) || (v === -1 && (byte & 0x40) !== 0)) return [...out, byte];
    out.push(byte | 0x80);
  }
}

/** An unsigned LEB128 number. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  for (let v = value; ; v >>>= 7) {
    if (v < 0x80) return [...out, v];
    out.push((v & 0x7f) | 0x80);
  }
}

/** A section of a module. */
export function section(id: number, body: readonly number[]): number[] {
  return [id, ...unsigned(body.length), ...body];
}

/** A name, in ASCII. */
export function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** A vector: its length and its elements. */
export function vector(elements: readonly (readonly number[])[]): number[] {
  return [...unsigned(elements.length), ...elements.flat()];
}
