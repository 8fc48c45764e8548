/**
 * Options that runners of tests pass to QEMU: taken with QEMU's meaning where
 * this machine can have it, refused where it cannot.
 */
import { CPU_NAMES, selectCpuModel } from '../vmm/cpu-selection.ts';
import { choose, type OptionSpec, parseList, parseNumber, shorten, splitCommas } from './parse-options.ts';
import type { RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const MACHINE_KEYS = [
  'type',
  'accel',
  'usb',
  'vmport',
  'hpet',
  'acpi',
  'graphics',
  'smm',
  'pit',
  'dump-guest-core',
  'mem-merge',
];

function applyMachine(config: RunConfig, text: string): void {
  const list = parseList(text, MACHINE_KEYS);
  const type = list.keys.get('type') ?? list.first ?? 'pc';
  if (!/^pc(-i440fx-[0-9.]+)?$/.test(type)) {
    throw new UsageError(`unknown machine '${shorten(type)}'; the only one is 'pc'`);
  }
  config.acpi = choose(list.keys.get('acpi') ?? 'on', ['on', 'off'] as const, 'value of acpi') === 'on';
  const accel = list.keys.get('accel');
  if (accel !== undefined) applyAccel(config, accel);
}

/** What `-accel verify` takes. */
const VERIFY_KEYS = ['from', 'count', 'every', 'step'] as const;

/** The engine by name; `tcg` is QEMU's word for translating. */
export function applyAccel(config: RunConfig, text: string): void {
  const list = parseList(text, ['accel', 'thread', 'tb-size', 'one-insn-per-tb', 'split-wx', ...VERIFY_KEYS]);
  const name = list.keys.get('accel') ?? list.first ?? '';
  const engine = choose(name, ['interpret', 'translate', 'verify', 'tcg'] as const, 'engine');
  config.accel = engine === 'interpret' ? engine : 'translate';
  const given = VERIFY_KEYS.filter((key) => list.keys.has(key));
  if (engine !== 'verify') {
    if (given.length > 0) throw new UsageError(`'${given[0]}': only verify takes it`);
    delete config.verify;
    return;
  }
  const numbers = given.map((key) => {
    const least = key === 'from' ? 0 : 1;
    return [key, parseNumber(list.keys.get(key) ?? '', least, Number.MAX_SAFE_INTEGER, key)] as const;
  });
  config.verify = Object.fromEntries(numbers);
  const { count, every } = config.verify;
  if (every !== undefined && (count === undefined || every < count)) {
    throw new UsageError(`every=${every}: needs a count, and not a larger one`);
  }
}

function applyCpu(config: RunConfig, text: string): void {
  choose(splitCommas(text)[0] ?? '', CPU_NAMES, 'processor');
  try {
    selectCpuModel(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(shorten(error.message));
  }
  config.cpu = text;
}

function applySmp(_config: RunConfig, text: string): void {
  const list = parseList(text, ['cpus', 'maxcpus', 'sockets', 'cores', 'threads', 'dies']);
  for (const count of [list.first ?? '1', ...list.keys.values()]) {
    if (parseNumber(count, 1, 255, 'number of processors') !== 1) {
      throw new UsageError(`'${shorten(text)}': this machine has one processor`);
    }
  }
}

function applyRtc(config: RunConfig, text: string): void {
  const list = parseList(text, ['base', 'clock', 'driftfix']);
  choose(list.keys.get('clock') ?? 'host', ['host', 'rt', 'vm'] as const, 'clock');
  choose(list.keys.get('driftfix') ?? 'none', ['none', 'slew'] as const, 'driftfix');
  const base = list.keys.get('base') ?? list.first ?? 'utc';
  config.rtcLocal = base === 'localtime';
  if (base === 'utc' || base === 'localtime') return;
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.test(base)
    ? Date.parse(base.length > 10 ? `${base}Z` : base)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(`base '${shorten(base)}': must be utc, localtime, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss`);
  }
  config.rtcBase = time;
}

/** An option of which only some values are possible, and those change nothing. */
function only(
  name: string,
  values: readonly string[],
  help: string,
  then?: (config: RunConfig) => void,
): OptionSpec<RunConfig> {
  return {
    name,
    value: values.join('|'),
    help,
    apply(config, value) {
      choose(value, values, 'value');
      then?.(config);
    },
  };
}

/** A flag that asks for what this machine does anyway. */
function ignored(name: string, help: string): OptionSpec<RunConfig> {
  return { name, help, apply() {} };
}

export const COMPATIBILITY_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  { name: 'machine', value: 'pc[,accel=E]', help: 'the machine: a PC with one PCI bus', apply: applyMachine },
  { name: 'M', value: 'pc', help: 'the same as -machine', apply: applyMachine },
  {
    name: 'cpu',
    value: 'MODEL[,+F][,-F]',
    help: 'the processor: 486, pentium, pentium2, pentium3, pentium4, max; with and without features',
    apply: applyCpu,
  },
  { name: 'smp', value: '1', help: 'number of processors', apply: applySmp },
  {
    name: 'nodefaults',
    help: 'no serial port on the terminal unless asked for',
    apply: (config) => {
      config.noDefaults = true;
    },
  },
  ignored('no-user-config', 'there is none'),
  {
    name: 'no-acpi',
    help: 'no ACPI tables',
    apply: (config) => {
      config.acpi = false;
    },
  },
  ignored('no-hpet', 'there is none'),
  only('net', ['none'], 'there is no network'),
  only('nic', ['none'], 'there is no network'),
  only('vnc', ['none'], 'there is no server'),
  { name: 'rtc', value: 'base=utc|localtime|DATETIME', help: 'what the clock shows at power-on', apply: applyRtc },
  { name: 'name', value: 'TEXT', help: 'taken and not used', apply() {} },
];
