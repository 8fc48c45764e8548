/**
 * The names of the passes, apart from the passes: whoever checks a name need
 * not load the translator. A test holds them equal to the pipeline's.
 */
export const PASS_NAMES: readonly string[] = ['fold', 'dead-flags'];
