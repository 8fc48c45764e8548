/**
 * WebAssembly instructions by Binaryen's name for them, for the IR's `op`:
 * the SIMD and floating-point ones need no operator of their own in the IR.
 */
import type { Emitter, ExpressionRef } from './emitter.ts';

type Builder = (...args: (ExpressionRef | bigint | readonly number[])[]) => ExpressionRef;

/** The function of a Binaryen module that builds `name`, as "f64x2.add" or "i32.trunc_s_sat.f64". */
function builder(m: Emitter, name: string): Builder {
  let at: unknown = m.module;
  for (const part of name.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
  if (typeof at !== 'function') throw new Error(`IR: no WebAssembly instruction "${name}"`);
  return at as Builder;
}

/** Builds the instruction. `imm` goes where Binaryen wants it: a lane before the new value, a mask or constant last. */
export function wasmOperation(
  m: Emitter,
  name: string,
  args: readonly ExpressionRef[],
  imm: number | readonly number[] | undefined,
): ExpressionRef {
  const build = builder(m, name);
  if (imm === undefined) return build(...args);
  if (name === 'i64.const') return build(BigInt(imm as number));
  return args.length === 2 && typeof imm === 'number' ? build(args[0]!, imm, args[1]!) : build(...args, imm);
}
