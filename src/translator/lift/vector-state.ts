/**
 * What lifting knows of SIMD and x87 state at a point of a block: which checks
 * need not be made again, and which values are ordinary.
 */
import type { WideType } from '../ir.ts';

/** The lowest double of the register is zero, normal or infinite: neither NaN nor denormal. */
export const ORDINARY_F64 = 1;
/** The same of the lowest single. */
export const ORDINARY_F32 = 2;
/** The same of both doubles, of all four singles. */
export const ORDINARY_F64X2 = 4 | ORDINARY_F64;
export const ORDINARY_F32X4 = 8 | ORDINARY_F32;

export class VectorState {
  /** MXCSR is known to be what the fast path of arithmetic wants. */
  arithmeticChecked = false;
  /** No x87 exception is pending, TOP is 0 and all registers are valid: an MMX instruction came before. */
  mmxEntered = false;
  /** ORDINARY_* of each XMM register. */
  readonly ordinary = new Uint8Array(8);
  private readonly temporaries: Record<WideType, number> = { v128: 0, f64: 0, f32: 0, i64: 0 };

  beginInstruction(): void {
    const t = this.temporaries;
    t.v128 = t.f64 = t.f32 = t.i64 = 0;
  }

  temporary(type: WideType): number {
    return this.temporaries[type]++;
  }

  /** After something that may have changed any of the state. */
  forget(): void {
    this.arithmeticChecked = false;
    this.mmxEntered = false;
    this.ordinary.fill(0);
  }
}
