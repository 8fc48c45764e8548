/** What a benchmark cannot be run for: the user's mistake or a missing piece, in one line. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
