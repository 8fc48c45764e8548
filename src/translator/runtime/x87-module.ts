/**
 * The runtime module of translated x87 code: functions on 80-bit numbers that
 * read the control word in the machine's memory and change nothing. Its own
 * implementation: it shares nothing with the interpreter's.
 */
import { IMPORT_MEMORY, IMPORT_MODULE } from '../abi.ts';
import type { Raw } from '../lower/binaryen-raw.ts';
import { F80_ARITHMETIC } from './f80-arithmetic.ts';
import { F80_CONVERT } from './f80-convert.ts';
import { F80_NARROW } from './f80-narrow.ts';
import { F80_SPECIAL } from './f80-special.ts';

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

const built = new WeakMap<Raw, WebAssembly.Module>();

/** The runtime module, built and compiled once a thread. It imports the machine's memory. */
export function x87Module(raw: Raw): WebAssembly.Module {
  const known = built.get(raw);
  if (known) return known;
  const { binaryen } = raw;
  const text = [...F80_ARITHMETIC, ...F80_SPECIAL, ...F80_CONVERT, ...F80_NARROW].join('\n');
  const module = binaryen.parseText(`(module (import "${IMPORT_MODULE}" "${IMPORT_MEMORY}" (memory 0))\n${text})`);
  try {
    const F = binaryen.Features;
    module.setFeatures(F.MVP | F.SignExt | F.NontrappingFPToInt | F.Multivalue);
    const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>);
    built.set(raw, compiled);
    return compiled;
  } finally {
    module.dispose();
  }
}
