/** The x87 runtime as WebAssembly text; `docs/generate-x87-runtime.ts` has Binaryen assemble it into x87-bytes.ts. */
import { IMPORT_MEMORY, IMPORT_MODULE } from '../abi.ts';
import { F80_ARITHMETIC } from './f80-arithmetic.ts';
import { F80_CONVERT } from './f80-convert.ts';
import { F80_NARROW } from './f80-narrow.ts';
import { F80_SPECIAL } from './f80-special.ts';

export function x87Text(): string {
  const text = [...F80_ARITHMETIC, ...F80_SPECIAL, ...F80_CONVERT, ...F80_NARROW].join('\n');
  return `(module (import "${IMPORT_MODULE}" "${IMPORT_MEMORY}" (memory 0))\n${text})`;
}
