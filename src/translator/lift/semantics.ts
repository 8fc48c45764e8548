/**
 * The shape of a lifting rule. Returning false: this form is not lifted, the
 * instruction becomes a callout.
 */
import type { Instruction } from '../../decoder/instruction.ts';
import type { Lifter } from './lifter.ts';

export type Lift = (c: Lifter, i: Instruction) => boolean;
/** Rules by size-neutral mnemonic. */
export type Lifts = Readonly<Record<string, Lift>>;
