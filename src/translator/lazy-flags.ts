/**
 * Lazy flags on the TypeScript side: rebuilding the six status flags from the
 * operands that translated code left. The interpreter has its own flag code;
 * nothing is shared with it.
 */
import { EFLAGS } from '../cpu/layout.ts';
import { AF, CF, FLAGS_ARITH, OF, PF, SF, ZF } from '../cpu/registers.ts';
import * as abi from './abi.ts';

/** PF of a byte by table: bit set where the byte has an even number of ones. */
const PARITY = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  let ones = 0;
  for (let b = i; b !== 0; b >>= 1) ones += b & 1;
  PARITY[i] = (ones & 1) === 0 ? PF : 0;
}

/** The six status flags, in EFLAGS positions, of a lazy state (see abi.ts). */
export function flagsOf(kindWord: number, a: number, b: number, r: number, c: number, x: number): number {
  const kind = kindWord & 15;
  const size = (kindWord >>> 4) & 15;
  const top = size * 8 - 1;
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  let flags: number;
  if (kind === abi.FLAGS_WORD) {
    flags = a & FLAGS_ARITH;
  } else {
    if (kind === abi.FLAGS_ADD) b = (r - a) & mask;
    else if (kind === abi.FLAGS_SUB) r = (a - b) & mask;
    flags = PARITY[r & 0xff]! | ((r & mask) === 0 ? ZF : 0) | (((r >>> top) & 1) !== 0 ? SF : 0);
    switch (kind) {
      case abi.FLAGS_ADD:
      case abi.FLAGS_ADC:
        if (((((a & b) | ((a | b) & ~r)) >>> top) & 1) !== 0) flags |= CF;
        if (((((a ^ r) & (b ^ r)) >>> top) & 1) !== 0) flags |= OF;
        flags |= (a ^ b ^ r) & AF;
        break;
      case abi.FLAGS_SUB:
      case abi.FLAGS_SBB:
        if (((((~a & b) | ((~a | b) & r)) >>> top) & 1) !== 0) flags |= CF;
        if (((((a ^ b) & (a ^ r)) >>> top) & 1) !== 0) flags |= OF;
        flags |= (a ^ b ^ r) & AF;
        break;
      case abi.FLAGS_INC:
        flags |= c & 1;
        if ((r & mask) >>> 0 === 2 ** top) flags |= OF;
        if ((r & 15) === 0) flags |= AF;
        break;
      case abi.FLAGS_DEC:
        flags |= c & 1;
        if ((r & mask) >>> 0 === 2 ** top - 1) flags |= OF;
        if ((r & 15) === 15) flags |= AF;
        break;
      case abi.FLAGS_RESULT:
        flags |= c & 1;
        if ((b & 1) !== 0) flags |= OF;
        break;
    }
  }
  if ((kindWord & abi.OVERRIDE_CF) !== 0) flags = (flags & ~CF) | (x & CF);
  if ((kindWord & abi.OVERRIDE_OF) !== 0) flags = (flags & ~OF) | (x & OF);
  return flags;
}

/** Writes the lazy flags in memory into EFLAGS and marks them as written. */
export function materializeFlags(state: Int32Array): void {
  const kind = state[abi.FLAGS_KIND >> 2]!;
  if (kind === abi.FLAGS_IN_EFLAGS) return;
  const at = abi.FLAGS_A >> 2;
  const flags = flagsOf(kind, state[at]!, state[at + 1]!, state[at + 2]!, state[at + 3]!, state[at + 4]!);
  state[EFLAGS >> 2] = (state[EFLAGS >> 2]! & ~FLAGS_ARITH) | flags;
  state[abi.FLAGS_KIND >> 2] = abi.FLAGS_IN_EFLAGS;
}
