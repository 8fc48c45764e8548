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
  private readonly ordinary = new Uint8Array(8);
  /** Registers that hold the same value have the same number. */
  private readonly values = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  private nextValue = 8;
  private readonly temporaries: Record<WideType, number> = { v128: 0, f64: 0, f32: 0, i64: 0 };

  beginInstruction(): void {
    const t = this.temporaries;
    t.v128 = t.f64 = t.f32 = t.i64 = 0;
  }

  temporary(type: WideType): number {
    return this.temporaries[type]++;
  }

  /** What is known of a register. */
  known(r: number): number {
    return this.ordinary[r]!;
  }

  /** A register takes a new value of which `ordinary` is known. */
  assign(r: number, ordinary: number): void {
    this.ordinary[r] = ordinary;
    this.values[r] = this.nextValue++;
  }

  /** A register takes all of another's value. */
  copy(to: number, from: number): void {
    this.ordinary[to] = this.ordinary[from]!;
    this.values[to] = this.values[from]!;
  }

  /** A check has shown that a register's value is ordinary. */
  learn(r: number, ordinary: number): void {
    for (let q = 0; q < 8; q++) if (this.values[q] === this.values[r]) this.ordinary[q]! |= ordinary;
  }

  /** After something that may have changed any of the state. */
  forget(): void {
    this.arithmeticChecked = false;
    this.mmxEntered = false;
    this.ordinary.fill(0);
  }
}
