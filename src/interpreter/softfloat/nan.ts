/**
 * Operands that are no numbers: which NaN an operation with NaN operands
 * gives (SDM vol. 1 table 4-7), and unsupported formats.
 */
import type { FloatContext } from './context.ts';
import { IE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_MAX, isNaN80, isSignallingNaN, isUnsupported, QUIET_BIT } from './float80.ts';

/** Invalid operation: raises IE, and gives the real indefinite. */
export function invalid(c: FloatContext, out: Float80): void {
  c.flags |= IE;
  out.setIndefinite();
}

/** If the operand is a NaN or unsupported, sets the result and flags and returns true. */
export function nanOperand(c: FloatContext, a: Float80, out: Float80): boolean {
  if ((a.se & EXP_MAX) === 0) return false;
  if (isUnsupported(a)) {
    invalid(c, out);
    return true;
  }
  if (!isNaN80(a)) return false;
  if (isSignallingNaN(a)) c.flags |= IE;
  out.set(a.se, a.hi | QUIET_BIT, a.lo);
  return true;
}

/** If an operand is a NaN or unsupported, sets the result and flags and returns true. */
export function nanOperands(c: FloatContext, a: Float80, b: Float80, out: Float80): boolean {
  if (isUnsupported(a) || isUnsupported(b)) {
    invalid(c, out);
    return true;
  }
  const aNaN = isNaN80(a);
  const bNaN = isNaN80(b);
  if (!aNaN && !bNaN) return false;
  const aSignals = isSignallingNaN(a);
  const bSignals = isSignallingNaN(b);
  if (aSignals || bSignals) c.flags |= IE;
  let chosen = a;
  if (!aNaN) chosen = b;
  else if (bNaN) chosen = aSignals === bSignals ? larger(a, b) : aSignals ? b : a;
  out.set(chosen.se, chosen.hi | QUIET_BIT, chosen.lo);
  return true;
}

/** The NaN with the larger significand; of equal ones the positive. */
function larger(a: Float80, b: Float80): Float80 {
  if (a.hi !== b.hi) return a.hi >>> 0 > b.hi >>> 0 ? a : b;
  if (a.lo !== b.lo) return a.lo >>> 0 > b.lo >>> 0 ? a : b;
  return a.se < b.se ? a : b;
}
