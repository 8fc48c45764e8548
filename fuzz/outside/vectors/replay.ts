/**
 * Replays vectors: runs their cases in this project's engines, or any oracle, and holds the outcomes against those that
 * were recorded.
 */
import { compareOutcomes, type Difference, type Testimony } from '../../compare.ts';
import { Tracer } from '../../engines/trace.ts';
import type { Oracle } from '../../oracle.ts';
import type { Vector, VectorHeader } from './vector-format.ts';
import type { VectorReader } from './vector-reader.ts';

/** Cases run at once. */
const BATCH = 2000;
/** Cases told of one file. */
const MAX_FINDINGS = 100;

export interface VectorFinding {
  readonly vector: Vector;
  readonly oracle: string;
  readonly differences: readonly Difference[];
}

export interface VectorReplay {
  readonly cases: number;
  /** By oracle: cases that it was judged by. */
  readonly judged: Readonly<Record<string, number>>;
  /** The first cases that differ, and how many there are. */
  readonly findings: readonly VectorFinding[];
  readonly differing: number;
}

class Replay {
  private readonly header: VectorHeader;
  private readonly oracles: readonly Oracle[];
  private readonly tracer = new Tracer();
  readonly judged: Record<string, number> = {};
  readonly findings: VectorFinding[] = [];
  cases = 0;
  differing = 0;

  constructor(header: VectorHeader, oracles: readonly Oracle[]) {
    this.header = header;
    this.oracles = oracles;
    for (const { name } of oracles) this.judged[name] = 0;
  }

  async run(vectors: readonly Vector[]): Promise<void> {
    this.cases += vectors.length;
    let first: { readonly said: (Testimony | undefined)[]; readonly good: boolean[] } | undefined;
    for (const oracle of this.oracles) {
      const asked = vectors.filter((v) => oracle.refuses(v.case) === undefined);
      const outcomes = await oracle.run(asked.map((v) => v.case));
      const said: (Testimony | undefined)[] = [];
      const good: boolean[] = [];
      for (const [n, vector] of asked.entries()) {
        const outcome = outcomes[n];
        said[n] = outcome === undefined ? undefined : { oracle, outcome };
        // Of two engines that agree one is enough to look at.
        const before = asked.length === vectors.length ? first?.said[n] : undefined;
        const alike =
          before !== undefined && said[n] !== undefined && compareOutcomes(before, said[n], () => [])?.length === 0;
        good[n] = alike && first!.good[n] ? this.agree(oracle) : this.judge(vector, said[n]);
      }
      if (asked.length === vectors.length) first ??= { said, good };
    }
  }

  private agree(oracle: Oracle): true {
    this.judged[oracle.name]!++;
    return true;
  }

  /** Compares with what was recorded. @returns whether that was possible, and nothing differs */
  private judge(vector: Vector, said: Testimony | undefined): boolean {
    if (said === undefined) return false;
    const { processor, knows } = this.header;
    const recorded = { oracle: { name: processor, independent: true, knows }, outcome: vector.outcome };
    const differences = compareOutcomes(said, recorded, () => this.tracer.trace(vector.case).executed);
    if (differences === undefined) return false;
    this.judged[said.oracle.name]!++;
    if (differences.length === 0) return true;
    this.differing++;
    const { name: oracle } = said.oracle;
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ vector, oracle, differences });
    return false;
  }
}

/**
 * Replays a file. Most is gained when an engine comes first: what others of them do the same is compared at once.
 * @throws FileError
 */
export async function replayVectors(reader: VectorReader, oracles: readonly Oracle[]): Promise<VectorReplay> {
  const replay = new Replay(reader.header, oracles);
  let batch: Vector[] = [];
  for (const { vectors } of reader.rows()) {
    batch.push(...vectors);
    if (batch.length < BATCH) continue;
    await replay.run(batch);
    batch = [];
  }
  await replay.run(batch);
  const { cases, judged, findings, differing } = replay;
  return { cases, judged, findings, differing };
}
