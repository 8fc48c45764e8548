/**
 * The memory of one case after another in a vCPU: between two cases only pages are touched that the earlier one
 * changed or the later one brings.
 *
 * What holds: `image` is the initial memory of the case that was loaded last; it differs from the machine's RAM at
 * most in pages noted as written.
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
  private readonly backgrounds = new Map<string, Uint8Array>();
  /** Pages in which the image, or RAM, is not the base. */
  private readonly touched = new Uint8Array(PAGES);

  /** @param cpu with exactly {@link CASE_MEMORY} of RAM, all zero */
  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.ram = cpu.u8.subarray(RAM, RAM + CASE_MEMORY);
  }

  /** Puts a case's initial memory in place. The TLB must be empty. */
  load(c: FuzzCase): void {
    const { memory } = this.cpu;
    memory.written.take((page) => this.touch(page));
    this.setBackground(c.background);
    for (let page = 0; page < PAGES; page++) {
      if (this.touched[page] === 0) continue;
      this.touched[page] = 0;
      const bytes = this.base.subarray(page << 12, (page + 1) << 12);
      this.image.set(bytes, page << 12);
      memory.writeBytes(page << 12, bytes);
    }
    for (const { at, bytes } of c.patches) {
      this.image.set(bytes, at);
      memory.writeBytes(at, bytes);
      for (let page = at >>> 12; page << 12 < at + bytes.length; page++) this.touched[page] = 1;
    }
    memory.written.take(() => {});
  }

  /** What differs from the case's initial memory now, ascending. */
  written(): Patch[] {
    const pages: number[] = [];
    this.cpu.memory.written.take((page) => pages.push(page));
    this.cpu.tlb.dropAllWrites();
    const found: Patch[] = [];
    for (const page of pages.sort((a, b) => a - b)) {
      this.touch(page);
      if (page < PAGES) differences(this.ram, this.image, page << 12, found);
    }
    return join(found);
  }

  private touch(page: number): void {
    if (page < PAGES) this.touched[page] = 1;
  }

  private setBackground(next: Background | undefined): void {
    const now = this.background;
    if (now?.at === next?.at && now?.size === next?.size && now?.seed === next?.seed) return;
    this.background = next;
    if (now) this.paint(now.at, new Uint8Array(now.size));
    if (next) this.paint(next.at, this.words(next));
  }

  private paint(at: number, bytes: Uint8Array): void {
    this.base.set(bytes, at);
    for (let page = at >>> 12; page << 12 < at + bytes.length; page++) this.touched[page] = 1;
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
