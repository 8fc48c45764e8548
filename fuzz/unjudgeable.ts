/**
 * Cells of the coverage matrix that no oracle there is can judge, by rule, each with the reason.
 */
import type { Cell } from './cells.ts';

/** Why no oracle judges a cell; undefined where one can. */
export function unjudgeable(_cell: Cell): string | undefined {
  return undefined;
}
