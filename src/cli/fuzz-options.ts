/** The options of `transvisor fuzz`. */
import { MODES, type Mode, ORACLE_NAMES, PROFILES, type Profile } from '../../fuzz/index.ts';
import { kindsOf } from '../../fuzz/kinds.ts';
import { choose, type OptionSpec, parseNumber, shorten } from './parse-options.ts';
import { UsageError } from './usage-error.ts';

export interface FuzzConfig {
  count?: number;
  seconds?: number;
  oracles: string[];
  modes: Mode[];
  kinds: Profile[];
  only?: string;
  seed?: number;
  first?: number;
  jobs: number;
  report?: string;
  resume?: string;
  besides: string[];
  corpus: string;
  matrix: boolean;
  replay: string[];
  minimize?: string;
  record?: string;
  nasm?: string;
}

export function emptyConfig(): FuzzConfig {
  return { oracles: [], modes: [], kinds: [], jobs: 1, corpus: 'fuzz/corpus', matrix: false, replay: [], besides: [] };
}

const MAX_COUNT = 2 ** 40;
const MAX_JOBS = 256;
const SHORTHANDS = ['all', 'translator:*'];

/** Words between commas. */
function words(text: string): string[] {
  const found = text.split(',').map((word) => word.trim());
  if (found.some((word) => word === '')) throw new UsageError('needs names between its commas');
  return found;
}

/** Turns what is out of range into bad use. */
export function inRange<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(shorten(error.message));
    throw error;
  }
}

function path(text: string): string {
  if (text === '') throw new UsageError('needs the name of a file');
  return text;
}

export const FUZZ_OPTIONS: readonly OptionSpec<FuzzConfig>[] = [
  {
    name: 'count',
    value: 'N',
    help: 'cases in all (100,000 unless --seconds is given)',
    apply: (c, v) => {
      c.count = parseNumber(v, 1, MAX_COUNT, 'count');
    },
  },
  {
    name: 'seconds',
    value: 'N',
    help: 'stop after so many seconds',
    apply: (c, v) => {
      c.seconds = parseNumber(v, 1, 1e9, 'number of seconds');
    },
  },
  {
    name: 'oracle',
    value: 'NAME,...',
    help: `who is held against the interpreter (translator): ${ORACLE_NAMES.slice(1).join(', ')}; translator:*, all`,
    apply: (c, v) => {
      for (const word of words(v)) c.oracles.push(choose(word, [...ORACLE_NAMES, ...SHORTHANDS], 'oracle'));
    },
  },
  {
    name: 'mode',
    value: 'NAME,...',
    help: `only these: ${MODES.join(', ')}`,
    apply: (c, v) => {
      for (const word of words(v)) c.modes.push(choose(word, MODES, 'mode'));
    },
  },
  {
    name: 'kind',
    value: 'NAME[:WEIGHT],...',
    help: `only these kinds of case: ${PROFILES.join(', ')}`,
    apply: (c, v) => {
      for (const word of words(v)) c.kinds.push(...inRange(() => kindsOf(word)));
    },
  },
  {
    name: 'only',
    value: 'PATTERN',
    help: "only these instructions, by name, mnemonic or feature: 'add*|sse2'",
    apply: (c, v) => {
      if (v.length > 1000) throw new UsageError('the pattern is longer than 1000 characters');
      c.only = v;
    },
  },
  {
    name: 'seed',
    value: 'N',
    help: 'the same seed and options make the same cases (fresh unless given)',
    apply: (c, v) => {
      c.seed = parseNumber(v, 0, 2 ** 32 - 1, 'seed');
    },
  },
  {
    name: 'first',
    value: 'N',
    help: "number of the first case (0): '--first N --count 1' is one case again",
    apply: (c, v) => {
      c.first = parseNumber(v, 0, MAX_COUNT, 'number');
    },
  },
  {
    name: 'jobs',
    value: 'N',
    help: 'threads (1)',
    apply: (c, v) => {
      c.jobs = parseNumber(v, 1, MAX_JOBS, 'number of jobs');
    },
  },
  {
    name: 'report',
    value: 'FILE',
    help: 'write the report there, as JSON: now and then, and at the end',
    apply: (c, v) => {
      c.report = path(v);
    },
  },
  {
    name: 'resume',
    value: 'FILE',
    help: 'go on with the campaign of a report, and keep it up to date; --count is the total',
    apply: (c, v) => {
      c.resume = path(v);
    },
  },
  {
    name: 'besides',
    value: 'FILE,...',
    help: "reports whose coverage counts too; the kind 'cell' then makes cases of what it lacks",
    apply: (c, v) => {
      c.besides.push(...words(v));
    },
  },
  {
    name: 'corpus',
    value: 'FOLDER',
    help: 'where cases that differ are kept (fuzz/corpus)',
    apply: (c, v) => {
      c.corpus = path(v);
    },
  },
  {
    name: 'matrix',
    help: 'print the whole coverage matrix, and the cells that are empty with the reason',
    apply: (c) => {
      c.matrix = true;
    },
  },
  {
    name: 'replay',
    value: 'FILE',
    help: 'run the cases of files again, or recorded vectors (may be given several times)',
    apply: (c, v) => {
      c.replay.push(path(v));
    },
  },
  {
    name: 'nasm',
    value: 'FILE',
    help: 'write the case of --replay as NASM source, to be shown on other emulators',
    apply: (c, v) => {
      c.nasm = path(v);
    },
  },
  {
    name: 'minimize',
    value: 'FILE',
    help: 'make the case of a file as small as it gets; writes FILE with .min.json',
    apply: (c, v) => {
      c.minimize = path(v);
    },
  },
  {
    name: 'record',
    inlineValue: 'FOLDER',
    help: "record what the host's processor does, as vectors (fuzz/vectors); --seed, --only, and --count cases a row",
    apply: (c, v) => {
      c.record = v === '' ? 'fuzz/vectors' : v;
    },
  },
];
