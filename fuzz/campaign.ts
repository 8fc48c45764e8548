/**
 * A campaign: batches of cases by number, given out to whoever runs them, and what they bring added up in their
 * order. What holds: at any time exactly the cases before `next` have been counted, so a campaign can be stopped
 * anywhere and be continued from what it counted.
 */
import type { BatchResult, Finding } from './batch.ts';
import type { FuzzCase, Mode } from './case.ts';
import type { Difference } from './compare.ts';
import type { Expected } from './corpus-file.ts';
import { Coverage } from './coverage.ts';
import type { Profile } from './generate/cases.ts';

/** What makes a campaign's cases what they are. */
export interface Plan {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  readonly modes: readonly Mode[];
  readonly kinds: readonly Profile[];
  /** Only these rows of the opcode table; undefined for all. */
  readonly only: string | undefined;
  /** Cells of the coverage matrix that the kind `cell` is to meet (cells.ts); undefined for all. Not in the report. */
  readonly cells?: readonly number[] | undefined;
  /** Names, the reference first. */
  readonly oracles: readonly string[];
}

/** A finding, made as small as it could be. */
export interface Found extends Finding {
  /** Undefined where nobody has tried to make it small, or it could not be shown again. */
  readonly minimal: Minimal | undefined;
}

/** The smallest case that still shows a difference. */
export interface Minimal {
  readonly case: FuzzCase;
  readonly differences: readonly Difference[];
  /** What the oracle from outside says of it, where it is one that differs. */
  readonly expected: Expected | undefined;
}

/** Who runs batches: this thread, or several others. */
export interface Lanes {
  /** Batches that are worth having under way. */
  readonly width: number;
  run(first: number, count: number): Promise<BatchResult>;
  /** Makes a case smaller, until it is told to stop; undefined where it cannot be shown again. */
  shrink(finding: Finding, signal: AbortSignal): Promise<Minimal | undefined>;
}

/** What has been counted; all of it goes into the report, and comes out again when the campaign is continued. */
export interface Tally {
  /** Number of the next case. */
  next: number;
  cases: number;
  /** Time spent, in seconds. */
  seconds: number;
  /** Cases judged, by oracle. */
  readonly judged: Record<string, number>;
  /** Cases refused, by oracle and reason. */
  readonly refused: Record<string, Record<string, number>>;
  /** Cases that differ; the first of them are in `findings`. */
  differences: number;
  readonly findings: Found[];
  readonly coverage: Coverage;
}

/** A tally with nothing counted, of a campaign that begins with a case's number. */
export function emptyTally(first: number): Tally {
  return {
    next: first,
    cases: 0,
    seconds: 0,
    judged: {},
    refused: {},
    differences: 0,
    findings: [],
    coverage: new Coverage(),
  };
}

export interface CampaignOptions {
  readonly lanes: Lanes;
  readonly tally: Tally;
  /** Cases in all, those counted before included; Infinity for no end. */
  readonly count: number;
  /** Seconds that it may run from now on. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Called whenever something has been counted. */
  readonly onProgress: (tally: Tally) => void;
  /** Called with each difference that is kept, once it is as small as it gets. */
  readonly onFinding: (found: Found) => void;
}

/** Cases of a batch: enough that a module of the translator is worth compiling. */
export const BATCH_CASES = 1000;
/** Findings kept with their cases. */
export const MAX_FINDINGS = 50;
/** Findings made small. */
const MAX_SHRUNK = 25;

/** Findings of one kind are made small once. */
function kindOf({ case: c, right, differences }: Finding): string {
  return `${right} ${c.mode} ${differences.map(({ what }) => what.replace(/[\da-f]{4,}/g, '')).join()}`;
}

function add(to: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(from)) to[key] = (Object.hasOwn(to, key) ? to[key]! : 0) + value;
}

export class Campaign {
  private readonly options: CampaignOptions;
  private readonly kinds = new Map<string, number>();
  private shrunk = 0;
  /** Under way: cases being made smaller. */
  private readonly shrinking = new Set<Promise<void>>();

  constructor(options: CampaignOptions) {
    this.options = options;
  }

  /** Runs to the end, or until it is told to stop; what was counted is in the tally. */
  async run(): Promise<void> {
    const { lanes, tally, count, seconds, signal } = this.options;
    const start = performance.now();
    const before = tally.seconds;
    const elapsed = () => (performance.now() - start) / 1000;
    const end = tally.next - tally.cases + count;
    const goesOn = () => !signal.aborted && elapsed() < seconds;
    // In the order of their numbers.
    const queue: Promise<BatchResult>[] = [];
    let next = tally.next;
    const give = () => {
      const wanted = Math.min(BATCH_CASES, end - next);
      if (wanted <= 0 || !goesOn()) return false;
      const batch = lanes.run(next, wanted);
      // Whoever waits for an earlier one is told of this one's failure later.
      batch.catch(() => {});
      queue.push(batch);
      next += wanted;
      return true;
    };
    for (;;) {
      while (queue.length < lanes.width && give());
      const oldest = queue.shift();
      if (oldest === undefined) break;
      const result = await oldest;
      // The clock of a campaign that is continued goes on.
      tally.seconds = before + elapsed();
      this.count(result);
      this.options.onProgress(tally);
    }
    await Promise.all(this.shrinking);
    tally.seconds = before + elapsed();
  }

  private count(result: BatchResult): void {
    const { tally } = this.options;
    tally.next = result.first + result.cases;
    tally.cases += result.cases;
    add(tally.judged, result.judged);
    for (const [oracle, reasons] of Object.entries(result.refused)) {
      tally.refused[oracle] ??= {};
      add(tally.refused[oracle], reasons);
    }
    tally.differences += result.findings.length + result.more;
    tally.coverage.merge(result.coverage);
    for (const finding of result.findings) this.keep(finding);
  }

  private keep(finding: Finding): void {
    const { tally, signal, onFinding, lanes } = this.options;
    const kind = kindOf(finding);
    const known = this.kinds.get(kind) ?? 0;
    this.kinds.set(kind, known + 1);
    if (tally.findings.length + this.shrinking.size >= MAX_FINDINGS || known >= 3) return;
    const found = (minimal: Found['minimal']) => {
      const one = { ...finding, minimal };
      tally.findings.push(one);
      onFinding(one);
    };
    if (known > 0 || signal.aborted || this.shrunk >= MAX_SHRUNK) {
      found(undefined);
      return;
    }
    this.shrunk++;
    const work = lanes
      .shrink(finding, signal)
      .then(found, () => found(undefined))
      .finally(() => this.shrinking.delete(work));
    this.shrinking.add(work);
  }
}
