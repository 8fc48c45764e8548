/**
 * Pieces of WebAssembly's binary format, for the few small modules that are written by hand: those that a machine
 * needs before Binaryen is there (WebAssembly core specification, chapter 5).
 */

import { ByteSink } from '../lower/direct/byte-sink.ts';

export const WASM_HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A signed LEB128 number of 32 bits. */
export function signed(value: number): readonly number[] {
  return written((out) => out.signed(value));
}

/** An unsigned LEB128 number of 32 bits. */
export function unsigned(value: number): readonly number[] {
  return written((out) => out.unsigned(value));
}

function written(write: (out: ByteSink) => void): readonly number[] {
  const out = new ByteSink(8);
  write(out);
  return [...out.view()];
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
