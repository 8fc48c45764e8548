/**
 * What an x87 operation needs beside its operands, and what it reports beside
 * its result: rounding and precision control and the exception masks on one
 * side, the exception flags and C1's "rounded up" on the other.
 */

/** Exception flags, at their places in the status word and (as masks) in the control word. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
/** All six. */
export const EXCEPTIONS = 0x3f;

/** Rounding control. */
export const RC_NEAREST = 0;
export const RC_DOWN = 1;
export const RC_UP = 2;
export const RC_CHOP = 3;

/** The control word of FNINIT: all masked, 64 bits, to nearest. */
export const CONTROL_INITIAL = 0x37f;

export class FloatContext {
  /** Control word the fields below were taken from. */
  control = CONTROL_INITIAL;
  /** Rounding control: one of RC_*. */
  rounding = RC_NEAREST;
  /** Bits of significand that results keep: 24, 53 or 64. */
  precision = 64;
  /** Exception flags raised by the operation. */
  flags = 0;
  /** 1 when the result was rounded away from zero (C1). */
  roundedUp = 0;

  /** Starts an operation under this control word. */
  begin(control: number): void {
    this.flags = 0;
    this.roundedUp = 0;
    if (control !== this.control) this.setControl(control);
  }

  private setControl(control: number): void {
    this.control = control;
    this.rounding = (control >>> 10) & 3;
    const pc = (control >>> 8) & 3;
    this.precision = pc === 0 ? 24 : pc === 2 ? 53 : 64;
  }

  /** Raises a flag; true when its exception is unmasked. */
  raise(flag: number): boolean {
    this.flags |= flag;
    return (this.control & flag) === 0;
  }
}
