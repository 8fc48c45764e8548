/**
 * A process that tries out one mutant: it loads the project with one file replaced, runs the campaign, and tells its
 * parent how far it has got and what it has found.
 */
import { register } from 'node:module';
import type { TrialResult } from './trial.ts';

export interface Job {
  readonly seed: number;
  readonly cases: number;
  /** URLs of the file that is replaced and of the one it is replaced by; undefined for the project as it is. */
  readonly replace: { readonly target: string; readonly replacement: string } | undefined;
}

export type Answer =
  | { readonly kind: 'progress'; readonly cases: number }
  | { readonly kind: 'result'; readonly result: TrialResult }
  /** The mutant does not even load. */
  | { readonly kind: 'stillborn'; readonly why: string };

const send = (answer: Answer) =>
  new Promise<void>((resolve) => {
    if (process.send) process.send(answer, undefined, undefined, () => resolve());
    else resolve();
  });

const oneLine = (error: unknown) => String(error).split('\n')[0]!;

async function work(job: Job): Promise<void> {
  register('./load-mutant.mjs', import.meta.url, { data: job.replace });
  let tryOut: typeof import('./trial.ts').tryOut;
  try {
    ({ tryOut } = await import('./trial.ts'));
  } catch (error) {
    await send({ kind: 'stillborn', why: oneLine(error) });
    return;
  }
  try {
    const result = await tryOut(job, (cases) => void send({ kind: 'progress', cases }));
    await send({ kind: 'result', result });
  } catch (error) {
    // The campaign itself never throws: whatever does is the mutant's.
    const difference = `the engine threw ${oneLine(error)}`;
    await send({ kind: 'result', result: { cases: 0, difference, by: undefined, untranslatable: false } });
  }
}

process.once('message', (job: Job) => {
  void work(job).then(() => process.exit(0));
});
