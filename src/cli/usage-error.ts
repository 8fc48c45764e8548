/**
 * Bad use of the command line: told in one line, ends with status 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends of the process, as documented in the README. */
export const EXIT_OK = 0;
export const EXIT_INTERNAL = 1;
export const EXIT_USAGE = 2;
export const EXIT_LIMIT = 3;
export const EXIT_TRIPLE_FAULT = 4;
/** Verification found a difference. */
export const EXIT_DIFFERENCE = 5;
