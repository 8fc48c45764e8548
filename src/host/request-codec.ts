/**
 * A batch of requests as two arrays, words and code bytes: the structured clone
 * of the objects themselves costs the guest's thread several times as much.
 */
import type { Mode } from '../translator/mode.ts';
import type { BlockRequest, LinkTarget, RegionRequest } from '../translator/region.ts';

/** A batch that can be sent to another thread. Its arrays' buffers may be transferred. */
export interface PackedRequests {
  readonly words: Int32Array<ArrayBuffer>;
  /** The blocks' bytes, one after the other. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** Modes that the words tell by their index. */
  readonly modes: readonly Mode[];
}

/** Flags of a region and of a block. */
const LOW = 1;
const HEAT = 2;
const BRANCHES = 1;
const TARGETS = 2;

/** Words of a region, a block and a link without what they contain. */
const REGION_WORDS = 7;
const BLOCK_WORDS = 6;
const LINK_WORDS = 3;

function sizes(requests: readonly RegionRequest[]): { words: number; bytes: number } {
  let words = 1;
  let bytes = 0;
  for (const { blocks, links } of requests) {
    words += REGION_WORDS + links.length * LINK_WORDS;
    for (const block of blocks) {
      words += BLOCK_WORDS + (block.targets?.length ?? 0);
      bytes += block.bytes.length;
    }
  }
  return { words, bytes };
}

export function packRequests(requests: readonly RegionRequest[]): PackedRequests {
  const size = sizes(requests);
  const words = new Int32Array(size.words);
  const code = new Uint8Array(size.bytes);
  const modes: Mode[] = [];
  let at = 0;
  let codeAt = 0;
  const put = (value: number): void => {
    words[at++] = value;
  };
  put(requests.length);
  for (const { id, mode, modeId, blocks, links, tier, heat } of requests) {
    let known = modes.indexOf(mode);
    if (known < 0) known = modes.push(mode) - 1;
    put(id);
    put(modeId);
    put(known);
    put((tier === 'low' ? LOW : 0) | (heat === undefined ? 0 : HEAT));
    put(heat ?? 0);
    put(blocks.length);
    put(links.length);
    for (const { eip, bytes, tlbWord, tlbWordNext, targets, branches } of blocks) {
      put(eip);
      put(bytes.length);
      put(tlbWord);
      put(tlbWordNext);
      put((branches === true ? BRANCHES : 0) | (targets === undefined ? 0 : TARGETS));
      put(targets?.length ?? 0);
      if (targets !== undefined) for (const target of targets) put(target);
      code.set(bytes, codeAt);
      codeAt += bytes.length;
    }
    for (const { eip, slot, tlbWord } of links) {
      put(eip);
      put(slot);
      put(tlbWord);
    }
  }
  return { words, code, modes };
}

/** What was packed. The blocks' bytes are views of `code`. */
export function unpackRequests({ words, code, modes }: PackedRequests): RegionRequest[] {
  let at = 0;
  let codeAt = 0;
  const get = (): number => words[at++]!;
  const block = (): BlockRequest => {
    const eip = get();
    const length = get();
    const tlbWord = get();
    const tlbWordNext = get();
    const flags = get();
    const targets = Array.from({ length: get() }, get);
    const bytes = code.subarray(codeAt, codeAt + length);
    codeAt += length;
    return {
      eip,
      bytes,
      tlbWord,
      tlbWordNext,
      ...((flags & TARGETS) !== 0 && { targets }),
      ...((flags & BRANCHES) !== 0 && { branches: true }),
    };
  };
  const link = (): LinkTarget => ({ eip: get(), slot: get(), tlbWord: get() });
  return Array.from({ length: get() }, (): RegionRequest => {
    const id = get();
    const modeId = get();
    const mode = modes[get()]!;
    const flags = get();
    const heat = get();
    const blockCount = get();
    const linkCount = get();
    return {
      id,
      mode,
      modeId,
      blocks: Array.from({ length: blockCount }, block),
      links: Array.from({ length: linkCount }, link),
      ...((flags & LOW) !== 0 && { tier: 'low' as const }),
      ...((flags & HEAT) !== 0 && { heat }),
    };
  });
}
