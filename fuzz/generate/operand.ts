/**
 * ModR/M, SIB and displacement of a memory operand that lies at a given place:
 * a form of address is drawn first, then registers and displacement are made to fit.
 */
import type { Draw } from './draw.ts';
import { le16, le32, type Registers } from './registers.ts';

const SS = 2;
const DS = 3;
const EBX = 3;
const ESP = 4;
const EBP = 5;
const ESI = 6;
const EDI = 7;

/** A form of address before its place is known. */
export interface AddressForm {
  readonly narrow: boolean;
  readonly mod: number;
  readonly rm: number;
  /** Registers, or -1. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Segment that it has without an override. */
  readonly segment: number;
}

const BASES_16: readonly (readonly [base: number, index: number])[] = [
  [EBX, ESI],
  [EBX, EDI],
  [EBP, ESI],
  [EBP, EDI],
  [ESI, -1],
  [EDI, -1],
  [EBP, -1],
  [EBX, -1],
];

/**
 * Draws a form.
 * @param avoid registers that must not be part of it, as bits
 */
export function addressForm(draw: Draw, narrow: boolean, avoid: number): AddressForm {
  const mod = draw.below(3);
  const rm = draw.below(8);
  const free = (register: number) => register < 0 || ((avoid >>> register) & 1) === 0;
  if (narrow) {
    const [base, index] = mod === 0 && rm === 6 ? [-1, -1] : BASES_16[rm]!;
    if (!free(base) || !free(index)) return { narrow, mod: 0, rm: 6, base: -1, index: -1, scale: 0, segment: DS };
    return { narrow, mod, rm, base, index, scale: 0, segment: base === EBP ? SS : DS };
  }
  if (rm !== ESP) {
    const base = mod === 0 && rm === EBP ? -1 : rm;
    if (!free(base)) return { narrow, mod: 0, rm: EBP, base: -1, index: -1, scale: 0, segment: DS };
    return { narrow, mod, rm, base, index: -1, scale: 0, segment: base === EBP ? SS : DS };
  }
  const chosen = draw.below(8);
  let base = mod === 0 && chosen === EBP ? -1 : chosen;
  let index = draw.below(8);
  if (index === ESP || !free(index)) index = -1;
  if (!free(base)) {
    // No base: EBP's number with mod 0.
    return { narrow, mod: 0, rm, base: -1, index, scale: draw.below(4), segment: DS };
  }
  if (base === index && mod !== 2) index = -1;
  if (base < 0) base = -1;
  return { narrow, mod, rm, base, index, scale: draw.below(4), segment: base === ESP || base === EBP ? SS : DS };
}

/** A displacement of 8 bits. */
function shortDisplacement(draw: Draw): number {
  return draw.once(4) ? draw.pick([-128, 127, -1, 0]) : draw.between(-128, 127);
}

/** Makes the base hold what leads to `offset` with the rest of the address; without a base the displacement does. */
function solve(draw: Draw, form: AddressForm, offset: number, registers: Registers): number {
  const { mod, base, index, narrow } = form;
  if (index >= 0 && registers.get(index) === undefined) registers.want(index, draw.extreme());
  const scaled = index < 0 ? 0 : (registers.get(index) ?? 0) << form.scale;
  if (base < 0) return (offset - scaled) | 0;
  const known = registers.get(base);
  const long = mod === 2;
  // With a displacement of full size the base may hold anything; the same register twice leaves no other way.
  if (known !== undefined && long && (base === index || draw.once(2))) return (offset - scaled - known) | 0;
  const displacement = mod === 0 ? 0 : mod === 1 ? shortDisplacement(draw) : draw.extreme();
  const value = (offset - scaled - displacement) | 0;
  registers.want(base, narrow ? (value & 0xffff) | (draw.once(2) ? 0 : draw.word() & ~0xffff) : value);
  return displacement;
}

/** Adds ModR/M and what follows it to `out`. `reg` is the middle field. */
export function putMemory(
  draw: Draw,
  form: AddressForm,
  reg: number,
  offset: number,
  registers: Registers,
  out: number[],
): void {
  const { mod, rm, narrow, base, index, scale } = form;
  const displacement = solve(draw, form, offset, registers);
  out.push((mod << 6) | (reg << 3) | rm);
  if (narrow) {
    if (mod === 1) out.push(displacement & 0xff);
    else if (mod === 2 || (mod === 0 && rm === 6)) out.push(...le16(displacement));
    return;
  }
  if (rm === ESP) out.push((scale << 6) | ((index < 0 ? ESP : index) << 3) | (base < 0 ? EBP : base));
  if (mod === 1) out.push(displacement & 0xff);
  else if (mod === 2 || base < 0) out.push(...le32(displacement));
}
