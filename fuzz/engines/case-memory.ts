/**
 * The memory of one case after another in a vCPU: between two cases only bytes are touched that the earlier one
 * changed or the later one brings.
 *
 * What holds: `image` is the initial memory of the case that was loaded last; it differs from the machine's RAM at
 * most in bytes known as changed and in pages noted as written.
 */
import type { Cpu } from '../../src/cpu/cpu.ts';
import { RAM } from '../../src/cpu/layout.ts';
import { type Background, backgroundWords, CASE_MEMORY, type FuzzCase, type Patch } from '../case.ts';

const PAGES = CASE_MEMORY >>> 12;
/** Backgrounds kept: campaigns draw their seeds from a few. */
const KEPT = 32;

/** Bytes that differ between two pages, as patches. */
function differences(now: Uint8Array, before: Uint8Array, from: number, found: Patch[]): void {
  const a = new Int32Array(now.buffer, now.byteOffset + from, 1024);
  const b = new Int32Array(before.buffer, before.byteOffset + from, 1024);
  let start = -1;
  const end = (to: number) => {
    if (start >= 0) found.push({ at: start, bytes: now.slice(start, to) });
    start = -1;
  };
  for (let n = 0; n < 1024; n++) {
    if (a[n] === b[n]) {
      if (start >= 0) end(from + n * 4);
      continue;
    }
    for (let k = from + n * 4; k < from + n * 4 + 4; k++) {
      if (now[k] === before[k]) end(k);
      else if (start < 0) start = k;
    }
  }
  end(from + 0x1000);
}

export class CaseMemory {
  private readonly cpu: Cpu;
  private readonly ram: Uint8Array;
  /** Initial memory of the case; without its patches in `base`. */
  private readonly image = new Uint8Array(CASE_MEMORY);
  private readonly base = new Uint8Array(CASE_MEMORY);
  private background: Background | undefined;
  private patches: readonly Patch[] = [];
  private readonly backgrounds = new Map<string, Uint8Array>();
  /** Where RAM is known not to be the image; and pages noted as written may not be. */
  private changed: readonly Patch[] = [];

  /** @param cpu with exactly {@link CASE_MEMORY} of RAM, all zero */
  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.ram = cpu.u8.subarray(RAM, RAM + CASE_MEMORY);
  }

  /**
   * Puts a case's initial memory in place. The TLB must be empty. Where it is the earlier case's, only what that has
   * written is restored: code is not written again.
   */
  load(c: FuzzCase): void {
    const { memory } = this.cpu;
    // Whoever has run and did not ask what was written.
    const changed = [...this.changed, ...this.found()];
    this.changed = [];
    if (c.patches === this.patches && sameBackground(c.background, this.background)) {
      for (const { at, bytes } of changed) memory.writeBytes(at, this.image.subarray(at, at + bytes.length));
    } else {
      for (const { at, bytes } of this.patches) this.image.set(this.base.subarray(at, at + bytes.length), at);
      this.setBackground(c.background);
      for (const list of [this.patches, changed]) {
        for (const { at, bytes } of list) memory.writeBytes(at, this.base.subarray(at, at + bytes.length));
      }
      for (const { at, bytes } of c.patches) {
        this.image.set(bytes, at);
        memory.writeBytes(at, bytes);
      }
      this.patches = c.patches;
    }
    memory.written.take(() => {});
  }

  /** What differs from the case's initial memory now, ascending. */
  written(): readonly Patch[] {
    const found = this.found();
    this.cpu.tlb.dropAllWrites();
    this.changed = this.changed.length === 0 ? found : [...this.changed, ...found];
    return found;
  }

  /** What differs from the image in pages that were noted as written since the last call. */
  private found(): readonly Patch[] {
    const pages: number[] = [];
    this.cpu.memory.written.take((page) => pages.push(page));
    const found: Patch[] = [];
    for (const page of pages.sort((a, b) => a - b)) {
      if (page < PAGES) differences(this.ram, this.image, page << 12, found);
    }
    return join(found);
  }

  private setBackground(next: Background | undefined): void {
    const now = this.background;
    if (sameBackground(now, next)) return;
    this.background = next;
    if (now) this.paint(now.at, new Uint8Array(now.size));
    if (next) this.paint(next.at, this.words(next));
  }

  /** The image must be the base. */
  private paint(at: number, bytes: Uint8Array): void {
    this.base.set(bytes, at);
    this.image.set(bytes, at);
    this.cpu.memory.writeBytes(at, bytes);
  }

  private words({ seed, size }: Background): Uint8Array {
    const key = `${seed}:${size}`;
    let known = this.backgrounds.get(key);
    if (known === undefined) {
      if (this.backgrounds.size >= KEPT) this.backgrounds.clear();
      known = new Uint8Array(backgroundWords(seed, size).buffer);
      this.backgrounds.set(key, known);
    }
    return known;
  }
}

function sameBackground(a: Background | undefined, b: Background | undefined): boolean {
  return a === b || (a?.at === b?.at && a?.size === b?.size && a?.seed === b?.seed);
}

/** Joins patches that meet at the end of a page. */
function join(patches: readonly Patch[]): Patch[] {
  const out: Patch[] = [];
  for (const patch of patches) {
    const last = out.at(-1);
    if (last === undefined || last.at + last.bytes.length !== patch.at) {
      out.push(patch);
      continue;
    }
    const bytes = new Uint8Array(last.bytes.length + patch.bytes.length);
    bytes.set(last.bytes);
    bytes.set(patch.bytes, last.bytes.length);
    out[out.length - 1] = { at: last.at, bytes };
  }
  return out;
}
