/** The files of fuzz/vectors/, and how tests replay them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differenceText } from '../../../fuzz/compare.ts';
import { InterpreterOracle } from '../../../fuzz/engines/interpreter-oracle.ts';
import { TranslatorOracle } from '../../../fuzz/engines/translator-oracle.ts';
import { replayVectorFile, VECTOR_SUFFIX } from '../../../fuzz/outside/vectors/index.ts';

const FOLDER = fileURLToPath(new URL('../../../fuzz/vectors/', import.meta.url));

/** Paths of all files, of all processors. */
export const VECTOR_FILES: readonly string[] = readdirSync(FOLDER).flatMap((processor) =>
  readdirSync(join(FOLDER, processor))
    .filter((file) => file.endsWith(VECTOR_SUFFIX))
    .map((file) => join(FOLDER, processor, file)),
);

export interface Replayed {
  readonly cases: number;
  /** Cases by engine that were compared with what was recorded. */
  readonly judged: Readonly<Record<string, number>>;
  /** What differs, in words. */
  readonly differing: readonly string[];
}

/** Replays a file in both engines. */
export async function replayInEngines(path: string): Promise<Replayed> {
  const engines = [new InterpreterOracle(), await TranslatorOracle.make('translator')];
  try {
    const { cases, judged, findings } = await replayVectorFile(path, engines);
    const differing = findings.map(
      ({ vector, oracle, differences }) =>
        `${vector.case.name}: ${differences.map((d) => differenceText(d, oracle, 'processor')).join('; ')}`,
    );
    return { cases, judged, differing };
  } finally {
    for (const engine of engines) engine.dispose();
  }
}
