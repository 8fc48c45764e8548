/** Single bytes of a case's initial memory, without putting all of it together. */
import { type Background, backgroundWords, type FuzzCase, type Patch } from '../../case.ts';

let background: Background | undefined;
let words: Uint8Array = new Uint8Array(0);

function patched(patches: readonly Patch[], at: number): number | undefined {
  for (let n = patches.length - 1; n >= 0; n--) {
    const patch = patches[n]!;
    if (at >= patch.at && at < patch.at + patch.bytes.length) return patch.bytes[at - patch.at]!;
  }
  return undefined;
}

/** The byte at a physical address, when the case begins, or after `written`. */
export function byteAt(c: FuzzCase, at: number, written: readonly Patch[] = []): number {
  const found = patched(written, at) ?? patched(c.patches, at);
  if (found !== undefined) return found;
  const b = c.background;
  if (b === undefined || at < b.at || at >= b.at + b.size) return 0;
  if (background?.seed !== b.seed || background.size !== b.size) {
    words = new Uint8Array(backgroundWords(b.seed, b.size).buffer);
    background = b;
  }
  return words[at - b.at]!;
}
