/**
 * The known name nearest to a mistyped one, by edit distance.
 */

/** Levenshtein distance: single-character insertions, deletions and replacements. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The nearest of `known` to `word`; the first of equals; undefined when `known` is empty. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  // Names are short: a long word needs no exact distance to be far from all of them.
  const typed = word.slice(0, 64).toLowerCase();
  for (const name of known) {
    const distance = editDistance(typed, name.toLowerCase());
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/** "; did you mean 'x'?", or nothing when there is nothing to name. */
export function didYouMean(word: string, known: readonly string[], dash = ''): string {
  const name = nearest(word, known);
  return name === undefined ? '' : `; did you mean '${dash}${name}'?`;
}
