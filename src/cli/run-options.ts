/**
 * All options of `transvisor run`, with QEMU's names where QEMU has them.
 */
import { PASS_NAMES } from '../translator/passes/pass-names.ts';
import { CODE_GENERATORS } from '../translator/region.ts';
import { LOG_ITEMS, type LogItem } from '../vmm/trace-log.ts';
import { applyAccel, COMPATIBILITY_OPTIONS } from './compatibility-options.ts';
import { DEBUG_OPTIONS } from './debug-options.ts';
import { DEVICE_OPTIONS } from './device-options.ts';
import { DISK_OPTIONS } from './disk-options.ts';
import { DISPLAY_OPTIONS } from './display-options.ts';
import { parseMemorySize } from './memory-size.ts';
import { choose, type OptionSpec, parseList, parseNumber, shorten } from './parse-options.ts';
import type { RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const ITEM_NAMES = Object.keys(LOG_ITEMS) as LogItem[];

/** `0x1000..0x1fff`, `0x1000+0x100`, `0x2000-0x100`; several with commas, as QEMU's -dfilter. */
function applyFilter(config: RunConfig, text: string): void {
  for (const part of text.split(',')) {
    const match = /^(0x[0-9a-f]+|\d+)(\.\.|\+|-)(0x[0-9a-f]+|\d+)$/i.exec(part);
    if (match === null) throw new UsageError(`'${shorten(part)}': must be FIRST..LAST, START+SIZE or END-SIZE`);
    const a = parseNumber(match[1] ?? '', 0, 0xffffffff, 'address');
    const b = parseNumber(match[3] ?? '', 0, 0xffffffff, 'address');
    const [first, last] = match[2] === '..' ? [a, b] : match[2] === '+' ? [a, a + b - 1] : [a - b + 1, a];
    if (first > last || first < 0) throw new UsageError(`'${shorten(part)}': an empty range`);
    config.logRanges.push({ first, last: Math.min(last, 0xffffffff) });
  }
}

function applyIcount(config: RunConfig, text: string): void {
  const list = parseList(text, ['shift', 'align', 'sleep']);
  config.icountShift = parseNumber(list.keys.get('shift') ?? list.first ?? '', 0, 10, 'shift');
  for (const key of ['align', 'sleep']) choose(list.keys.get(key) ?? 'off', ['on', 'off'] as const, key);
}

/** A flag or value that sets one field. */
function set(name: string, value: string, help: string, apply: OptionSpec<RunConfig>['apply']): OptionSpec<RunConfig> {
  return { name, value, help, apply };
}

const BOOT_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  set('m', '[size=]SIZE', 'RAM, 1M to 2G; a bare number counts MiB (default 128)', (c, v) => {
    c.memory = parseMemorySize(v);
  }),
  set('kernel', 'FILE', 'a Linux bzImage or a Multiboot ELF image', (c, v) => {
    c.kernel = v;
  }),
  set('initrd', 'FILE', 'the initial RAM disk; for a Multiboot kernel its modules: FILE ARGUMENTS,...', (c, v) => {
    c.initrd = v;
  }),
  set('append', 'TEXT', "the kernel's command line", (c, v) => {
    c.append = v;
  }),
  set(
    'bios',
    'FILE',
    'a ROM image of up to 8 MB, entered at the reset vector; without a kernel SeaBIOS unless given',
    (c, v) => {
      c.bios = v;
    },
  ),
  {
    name: 'nographic',
    help: 'COM1 on the terminal; Ctrl-A x ends, Ctrl-A h tells more',
    apply: (c) => {
      c.nographic = true;
    },
  },
];

const ENGINE_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  set(
    'accel',
    'interpret|translate|verify',
    'the engine; verify[,from=N,count=M,every=K,step=S] compares both; tcg is translate',
    applyAccel,
  ),
  {
    name: 'no-reboot',
    help: 'end instead of resetting',
    apply: (c) => {
      c.noReboot = true;
    },
  },
  set('max-instructions', 'N', 'end after N retired instructions', (c, v) => {
    c.maxInstructions = parseNumber(v, 1, Number.MAX_SAFE_INTEGER, 'count');
  }),
  {
    name: 'stats',
    inlineValue: 'json',
    help: 'counters at the end, on standard error',
    apply: (c, v) => {
      c.stats = v === '' ? 'text' : choose(v, ['json', 'text'] as const, 'format');
    },
  },
  {
    name: 'profile',
    inlineValue: 'FILE',
    help: 'where the time went: to standard error, or with the hottest code to a file (.html or text)',
    apply: (c, v) => {
      c.profile = v;
    },
  },
  set('no-pass', 'NAME', `leave a pass of the translator out; any number of them: ${PASS_NAMES.join(', ')}`, (c, v) => {
    c.disabledPasses.push(choose(v, PASS_NAMES, 'pass'));
  }),
  {
    name: 'no-chain',
    help: 'do not link regions to each other',
    apply: (c) => {
      c.chain = false;
    },
  },
  set('max-region', 'N', 'most basic blocks in a region', (c, v) => {
    c.maxRegion = parseNumber(v, 1, 128, 'count');
  }),
  set(
    'hot-turns',
    'N',
    'runs of quickly made code after which it is made better (default 3000; 0: all is made well)',
    (c, v) => {
      c.hotTurns = parseNumber(v, 0, 1_000_000_000, 'count');
    },
  ),
  set('code-generator', 'NAME', 'what builds WebAssembly: direct (our own writer, the default) or binaryen', (c, v) => {
    c.codeGenerator = choose(v, CODE_GENERATORS, 'code generator');
  }),
  set('compile-threads', 'N', "threads that compile: 1, or 0 for the guest's own (default 1)", (c, v) => {
    c.compileThreads = parseNumber(v, 0, 1, 'count');
  }),
];

const DETERMINISM_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  set('icount', 'shift=N', 'deterministic time: 2^N ns an instruction', applyIcount),
  set('input', 'FILE', 'replay what an input log says was typed; nothing else is taken', (c, v) => {
    c.input = v;
  }),
  set('record-input', 'FILE', 'write down what is typed, and when, as an input log', (c, v) => {
    c.recordInput = v;
  }),
  set('hash-every', 'N', "log 'hash COUNT HEX', the state's hash, each N retired instructions", (c, v) => {
    c.hashEvery = parseNumber(v, 1000, Number.MAX_SAFE_INTEGER, 'count');
  }),
];

const LOG_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  set('d', 'ITEM,...', `log: ${ITEM_NAMES.join(', ')}`, (c, v) => {
    for (const name of v.split(',')) c.logItems.push(choose(name, ITEM_NAMES, 'log item'));
  }),
  set('D', 'FILE', 'write the log to a file, not to standard error', (c, v) => {
    c.logFile = v;
  }),
  set('dfilter', 'FIRST..LAST,...', 'log code at these addresses only', applyFilter),
];

/** Groups for the help text; all of them together are what `run` takes. */
export const RUN_OPTION_GROUPS: readonly {
  readonly title: string;
  readonly options: readonly OptionSpec<RunConfig>[];
}[] = [
  { title: 'Machine and what it boots', options: BOOT_OPTIONS },
  { title: 'Disks and firmware', options: DISK_OPTIONS },
  { title: 'Screen', options: DISPLAY_OPTIONS },
  { title: 'Devices', options: DEVICE_OPTIONS },
  { title: 'Engine and time', options: ENGINE_OPTIONS },
  { title: 'Deterministic runs', options: DETERMINISM_OPTIONS },
  { title: 'Debugger and monitor', options: DEBUG_OPTIONS },
  { title: 'Log', options: LOG_OPTIONS },
  { title: "Also taken, with QEMU's meaning", options: COMPATIBILITY_OPTIONS },
];

export const RUN_OPTIONS: readonly OptionSpec<RunConfig>[] = RUN_OPTION_GROUPS.flatMap((group) => group.options);
