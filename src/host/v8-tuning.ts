/** Switches of V8 that suit this program. For a process that does nothing else: the command line's. */
import { setFlagsFromString } from 'node:v8';

/**
 * Bytecode executed between two looks at whether a function is worth optimizing; V8's default is a quarter. The translator
 * is hundreds of functions that see new kinds of code all the time: optimized early, most are optimized again and again,
 * on the processors that the guest needs (docs/decisions.md).
 */
const INTERRUPT_BUDGET = 264_000;

/** Sets them, for all threads. To be called before much code has run. */
export function tuneV8(): void {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
