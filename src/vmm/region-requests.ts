/**
 * Decides which regions are asked for: of the low tier where a block has been interpreted often, of the high tier
 * where one of the low tier has grown hot. The low tier is small code that is made fast, from the blocks that have
 * run; it counts its turns and samples where its indirect branches go. The high tier is formed anew with that
 * knowledge: over regions that exist, into small functions that are called and back.
 */
import type { Profile } from '../cache/region-former.ts';
import type { TranslationCache } from '../cache/translation-cache.ts';
import type { Cpu } from '../cpu/cpu.ts';
import type { DecodedBlock } from '../interpreter/decoded-block.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { RegionRequest } from '../translator/region.ts';

/** Misses of a high-tier region's indirect branches after which it is formed anew, by the turns of the low tier. */
const MISSES = 5;
/** Sampled targets of an indirect branch that are kept, and branches for which they are. */
const MAX_TARGETS = 8;
const MAX_BRANCHES = 1 << 15;

export interface RegionRequestOptions {
  readonly maxRegion: number;
  /** Turns of a low-tier region after which it is hot; 0: no tiers. */
  readonly hotTurns: number;
  /** Executions after which a block is worth being taken into a region. */
  readonly warmth: number;
}

export class RegionRequests {
  private readonly cpu: Cpu;
  private readonly cache: TranslationCache;
  private readonly interpreter: Interpreter;
  private readonly options: RegionRequestOptions;
  /** By linear address of the block: where its indirect branch went when it was sampled. */
  private readonly sampled = new Map<number, number[]>();
  private readonly improved: RegionRequest[] = [];

  constructor(cpu: Cpu, cache: TranslationCache, interpreter: Interpreter, options: RegionRequestOptions) {
    this.cpu = cpu;
    this.cache = cache;
    this.interpreter = interpreter;
    this.options = options;
  }

  /** A block has been interpreted often: a region there, unless there is one or nothing can be made. */
  forBlock(block: DecodedBlock): RegionRequest | undefined {
    const { hotTurns, maxRegion } = this.options;
    return this.cache.request(block.eip, maxRegion, this.profile(block.mode, hotTurns !== 0), hotTurns);
  }

  /** A low-tier region has had its turns, or one of the high tier its misses; it is running. */
  hot(id: number): void {
    const { hotTurns, maxRegion } = this.options;
    const profile = this.profile(this.cpu.code32 ? 1 : 0, false);
    const request = this.cache.improve(id, maxRegion, profile, hotTurns * MISSES);
    if (request !== undefined) this.improved.push(request);
  }

  /** Where an indirect branch of a low-tier region goes this time. */
  went(eip: number, target: number): void {
    const linear = this.linear(eip);
    const known = this.sampled.get(linear);
    if (known === undefined) {
      if (this.sampled.size >= MAX_BRANCHES) this.sampled.clear();
      this.sampled.set(linear, [target]);
    } else if (known.length < MAX_TARGETS && !known.includes(target)) known.push(target);
  }

  /** The requests of the high tier since the last time. */
  takeImproved(): readonly RegionRequest[] {
    return this.improved.splice(0);
  }

  get hasImproved(): boolean {
    return this.improved.length > 0;
  }

  private linear(eip: number): number {
    return (eip + this.cache.codeBase) | 0;
  }

  /** @param low for the low tier: what is a region already is linked to, not translated again */
  private profile(mode: number, low: boolean): Profile {
    const { cpu, cache, interpreter } = this;
    const { warmth } = this.options;
    const physicalOf = (linear: number): number | undefined => {
      const word = cpu.tlb.entries[linear >>> 12]!;
      return word === 0 ? undefined : ((word & ~0xfff) | (linear & 0xfff)) & cpu.memory.a20Mask;
    };
    const peek = (eip: number, linear: number): DecodedBlock | null => {
      const physical = physicalOf(linear);
      return physical === undefined ? null : interpreter.cache.peek(eip, physical, mode);
    };
    const executed = (eip: number, linear: number): boolean => (peek(eip, linear)?.count ?? 0) >= warmth;
    const translated = (linear: number): boolean => {
      const physical = physicalOf(linear);
      return physical !== undefined && cache.exists(linear, physical);
    };
    const known = (eip: number, linear: number): boolean => executed(eip, linear) || (!low && translated(linear));
    const warm = low ? (eip: number, linear: number) => !translated(linear) && executed(eip, linear) : known;
    const targets = (eip: number, linear: number): readonly number[] => {
      const seen = peek(eip, linear)?.targets ?? [];
      const sampled = low ? undefined : this.sampled.get(linear);
      return sampled === undefined ? seen : [...new Set([...sampled, ...seen])];
    };
    return { inline: !low, warm, known, targets };
  }
}
