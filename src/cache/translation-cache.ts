/**
 * The translation cache: which regions exist, how they are found, linked,
 * published, invalidated and evicted.
 *
 * What holds: a region that is found, linked or in the jump cache was made from
 * the bytes that are in memory now. Nothing here runs guest code.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { CodeListener } from '../cpu/physical-memory.ts';
import type { Mode } from '../translator/mode.ts';
import type { ModuleContents } from '../translator/region.ts';
import { LINK_TLB_MASK, type LinkTarget, type RegionRequest } from '../translator/region.ts';
import { NO_SITES } from '../translator/sites.ts';
import type { CacheObserver } from './cache-observer.ts';
import { CodePages } from './code-pages.ts';
import { FunctionTable } from './function-table.ts';
import { Heat } from './heat.ts';
import { JumpCache } from './jump-cache.ts';
import { Links } from './links.ts';
import { Modes } from './modes.ts';
import { type FormedRegion, type Profile, RegionFormer } from './region-former.ts';
import { RegionIndex } from './region-index.ts';
import { type Region, regionKey } from './regions.ts';

/** Times that a region is made anew because its indirect branches go elsewhere than was foreseen, and once to the high tier. */
const MAX_GENERATION = 4;
/** Modes kept; a guest that makes more pays with its translations. */
const MAX_MODES = 4096;

export interface CacheStats {
  regions: number;
  /** Of these, regions of the high tier that took the place of one of the low tier. */
  improved: number;
  modules: number;
  bytes: number;
  guestInstructions: number;
  invalidated: number;
  evictions: number;
}

export class TranslationCache implements CodeListener {
  readonly table: FunctionTable;
  readonly modes: Modes;
  readonly stats: CacheStats = {
    regions: 0,
    improved: 0,
    modules: 0,
    bytes: 0,
    guestInstructions: 0,
    invalidated: 0,
    evictions: 0,
  };

  /** Told of what happens to regions. */
  observer: CacheObserver | undefined;

  private readonly cpu: Cpu;
  private readonly former: RegionFormer;
  private readonly links: Links;
  private readonly jumps: JumpCache;
  private readonly heat: Heat;
  private readonly index = new RegionIndex();
  private readonly byId = new Map<number, Region>();
  /** Numbers of regions that died since the last boundary: one of them may be running, and leave cold. */
  private readonly buried: number[] = [];
  private readonly pages: CodePages;
  /** Instructions interpreted so far, as the engine tells; goes up while code is not translated. */
  clock = 0;
  private readonly capacity: number;
  private bytesHeld = 0;
  private nextId = 1;

  /** @param capacity bytes of WebAssembly that may be held before everything is evicted */
  constructor(cpu: Cpu, capacity: number) {
    this.cpu = cpu;
    this.capacity = capacity;
    this.table = new FunctionTable(cpu.memory.memory);
    this.modes = new Modes(cpu);
    this.pages = new CodePages(cpu);
    this.former = new RegionFormer(cpu);
    this.links = new Links(cpu.s32);
    this.jumps = new JumpCache(cpu.s32);
    this.heat = new Heat(cpu.s32);
    cpu.memory.addCodeListener(this);
  }

  /** Table index of the region for a linear address in the current mode, or 0. `tlbWord` is that of its page, not 0. */
  find(linear: number, tlbWord: number): number {
    const modeId = this.modes.id();
    const word = tlbWord & LINK_TLB_MASK;
    const quick = this.jumps.find(linear, modeId, word);
    if (quick !== 0) return quick;
    const region = this.index.get(this.physical(linear, tlbWord), linear, modeId);
    if (!region || region.slot === 0) return 0;
    this.jumps.set(linear, modeId, word, region.slot);
    return region.slot;
  }

  /** CS base of the current mode. */
  get codeBase(): number {
    return this.modes.mode(this.modes.id()).csBase;
  }

  /** Whether a region for this place and the current mode exists or was asked for. */
  exists(linear: number, physical: number): boolean {
    return this.index.get(physical, linear, this.modes.id()) !== undefined;
  }

  /** Forgets dead regions for good. Only between regions. */
  private bury(): void {
    for (const id of this.buried) {
      const heat = this.byId.get(id)?.heat ?? 0;
      if (heat !== 0) this.heat.give(heat);
      this.byId.delete(id);
    }
    this.buried.length = 0;
  }

  /**
   * Takes back a region that was dropped, to be published again: its code is in memory as it was. For whoever puts one
   * piece of code after another into the same memory. Between regions.
   */
  revive(region: Region): void {
    // Two of one key would hide each other from being dropped.
    const there = this.index.get(region.physical, region.linear, region.modeId);
    if (there !== undefined) this.drop(there, 'one that was there before is put back');
    this.bury();
    region.dead = false;
    region.slot = 0;
    this.index.add(region);
    this.byId.set(region.id, region);
    this.pages.watch(region);
  }

  /** Holds what was written before against no page. */
  forgive(): void {
    this.pages.forgive();
  }

  /** The region with a number, also when it is dead but just left. */
  region(id: number): Region | undefined {
    return this.byId.get(id);
  }

  /**
   * Forms a region at `eip` in the current mode and reserves its key. Between regions.
   * @param turns of its entry and its loops after which a region of the low tier is hot; 0: it is of the high tier
   * @returns undefined when there is one, or nothing can be made there
   */
  request(eip: number, maxBlocks: number, profile: Profile, turns = 0): RegionRequest | undefined {
    this.bury();
    if (this.modes.count > MAX_MODES) this.evictAll();
    const modeId = this.modes.id();
    const linear = (eip + this.modes.mode(modeId).csBase) | 0;
    const word = this.cpu.tlb.entries[linear >>> 12]!;
    if (word === 0) return undefined;
    const physical = this.physical(linear, word);
    if (this.index.get(physical, linear, modeId)) return undefined;
    if (this.pages.isRestless(physical >>> 12, this.clock)) return undefined;
    const formed = this.former.form(this.modes.mode(modeId), eip, maxBlocks, profile);
    if (!formed) return undefined;
    const region = this.newRegion({ linear, physical, modeId }, formed, turns, turns === 0 ? 1 : 0, undefined);
    this.index.add(region);
    return this.requestFor(region, formed);
  }

  /**
   * Forms a region of the high tier in the place of one that has grown hot and is running now.
   * @param misses of its indirect branches after which the new one is hot
   * @returns undefined when the old one is gone, or what it was made from is not mapped as it was
   */
  improve(id: number, maxBlocks: number, profile: Profile, misses: number): RegionRequest | undefined {
    const old = this.byId.get(id);
    if (old === undefined || old.dead || old.modeId !== this.modes.id()) return undefined;
    const mode = this.modes.mode(old.modeId);
    const word = this.cpu.tlb.entries[old.linear >>> 12]!;
    if (word === 0 || this.physical(old.linear, word) !== old.physical) return undefined;
    const formed = this.former.form(mode, (old.linear - mode.csBase) | 0, maxBlocks, profile);
    const generation = old.generation + 1;
    const heat = generation < MAX_GENERATION ? misses : 0;
    return formed && this.requestFor(this.newRegion(old, formed, heat, generation, old), formed);
  }

  private newRegion(
    at: Pick<Region, 'linear' | 'physical' | 'modeId'>,
    formed: FormedRegion,
    turns: number,
    generation: number,
    replaces: Region | undefined,
  ): Region {
    const { linear, physical, modeId } = at;
    return {
      id: this.nextId++,
      linear,
      physical,
      modeId,
      key: regionKey(physical, linear, modeId),
      ranges: formed.ranges,
      sites: NO_SITES,
      slot: 0,
      dead: false,
      generation,
      heat: turns === 0 ? 0 : (this.heat.take(turns) ?? 0),
      replaces,
      next: undefined,
    };
  }

  private requestFor(region: Region, formed: FormedRegion): RegionRequest {
    const { id, linear, modeId, heat, generation } = region;
    this.byId.set(id, region);
    this.pages.watch(region);
    const mode = this.modes.mode(modeId);
    const links = this.linkTargets(formed, mode, modeId, linear);
    const request: RegionRequest = {
      id,
      mode,
      modeId,
      blocks: formed.blocks,
      links,
      ...(generation === 0 && { tier: 'low' }),
      ...(heat !== 0 && { heat }),
    };
    this.observer?.requested(region, request);
    return request;
  }

  private physical(linear: number, tlbWord: number): number {
    return ((tlbWord & ~0xfff) | (linear & 0xfff)) & this.cpu.memory.a20Mask;
  }

  private linkTargets(formed: FormedRegion, mode: Mode, modeId: number, entry: number): LinkTarget[] {
    const out: LinkTarget[] = [];
    // A region's own blocks too: edges that cannot be structured leave it and enter anew.
    for (const eip of [...formed.exits, ...formed.blocks.map((b) => b.eip)]) {
      const linear = (eip + mode.csBase) | 0;
      const word = this.former.fetchable(linear >>> 12, mode);
      if (word === 0) continue;
      const slot = this.links.slot(regionKey(this.physical(linear, word), linear, modeId));
      if (slot === undefined) continue;
      // In the entry's own page the mapping was checked on the way in.
      const samePage = linear >>> 12 === entry >>> 12;
      out.push({ eip, slot, tlbWord: samePage ? 0 : word });
      const region = this.index.get(this.physical(linear, word), linear, modeId);
      if (region && region.slot !== 0) this.links.set(region.key, region.slot);
    }
    return out;
  }

  /** Evicts everything if what is held has grown past the cap. Only between regions. Returns whether it did. */
  makeRoom(): boolean {
    if (this.bytesHeld <= this.capacity) return false;
    this.evictAll();
    return true;
  }

  /** Whether a requested region may still be translated: its bytes have not changed since. */
  stillWanted(id: number): boolean {
    const region = this.byId.get(id);
    return region !== undefined && !region.dead;
  }

  /**
   * Makes the regions of an instantiated module findable, but for those that died meanwhile.
   * @param functions the instance's exports r0, r1, ...
   */
  publish(module: ModuleContents, functions: WebAssembly.Exports): void {
    this.bury();
    this.stats.modules++;
    this.stats.bytes += module.byteLength;
    this.bytesHeld += module.byteLength;
    module.regions.forEach((translated, n) => {
      const region = this.byId.get(translated.id);
      if (!region || region.dead || !this.takePlace(region)) return;
      const slot = this.table.add(functions[`r${n}`] as () => void);
      if (slot === undefined) {
        this.drop(region, 'the function table is full');
        return;
      }
      region.sites = translated.sites;
      region.slot = slot;
      this.stats.regions++;
      this.stats.guestInstructions += translated.guestInstructions;
      this.links.set(region.key, region.slot);
      this.observer?.published(region);
    });
  }

  /** Makes room for a region that is to be in the place of another. Returns false where a third is there by now. */
  private takePlace(region: Region): boolean {
    const { replaces, physical, linear, modeId } = region;
    if (replaces === undefined) return true;
    const there = this.index.get(physical, linear, modeId);
    if (there !== undefined && there !== replaces) {
      this.drop(region, 'there is another one');
      return false;
    }
    this.drop(replaces, 'there is a better one');
    this.stats.improved++;
    this.index.add(region);
    return true;
  }

  /** Forgets requests that came to nothing. */
  abandon(id: number): void {
    const region = this.byId.get(id);
    if (region) this.drop(region, 'it could not be translated');
  }

  forgetCode(page: number, changes: boolean): void {
    const regions = this.pages.take(page);
    if (!regions) return;
    // One of them may be running.
    this.cpu.leaveBlock = true;
    if (changes) this.pages.changed(page, this.clock);
    for (const region of regions) {
      this.stats.invalidated++;
      this.drop(region, `${changes ? 'code' : 'data'} of page ${page.toString(16)} was written`);
    }
  }

  /** Code whose page is not mapped where it was translated for belongs to another address space, or to nobody. */
  usesCode(page: number): boolean {
    return this.pages.isMapped(page);
  }

  holdsCode(page: number, first: number, last: number): boolean {
    return this.pages.holds(page, first, last);
  }

  /** Drops the regions that have code in a linear page, whatever it was mapped to. Between regions. */
  dropLinearPage(page: number): void {
    for (const region of this.byId.values()) {
      if (region.ranges.some(({ linearPage }) => linearPage === page)) this.drop(region, 'a breakpoint was set');
    }
  }

  private drop(region: Region, why: string): void {
    if (region.dead) return;
    region.dead = true;
    this.observer?.dropped(region, why);
    this.buried.push(region.id);
    // One that was to replace another is not there before it is published.
    if (this.index.get(region.physical, region.linear, region.modeId) === region) {
      this.index.delete(region);
      this.links.set(region.key, 0);
    }
    if (region.slot !== 0) {
      this.jumps.remove(region.linear, region.slot);
      this.table.remove(region.slot);
    }
    this.pages.unwatch(region);
  }

  /** Drops everything; only between regions, from the dispatcher. */
  evictAll(): void {
    this.stats.evictions++;
    this.observer?.evicted(this.byId.size);
    for (const region of this.byId.values()) region.dead = true;
    this.index.clear();
    this.byId.clear();
    this.buried.length = 0;
    this.pages.clear();
    this.jumps.clear();
    this.links.clear();
    this.heat.clear();
    this.table.clear();
    this.modes.clear();
    this.bytesHeld = 0;
  }
}
