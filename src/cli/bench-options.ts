/** The options of `transvisor bench`. */
import { type Contestant, parseContestant } from '../../bench/contestant.ts';
import { SUITE_NAMES, type SuiteName } from '../../bench/suite.ts';
import { choose, type OptionSpec, parseNumber } from './parse-options.ts';
import { UsageError } from './usage-error.ts';

export interface BenchConfig {
  suites: SuiteName[];
  contestants: Contestant[];
  rounds: number;
  scale: number;
  limit: number;
  megabytes: number;
  kernel?: string;
  initrd?: string;
  append?: string;
  until?: string;
  programs?: string;
  busybox?: string;
  v86?: string;
  seabios: string;
  json?: string;
  profile?: string;
  ablate: boolean;
}

export function emptyBenchConfig(): BenchConfig {
  return {
    suites: [],
    contestants: [],
    rounds: 3,
    scale: 100,
    limit: 900,
    megabytes: 256,
    seabios: '/usr/share/seabios',
    ablate: false,
  };
}

const MAX_ROUNDS = 1000;

function path(text: string): string {
  if (text === '') throw new UsageError('needs a path');
  return text;
}

function contestant(text: string): Contestant {
  try {
    return parseContestant(text);
  } catch (error) {
    if (error instanceof Error && error.name === 'BenchError') throw new UsageError(error.message);
    throw error;
  }
}

/** An option whose value goes into one field as it is. */
function text(
  name: string,
  field: 'kernel' | 'initrd' | 'append' | 'until' | 'programs' | 'busybox' | 'v86' | 'seabios' | 'json' | 'profile',
  value: string,
  help: string,
): OptionSpec<BenchConfig> {
  return {
    name,
    value,
    help,
    apply: (c, v) => {
      c[field] = field === 'append' ? v : path(v);
    },
  };
}

export const BENCH_OPTIONS: readonly OptionSpec<BenchConfig>[] = [
  {
    name: 'suite',
    value: 'NAME,...',
    help: `what is measured (${SUITE_NAMES.join(',')}): any of them`,
    apply: (c, v) => {
      for (const word of v.split(',')) c.suites.push(choose(word.trim(), SUITE_NAMES, 'suite'));
    },
  },
  {
    name: 'on',
    value: 'NAME[=WHO][:SWITCHES]',
    help: 'who takes part (ours, v86, qemu, native): any number; see below',
    apply: (c, v) => {
      c.contestants.push(contestant(v));
    },
  },
  {
    name: 'ablate',
    help: 'ourselves, and ourselves with each mechanism off in turn',
    apply: (c) => {
      c.ablate = true;
    },
  },
  {
    name: 'rounds',
    value: 'N',
    help: 'how often everything is measured, interleaved (3)',
    apply: (c, v) => {
      c.rounds = parseNumber(v, 1, MAX_ROUNDS, 'number of rounds');
    },
  },
  {
    name: 'scale',
    value: 'PERCENT',
    help: 'how much the programs and nanobenchmarks do (100)',
    apply: (c, v) => {
      c.scale = parseNumber(v, 1, 10_000, 'scale');
    },
  },
  {
    name: 'm',
    value: 'MIB',
    help: 'RAM of the Linux guests (256)',
    apply: (c, v) => {
      c.megabytes = parseNumber(v, 16, 2048, 'memory');
    },
  },
  {
    name: 'limit',
    value: 'SECONDS',
    help: 'after which a run has failed (900)',
    apply: (c, v) => {
      c.limit = parseNumber(v, 1, 86_400, 'limit');
    },
  },
  text('kernel', 'kernel', 'FILE', 'a bzImage (what `npm run guest:linux -- --fetch-only` fetched)'),
  text('initrd', 'initrd', 'FILE', 'for boot, and for programs where it prints marks itself'),
  text('append', 'append', 'TEXT', "the kernel's command line (console=ttyS0 quiet mitigations=off nokaslr)"),
  text('until', 'until', 'TEXT', "the text on the serial port that ends a boot ('is up')"),
  text('programs', 'programs', 'FOLDER', 'static i386 programs, each run with the scale as its argument'),
  text('busybox', 'busybox', 'FILE', 'a static i386 busybox for the guest that runs programs'),
  text('v86', 'v86', 'FOLDER', 'the npm package v86 (node_modules/v86)'),
  text('seabios', 'seabios', 'FOLDER', "SeaBIOS's images, for v86 (/usr/share/seabios)"),
  text('profile', 'profile', 'FOLDER', "write our runs' profiles there, as HTML; sampling slows them down a little"),
  text('json', 'json', 'FILE', 'write everything that was measured there, after each round'),
];
