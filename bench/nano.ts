/**
 * Nanobenchmarks: the operations of guests/nano, and nanoseconds an operation from the times of its loops. From each
 * the time of an empty turn is taken off, for the loop itself is not what is measured.
 */
import type { Figure } from './suite.ts';

/** The loop without an operation. */
const EMPTY = 'empty';

/** In the order in which the guest runs them. */
export const NANO_OPERATIONS = [
  EMPTY,
  'syscall',
  'int80',
  'in',
  'crwr',
  'callret',
  'pgfault',
  'divzero',
  'ptemod',
  'popf',
  'intiret',
  'cr3',
  'pteinvl',
  'smc',
  'indirect',
] as const;

/** What is told where an operation and an empty turn took the same time: less cannot be told apart. */
export const LEAST_NS = 0.01;

/** @param loops nanoseconds a turn, the empty one among them */
export function operationTimes(loops: readonly Figure[]): Figure[] {
  const empty = loops.find((loop) => loop.item === EMPTY)?.value;
  if (empty === undefined) return [];
  return loops.map((loop) => (loop.item === EMPTY ? loop : { ...loop, value: Math.max(LEAST_NS, loop.value - empty) }));
}
