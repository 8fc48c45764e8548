/** Arguments in one string, as a shell would take them apart: blanks separate, quotes of either kind keep together. */
import { BenchError } from './bench-error.ts';

/** @throws BenchError for a quote without its end */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const c of text) {
    if (quote !== '') {
      if (c === quote) quote = '';
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + c;
    }
  }
  if (quote !== '') throw new BenchError(`a ${quote} without its end in: ${text.slice(0, 60)}`);
  if (word !== undefined) words.push(word);
  return words;
}
