/**
 * Limit and rights checks of accesses through a segment (SDM vol. 3 sections 5.3 and 5.4).
 */
import type { Cpu } from './cpu.ts';
import { ATTR_CODE, ATTR_DB, ATTR_EC, ATTR_P, ATTR_RW } from './descriptors.ts';
import { VEC_GP, VEC_SS } from './exceptions.ts';
import { SS } from './registers.ts';

/** Readable / writable. */
export const CAN_READ = 1;
export const CAN_WRITE = 2;

/** What a usable, expand-up segment with these attributes permits, as bits CAN_READ, CAN_WRITE; 0 for expand-down ones. */
export function segmentAccess(attr: number): number {
  if ((attr & ATTR_P) === 0) return 0;
  if ((attr & ATTR_CODE) !== 0) return (attr & ATTR_RW) !== 0 ? CAN_READ : 0;
  if ((attr & ATTR_EC) !== 0) return 0;
  return (attr & ATTR_RW) !== 0 ? CAN_READ | CAN_WRITE : CAN_READ;
}

/**
 * Checks an access of `size` bytes at `offset` and returns its linear address.
 * @throws #SS(0) for the stack segment, #GP(0) for the others
 */
export function checkSegment(cpu: Cpu, seg: number, offset: number, size: number, write: boolean): number {
  const attr = cpu.segAttr(seg);
  const vector = seg === SS ? VEC_SS : VEC_GP;
  const code = (attr & ATTR_CODE) !== 0;
  // Null selectors leave attr 0: not present, #GP even for SS.
  if ((attr & ATTR_P) === 0) cpu.raise(seg === SS ? VEC_SS : VEC_GP, 0);
  if (write ? code || (attr & ATTR_RW) === 0 : code && (attr & ATTR_RW) === 0) cpu.raise(VEC_GP, 0);
  const first = offset >>> 0;
  const last = first + size - 1;
  const limit = cpu.segLimit(seg) >>> 0;
  if (!code && (attr & ATTR_EC) !== 0) {
    const top = (attr & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
    if (first <= limit || last > top) cpu.raise(vector, 0);
  } else if (last > limit && !(limit === 0xffff_ffff)) {
    cpu.raise(vector, 0);
  }
  return (cpu.segBase(seg) + offset) | 0;
}
