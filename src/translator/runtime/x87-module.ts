/**
 * The runtime module of translated x87 code: functions on 80-bit numbers that
 * read the control word in the machine's memory and change nothing. Its own
 * implementation: it shares nothing with the interpreter's.
 */
import { X87_BYTES } from './x87-bytes.ts';

/**
 * Signatures: parameters as letters (l = i64, i = i32; a number is "li"), and
 * whether the result is a number with its word, or one i32.
 */
export const X87_FUNCTIONS = {
  add: { params: 'lili', number: true },
  mul: { params: 'lili', number: true },
  div: { params: 'lili', number: true },
  sqrt: { params: 'li', number: true },
  rint: { params: 'li', number: true },
  fromInt: { params: 'l', number: true },
  toF32: { params: 'li', number: true },
  toF64: { params: 'li', number: true },
  /** (number, bits, chop). */
  toInt: { params: 'liii', number: true },
  /** (number, number, quiet) -> condition bits, or negative. */
  compare: { params: 'lilii', number: false },
  /** (number) -> condition bits. */
  examine: { params: 'li', number: false },
} as const;
export type X87Function = keyof typeof X87_FUNCTIONS;

/** Names under which region modules import the functions. */
export const X87_MODULE = 'x87';

let built: WebAssembly.Module | undefined;

/** The runtime module, compiled once a thread. It imports the machine's memory. */
export function x87Module(): WebAssembly.Module {
  built ??= new WebAssembly.Module(Uint8Array.from(atob(X87_BYTES.join('')), (c) => c.charCodeAt(0)));
  return built;
}
