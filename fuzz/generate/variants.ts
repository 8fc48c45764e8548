/**
 * Several cases with the same code and memory and other registers: translating dominates where each case has code of its
 * own, and an instruction is tried by the values it meets.
 */
import type { FuzzCase } from '../case.ts';
import type { Aim } from './aims.ts';
import type { Draw } from './draw.ts';
import { aimedMxcsr, FPU_INITIAL, MXCSR_INITIAL, randomFpu, randomXmm, XMM_INITIAL } from './values.ts';

/** Cases in a row that have the same code, unless somebody wants it otherwise. */
export const VARIANTS = 16;

/** A case, and what may be changed in it. */
export interface Drawn {
  readonly case: FuzzCase;
  /** General registers that no address, and nothing else in it, was made to fit: bit n for register n. */
  readonly free: number;
  readonly aim?: Aim | undefined;
  /** For the host's processor: addresses stay as they are. */
  readonly host: boolean;
}

const ARITHMETIC = 0x8d5;
const DF = 0x400;

/** Interrupts at other times. */
function moved(draw: Draw, interrupts: FuzzCase['interrupts']): FuzzCase['interrupts'] {
  const times = interrupts.map(({ after }) => (draw.once(2) ? draw.below(400) : after + draw.below(4)));
  times.sort((a, b) => a - b);
  return interrupts.map(({ vector }, n) => ({ after: times[n]!, vector }));
}

/** The same code in another state; registers that are not free are changed too, now and then. */
export function variantOf(draw: Draw, drawn: Drawn, name: string): FuzzCase {
  const { initial } = drawn.case;
  const gpr = initial.gpr.map((value, n) => {
    if ((drawn.free >>> n) & 1) return draw.once(8) ? value : draw.extreme() >>> 0;
    if (drawn.host || !draw.once(32)) return value;
    return (draw.once(2) ? value + draw.between(-16, 16) : draw.extreme()) >>> 0;
  });
  const flags = (draw.word() & ARITHMETIC) | (draw.once(4) ? DF : 0);
  const { interrupts } = drawn.case;
  return {
    ...drawn.case,
    name,
    // The same code interrupted elsewhere.
    interrupts: interrupts.length === 0 ? interrupts : moved(draw, interrupts),
    initial: {
      ...initial,
      gpr,
      eflags: ((initial.eflags & ~(ARITHMETIC | DF)) | flags) >>> 0,
      fpu: initial.fpu === FPU_INITIAL ? FPU_INITIAL : randomFpu(draw, drawn.aim === 'pending'),
      mxcsr:
        initial.mxcsr === MXCSR_INITIAL && initial.xmm === XMM_INITIAL ? MXCSR_INITIAL : aimedMxcsr(draw, drawn.aim),
      xmm: initial.xmm === XMM_INITIAL ? XMM_INITIAL : randomXmm(draw),
    },
  };
}
