/**
 * All mutants that the rules make of the sources as they are, and the choice of some by a seed. A mutant has a
 * number of no lasting kind: it is known by what it changes, and where.
 */
import { drawOf } from '../generate/draw.ts';
import { constants } from './families/constants.ts';
import { control } from './families/control.ts';
import { flags } from './families/flags.ts';
import { guards } from './families/guards.ts';
import { lifetime } from './families/lifetime.ts';
import { memory } from './families/memory.ts';
import { operands } from './families/operands.ts';
import { operators } from './families/operators.ts';
import { passes } from './families/passes.ts';
import { timing } from './families/timing.ts';
import { vectors } from './families/vectors.ts';
import { widths } from './families/widths.ts';
import { type Family, matters } from './family.ts';
import { isHarmless } from './harmless.ts';
import { Source } from './source.ts';

export const FAMILIES: readonly Family[] = [
  operands,
  operators,
  vectors,
  constants,
  widths,
  flags,
  guards,
  memory,
  passes,
  control,
  timing,
  lifetime,
];

export interface Mutant {
  /** Family, file, line and column, and what is put there. */
  readonly id: string;
  readonly family: string;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly start: number;
  readonly end: number;
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');

/** Every mutant of one file. */
function mutantsOf(source: Source): Mutant[] {
  const seen = new Set<string>();
  return FAMILIES.filter(({ files }) => files.test(source.file)).flatMap((family) =>
    family.edits(source).flatMap((proposed) => {
      const { start, end, text, rule } = proposed;
      // Two families may have the same idea.
      const key = `${start}:${end}:${text}`;
      if (seen.has(key) || source.text.slice(start, end) === text || !matters(source, start)) return [];
      seen.add(key);
      if (isHarmless(source, proposed)) return [];
      const line = source.line(start);
      const after = oneLine(text);
      const id = `${family.name} ${source.file}:${line}:${source.column(start)} -> ${after}`;
      const before = oneLine(source.text.slice(start, end));
      return [{ id, family: family.name, rule, file: source.file, line, before, after, start, end }];
    }),
  );
}

/** Every mutant of some files; `files` maps paths below the project's folder to their text. */
export function catalogue(files: ReadonlyMap<string, string>): Mutant[] {
  return [...files].flatMap(([file, text]) =>
    FAMILIES.some((family) => family.files.test(file)) ? mutantsOf(new Source(file, text)) : [],
  );
}

/** The source with a mutant in it. */
export function mutated(text: string, { start, end, after }: Pick<Mutant, 'start' | 'end' | 'after'>): string {
  return text.slice(0, start) + after + text.slice(end);
}

/**
 * The mutants in the order of a seed: families take turns, and within a family each mutant comes once. The first
 * ones are a fair sample of every family.
 */
export function inOrderOf(seed: number, all: readonly Mutant[]): Mutant[] {
  const draw = drawOf(seed, 0);
  const lists = FAMILIES.map(({ name }) => {
    const list = all.filter((m) => m.family === name);
    for (let n = list.length - 1; n > 0; n--) {
      const k = draw.below(n + 1);
      [list[n], list[k]] = [list[k]!, list[n]!];
    }
    return list;
  });
  const out: Mutant[] = [];
  for (let round = 0; lists.some((list) => list.length > round); round++) {
    for (const list of lists) if (list.length > round) out.push(list[round]!);
  }
  return out;
}
