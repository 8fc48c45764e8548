/** What the threads of a campaign and whoever started them say to each other. */
import type { BatchResult } from '../../batch.ts';
import type { Plan } from '../../campaign.ts';
import type { FuzzCase } from '../../case.ts';
import type { Difference } from '../../compare.ts';
import type { Expected } from '../../corpus-file.ts';

/** A thread's data: what it is to make cases of. */
export interface ThreadData {
  readonly plan: Plan;
}

/** A job for a thread; one is under way at a time. */
export type Job =
  | { readonly kind: 'run'; readonly first: number; readonly count: number }
  | { readonly kind: 'compare'; readonly left: string; readonly right: string; readonly cases: readonly FuzzCase[] }
  | { readonly kind: 'expected'; readonly left: string; readonly right: string; readonly case: FuzzCase };

/** The first message of a thread, and then one for each request. */
export type Reply =
  | { readonly kind: 'ready'; readonly oracles: readonly string[]; readonly missing: readonly string[] }
  | { readonly kind: 'run'; readonly result: BatchResult; readonly heapBytes: number }
  | {
      readonly kind: 'compare';
      readonly differences: readonly (readonly Difference[] | undefined)[];
      readonly heapBytes: number;
    }
  | { readonly kind: 'expected'; readonly expected: Expected | undefined; readonly heapBytes: number }
  | { readonly kind: 'error'; readonly message: string };
