/** What the threads of a campaign and whoever started them say to each other. */
import type { BatchResult, Finding } from '../../batch.ts';
import type { Found, Plan } from '../../campaign.ts';

/** A thread's data: what it is to make cases of. */
export interface ThreadData {
  readonly plan: Plan;
}

export type Job =
  | { readonly kind: 'run'; readonly first: number; readonly count: number }
  | { readonly kind: 'shrink'; readonly finding: Finding };

/** A job for a thread; one is under way at a time. */
export type Request = Job;

/** The first message of a thread, and then one for each request. */
export type Reply =
  | { readonly kind: 'ready'; readonly oracles: readonly string[]; readonly missing: readonly string[] }
  | { readonly kind: 'run'; readonly result: BatchResult; readonly heapBytes: number }
  | { readonly kind: 'shrink'; readonly minimal: Found['minimal']; readonly heapBytes: number }
  | { readonly kind: 'error'; readonly message: string };
