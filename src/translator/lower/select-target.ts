/**
 * The choice among a region's own blocks at an indirect branch: by comparisons
 * where there are few, else by a table over a hash of the target that tells them apart,
 * and one comparison. What is none of them falls through.
 */
import type { Emitter, ExpressionRef } from './emitter.ts';
import { TARGET } from './locals.ts';

/** Comparisons one after the other cost less than a table up to this many. */
const FEW = 3;
/** Largest table, in bits. */
const MAX_BITS = 7;
/** Factors tried for each size. */
const TRIALS = 100;

/** (target * factor) >>> shift, of 32 bits. */
export interface Hash {
  readonly factor: number;
  readonly shift: number;
}

export function hashOf(target: number, { factor, shift }: Hash): number {
  return Math.imul(target, factor) >>> shift;
}

/** A multiplicative hash that differs for all targets; undefined where none was found for a small table. */
export function perfectHash(targets: readonly number[]): Hash | undefined {
  for (let bits = Math.ceil(Math.log2(targets.length)); bits <= MAX_BITS; bits++) {
    // Odd numbers, spread by the golden ratio (Knuth, The Art of Computer Programming, 6.4).
    for (
      let n = 1, factor = 0x9e37_79b1 | 0;
      n <= TRIALS;
      n++, factor = (Math.imul(n, 0x6c07_8965) ^ 0x9e37_79b0) | 1
    ) {
      const hash = { factor, shift: 32 - bits };
      if (new Set(targets.map((t) => hashOf(t, hash))).size === targets.length) return hash;
    }
  }
  return undefined;
}

/** Code that goes along `edge` to the target that local TARGET holds; an edge never comes back. */
export function selectTarget(
  m: Emitter,
  label: number,
  targets: readonly number[],
  edge: (eip: number) => ExpressionRef[],
): ExpressionRef[] {
  const isTarget = (eip: number) => m.bin('eq', m.get(TARGET), m.con(eip));
  const hash = targets.length > FEW ? perfectHash(targets) : undefined;
  if (hash === undefined) return targets.map((eip) => m.if(isTarget(eip), m.block(null, edge(eip))));
  const miss = `target${label}-miss`;
  const table = new Array<string>(2 ** (32 - hash.shift)).fill(miss);
  const name = (k: number) => `target${label}-${k}`;
  targets.forEach((eip, k) => {
    table[hashOf(eip, hash)] = name(k);
  });
  const index = m.bin('shr', m.bin('mul', m.get(TARGET), m.con(hash.factor)), m.con(hash.shift));
  let code: ExpressionRef[] = [m.switch(table, miss, index)];
  targets.forEach((eip, k) => {
    const differs = m.bin('ne', m.get(TARGET), m.con(eip));
    code = [m.block(name(k), code), m.if(differs, m.br(miss)), ...edge(eip)];
  });
  return [m.block(miss, code)];
}
