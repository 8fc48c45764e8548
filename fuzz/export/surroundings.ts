/**
 * What a report needs in the memory of a case that was not made for it: a code segment for its handlers, a stack
 * for what comes from outer levels, the image's pages in the page tables. Whatever is changed for that is noted.
 */
import { CR0_PE, CR0_PG, CR4_PAE, CS, LDTR, SS, TR, VM } from '../../src/cpu/registers.ts';
import { type FuzzCase, SEGMENT_NAMES, type SegmentState } from '../case.ts';
import { initialPhysical, initialWord } from '../initial-memory.ts';

/** The image lies here. */
export const IMAGE = 0x20_0000;
const MAX_IMAGE_PAGES = 256;

/** Where the image ends at the latest, its stack included: its code and what the case has in memory. */
export function imageEnd(c: FuzzCase): number {
  const bytes = c.patches.reduce((sum, patch) => sum + patch.bytes.length, 0);
  return IMAGE + Math.min(MAX_IMAGE_PAGES, 16 + Math.ceil(bytes / 0x1000)) * 0x1000;
}

const FLAT_CODE = [0x0000_ffff, 0x00cf_9b00] as const;
const FLAT_DATA = [0x0000_ffff, 0x00cf_9300] as const;

/** A descriptor's two words for what a segment register holds. */
export function descriptorWords({ base, limit, attributes }: SegmentState): readonly [number, number] {
  const scaled = (attributes & 0x80_0000) !== 0 ? limit >>> 12 : limit & 0xf_ffff;
  const low = ((scaled & 0xffff) | (base << 16)) >>> 0;
  const high = (base & 0xff00_0000) | ((base >>> 16) & 0xff) | (scaled & 0xf_0000) | (attributes & 0xf0_ff00);
  return [low, high >>> 0];
}

export interface Surroundings {
  /** Words to be written over the case's memory, by physical address. */
  readonly words: ReadonlyMap<number, number>;
  /** The handlers' code segment; 0 where there is no room for one. */
  readonly handlerCode: number;
  readonly notes: readonly string[];
}

class Mender {
  readonly words = new Map<number, number>();
  readonly notes: string[] = [];
  private readonly c: FuzzCase;
  constructor(c: FuzzCase) {
    this.c = c;
  }

  note(text: string): void {
    this.notes.push(text);
  }

  read(at: number): number {
    return this.words.get(at) ?? initialWord(this.c, at);
  }

  /** Writes at a linear address. */
  write(linear: number, value: number): void {
    this.words.set(initialPhysical(this.c, linear >>> 0), value >>> 0);
  }

  private entry(selector: number): number {
    const { gdtr, segments } = this.c.initial;
    const table = (selector & 4) !== 0 ? segments[LDTR]! : gdtr;
    return (table.base + (selector & 0xfff8)) >>> 0;
  }

  private words2(selector: number): readonly [number, number] {
    const at = this.entry(selector);
    return [this.read(initialPhysical(this.c, at)), this.read(initialPhysical(this.c, at + 4))];
  }

  /** A selector of level 0 for a flat segment: one that is there, or one put where nothing is. */
  flat(words: readonly [number, number]): number {
    const { limit } = this.c.initial.gdtr;
    const same = (at: number) => {
      const [low, high] = this.words2(at);
      return low === words[0] && ((high ^ words[1]) & ~0x100) === 0;
    };
    for (let at = 8; at + 7 <= limit; at += 8) if (same(at)) return at;
    for (let at = (limit - 7) & ~7; at >= 8; at -= 8) {
      const [low, high] = this.words2(at);
      if (low !== 0 || high !== 0) continue;
      this.write(this.entry(at), words[0]);
      this.write(this.entry(at) + 4, words[1]);
      this.note(`descriptor ${at.toString(16)} was empty: the report has put one of its own there`);
      return at;
    }
    this.note('the GDT has no room for the report: an exception ends in a shutdown');
    return 0;
  }

  /** Has a segment that is loaded with the case's own tables find what its register holds. */
  loadable(n: number): void {
    const segment = this.c.initial.segments[n]!;
    const wanted = descriptorWords(segment);
    const [low, high] = this.words2(segment.selector);
    if (low === wanted[0] && ((high ^ wanted[1]) & ~0x100) === 0) return;
    this.write(this.entry(segment.selector), wanted[0]);
    this.write(this.entry(segment.selector) + 4, wanted[1]);
    this.note(`the descriptor of ${SEGMENT_NAMES[n]} was not what the register holds: it has been put into its table`);
  }

  /** SS0 and ESP0, for exceptions of outer levels. */
  innerStack(): void {
    const { base } = this.c.initial.segments[TR]!;
    const [low, high] = this.words2(this.read(initialPhysical(this.c, base + 8)) & 0xffff);
    const good = low === FLAT_DATA[0] && ((high ^ FLAT_DATA[1]) & ~0x100) === 0;
    if (good) return;
    this.write(base + 4, imageEnd(this.c));
    this.write(base + 8, this.flat(FLAT_DATA));
    this.note('the task segment had no level-0 stack that works: it has been given one');
  }

  /** Maps the image one to one, for the supervisor. */
  map(): void {
    const { cr3 } = this.c.initial;
    const slot = (cr3 & ~0xfff) + (IMAGE >>> 22) * 4;
    const table = this.read(slot);
    if ((table & 0x81) !== 1) {
      this.note('the page directory has no table for the image: this does not start');
      return;
    }
    const end = imageEnd(this.c);
    for (let page = IMAGE; page < end; page += 0x1000) {
      this.words.set((table & ~0xfff) + ((page >>> 12) & 0x3ff) * 4, page | 0x63);
    }
    this.note(`linear ${IMAGE.toString(16)} to ${(end - 1).toString(16)} are mapped to this image`);
  }
}

/** Works out what has to be changed. */
export function surroundingsOf(c: FuzzCase): Surroundings {
  const { initial } = c;
  const mender = new Mender(c);
  if ((initial.cr0 & CR0_PE) === 0) return { words: mender.words, handlerCode: 0, notes: mender.notes };
  if ((initial.cr0 & CR0_PG) !== 0) {
    if ((initial.cr4 & CR4_PAE) !== 0) mender.note('PAE paging: this does not start');
    else mender.map();
  }
  const virtual = (initial.eflags & VM) !== 0;
  if (!virtual) {
    mender.loadable(CS);
    // At level 0 the report looks there for the size of the stack.
    mender.loadable(SS);
  }
  const handlerCode = c.exceptions === 'first' ? mender.flat(FLAT_CODE) : 0;
  if (initial.cpl > 0 && c.exceptions === 'first') mender.innerStack();
  return { words: mender.words, handlerCode, notes: mender.notes };
}
