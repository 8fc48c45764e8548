/**
 * Where this thread's time goes, by V8's sampling profiler through Node's inspector. What is not started
 * costs nothing: the inspector is imported here only, and only when somebody asks.
 */
import type { Session } from 'node:inspector/promises';

/** Microseconds between two samples. */
const INTERVAL_US = 500;

export interface SampledFrame {
  readonly functionName: string;
  /** File or `wasm://...`; '' for V8's own. */
  readonly url: string;
}

/** A call tree and the nodes that were met running, one a sample. */
export interface Samples {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: SampledFrame;
    readonly children?: readonly number[] | undefined;
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export class Sampler {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  /** Begins at once; code that is compiled later is known by name. */
  static async start(): Promise<Sampler> {
    const { Session: Inspector } = await import('node:inspector/promises');
    const session = new Inspector();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await session.post('Profiler.start');
    return new Sampler(session);
  }

  /** Ends, and gives what was seen. */
  async stop(): Promise<Samples> {
    const { profile } = await this.session.post('Profiler.stop');
    this.session.disconnect();
    return { nodes: profile.nodes, samples: profile.samples ?? [], timeDeltas: profile.timeDeltas ?? [] };
  }
}
