/**
 * Forms regions: from a hot entry along direct branches and the targets that
 * indirect ones have had, through blocks that have been executed, into other pages where these
 * are mapped now; then into small functions that are called and back.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { Mode } from '../translator/mode.ts';
import type { BlockRequest } from '../translator/region.ts';
import { BlockScanner, type Scan } from './block-scan.ts';

/** Most instructions of a region; V8's optimizing tier grows dear beyond. */
const MAX_INSTRUCTIONS = 600;
/** A function is taken into its callers' regions when it calls no other and has at most so many blocks and instructions. */
const MAX_CALLEE_BLOCKS = 10;
const MAX_CALLEE_INSTRUCTIONS = 60;

/** A stretch of code in one physical page that a region was made from. */
export interface CodeRange {
  readonly page: number;
  /** Where the page was mapped. */
  readonly linearPage: number;
  readonly first: number;
  readonly last: number;
}

export interface FormedRegion {
  readonly blocks: readonly BlockRequest[];
  /** Direct targets outside. */
  readonly exits: readonly number[];
  readonly ranges: readonly CodeRange[];
}

/** What is known of code from its execution. */
export interface Profile {
  /** Whether functions that are called are taken in. */
  readonly inline: boolean;
  /** Whether a block has been executed often enough to be worth including, and is no region of its own. */
  warm(eip: number, linear: number): boolean;
  /** Whether it has been executed often enough. */
  known(eip: number, linear: number): boolean;
  /** Where the indirect branch at a block's end has gone so far. */
  targets(eip: number, linear: number): readonly number[];
}

/** The growth of one region. */
class Growth {
  readonly scans = new Map<number, Scan>();
  /** Functions taken in, by the EIP of the block that calls them. */
  readonly followed = new Map<number, readonly number[]>();
  private readonly scanner: BlockScanner;
  private readonly mode: Mode;
  private readonly entry: number;
  private readonly maxBlocks: number;
  private readonly profile: Profile;
  /** EIPs to be looked at; `copied`: of a function that is taken in, whatever regions there are for it. */
  private readonly queue: { readonly eip: number; readonly copied: boolean }[] = [];
  /** Calls wait until all else is in. */
  private readonly calls: { readonly scan: Scan; readonly copied: boolean }[] = [];
  private instructions = 0;

  constructor(scanner: BlockScanner, mode: Mode, entry: number, maxBlocks: number, profile: Profile) {
    this.scanner = scanner;
    this.mode = mode;
    this.entry = entry;
    this.maxBlocks = maxBlocks;
    this.profile = profile;
  }

  run(): void {
    this.queue.push({ eip: this.entry, copied: false });
    while (this.scans.size < this.maxBlocks && this.instructions < MAX_INSTRUCTIONS) {
      const next = this.queue.shift();
      if (next !== undefined) {
        this.include(next.eip, next.copied);
        continue;
      }
      const call = this.calls.shift();
      if (call === undefined) break;
      this.follow(call.scan, call.copied);
    }
  }

  /** Where an indirect branch or call has gone. */
  likely(scan: Scan): readonly number[] {
    return this.profile.targets(scan.eip, this.linear(scan.eip));
  }

  private linear(eip: number): number {
    return (eip + this.mode.csBase) | 0;
  }

  private scan(eip: number): Scan | undefined {
    return this.scanner.scan(this.mode, eip, this.linear(this.entry) >>> 12);
  }

  /** Where a block goes, but for the functions that it calls. */
  private successors(scan: Scan): readonly number[] {
    if (scan.transfer === 'direct') return scan.targets;
    return scan.transfer === 'indirect' ? this.likely(scan) : [];
  }

  private include(eip: number, copied: boolean): void {
    if (this.scans.has(eip)) return;
    if (eip !== this.entry && !this.isExecuted(eip, copied)) return;
    const scan = this.scan(eip);
    if (scan === undefined) return;
    this.scans.set(eip, scan);
    this.instructions += scan.starts.length - 1;
    for (const s of this.successors(scan)) this.queue.push({ eip: s, copied });
    const isCall = scan.transfer === 'call' || scan.transfer === 'indirect call';
    if (isCall && this.profile.inline) this.calls.push({ scan, copied });
  }

  private isExecuted(eip: number, copied: boolean): boolean {
    const linear = this.linear(eip);
    return copied ? this.profile.known(eip, linear) : this.profile.warm(eip, linear);
  }

  /** Takes in the small functions that a block calls, and what comes behind the call. Others are linked to. */
  private follow(call: Scan, copied: boolean): void {
    const callees = call.transfer === 'call' ? call.targets : this.likely(call);
    const functions = callees.filter((callee) => this.scans.has(callee) || this.isSmall(callee));
    if (functions.length === 0) return;
    this.followed.set(call.eip, functions);
    for (const eip of functions) this.queue.push({ eip, copied: true });
    this.queue.push({ eip: call.next, copied });
  }

  /** Whether a function calls no other and fits into what is left of the region. */
  private isSmall(callee: number): boolean {
    const seen = new Set<number>();
    const queue = [callee];
    let instructions = 0;
    for (let eip = queue.pop(); eip !== undefined; eip = queue.pop()) {
      // What has not been executed is no part of it.
      if (seen.has(eip) || this.scans.has(eip) || !this.profile.known(eip, this.linear(eip))) continue;
      const scan = this.scan(eip);
      if (scan === undefined || scan.transfer === 'call' || scan.transfer === 'indirect call') return false;
      seen.add(eip);
      instructions += scan.starts.length - 1;
      if (seen.size > MAX_CALLEE_BLOCKS || instructions > MAX_CALLEE_INSTRUCTIONS) return false;
      queue.push(...this.successors(scan));
    }
    const room = this.scans.size + seen.size < this.maxBlocks;
    return seen.size > 0 && room && this.instructions + instructions < MAX_INSTRUCTIONS;
  }

  /** Offset in a block at which another one begins, where it is to end. */
  inner(scan: Scan): number | undefined {
    const { eip, starts } = scan;
    for (let n = 1; n < starts.length - 1; n++) if (this.scans.has((eip + starts[n]!) | 0)) return starts[n];
    return undefined;
  }

  /** Where the returns of functions that were taken in go back to, by the EIP of the block that returns. */
  returns(): ReadonlyMap<number, readonly number[]> {
    const found = new Map<number, number[]>();
    for (const [caller, functions] of this.followed) {
      const { next } = this.scans.get(caller)!;
      if (!this.scans.has(next)) continue;
      for (const block of this.returnBlocks(functions)) {
        const list = found.get(block) ?? [];
        if (!list.includes(next)) list.push(next);
        found.set(block, list);
      }
    }
    return found;
  }

  /** The blocks of the region by which functions return. */
  private returnBlocks(functions: readonly number[]): number[] {
    const seen = new Set<number>();
    const queue = [...functions];
    const found: number[] = [];
    for (let eip = queue.pop(); eip !== undefined; eip = queue.pop()) {
      const scan = this.scans.get(eip);
      if (scan === undefined || seen.has(eip)) continue;
      seen.add(eip);
      const inner = this.inner(scan);
      if (inner !== undefined) {
        queue.push((eip + inner) | 0);
        continue;
      }
      if (scan.transfer === 'return') found.push(eip);
      // A function that is called comes back.
      if (this.followed.has(eip)) queue.push(scan.next);
      queue.push(...this.successors(scan));
    }
    return found;
  }
}

export class RegionFormer {
  private readonly cpu: Cpu;
  private readonly scanner: BlockScanner;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.scanner = new BlockScanner(cpu);
  }

  /** TLB word of a linear page if code can be fetched from it without a walk, else 0. */
  fetchable(page: number, mode: Mode): number {
    return this.scanner.fetchable(page, mode);
  }

  /**
   * Forms a region at `eip`.
   * @returns undefined when there is nothing to translate at the entry
   */
  form(mode: Mode, eip: number, maxBlocks: number, profile: Profile): FormedRegion | undefined {
    const growth = new Growth(this.scanner, mode, eip, maxBlocks, profile);
    growth.run();
    return growth.scans.size === 0 ? undefined : this.cut(mode, eip, growth);
  }

  /** Ends blocks where another begins, and collects exits and code ranges. */
  private cut(mode: Mode, entry: number, growth: Growth): FormedRegion {
    const { scans } = growth;
    const returns = growth.returns();
    const blocks: BlockRequest[] = [];
    const direct = new Set<number>();
    const ranges: CodeRange[] = [];
    for (const scan of scans.values()) {
      const { eip, starts, tlbWord, tlbWordNext } = scan;
      const inner = growth.inner(scan);
      const end = inner ?? starts[starts.length - 1]!;
      const likely: number[] = [];
      if (inner !== undefined) direct.add((eip + end) | 0);
      else {
        for (const t of scan.targets) direct.add(t);
        if (scan.transfer === 'return') likely.push(...(returns.get(eip) ?? []));
        else if (scan.transfer === 'indirect') likely.push(...growth.likely(scan).filter((t) => scans.has(t)));
        else if (scan.transfer === 'indirect call') likely.push(...(growth.followed.get(eip) ?? []));
      }
      const branches = inner === undefined && (scan.transfer === 'indirect' || scan.transfer === 'indirect call');
      blocks.push({
        eip,
        bytes: scan.bytes.slice(0, end),
        tlbWord,
        tlbWordNext,
        ...(likely.length > 0 && { targets: likely }),
        ...(branches && { branches }),
      });
      this.addRanges(ranges, (eip + mode.csBase) | 0, end);
    }
    blocks.sort((a, b) => (a.eip === entry ? -1 : b.eip === entry ? 1 : (a.eip >>> 0) - (b.eip >>> 0)));
    return { blocks, exits: [...direct].filter((t) => !scans.has(t)), ranges };
  }

  private addRanges(ranges: CodeRange[], linear: number, length: number): void {
    for (let done = 0; done < length; ) {
      const at = (linear + done) | 0;
      const n = Math.min(length - done, 0x1000 - (at & 0xfff));
      const page = (this.cpu.tlb.entries[at >>> 12]! & this.cpu.memory.a20Mask) >>> 12;
      ranges.push({ page, linearPage: at >>> 12, first: at & 0xfff, last: (at & 0xfff) + n - 1 });
      done += n;
    }
  }
}
