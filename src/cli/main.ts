/**
 * The command line's entry: picks the command, and turns what goes wrong into
 * one line on standard error and a status. Commands are loaded when they are
 * used, so that --version does not wait for the monitor.
 */
import { tuneV8 } from '../host/v8-tuning.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from './parse-options.ts';
import { EXIT_INTERNAL, EXIT_OK, EXIT_USAGE, UsageError } from './usage-error.ts';
import { version } from './version.ts';

type Command = (args: readonly string[]) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  guest: async () => (await import('./guest.ts')).guest,
  disasm: async () => (await import('./disasm.ts')).disasm,
  explain: async () => (await import('./explain.ts')).explain,
  fuzz: async () => (await import('./fuzz.ts')).fuzz,
  bench: async () => (await import('./bench.ts')).bench,
};

/** Errors whose message is made for the user: everything else is a fault of ours. */
const PLAIN = new Set(['UsageError', 'FileError', 'LoadError', 'BenchError']);

async function dispatch(args: readonly string[]): Promise<number> {
  const [command = '', ...rest] = args;
  if (/^(--?version|-V)$/.test(command)) {
    process.stdout.write(`transvisor ${version()}\n`);
    return EXIT_OK;
  }
  if (command === 'fuzz' && rest.length === 1 && /^(--?help|-h)$/.test(rest[0] ?? '')) {
    process.stdout.write((await import('./fuzz-help.ts')).fuzzHelpText());
    return EXIT_OK;
  }
  if (command === 'bench' && rest.length === 1 && /^(--?help|-h)$/.test(rest[0] ?? '')) {
    process.stdout.write((await import('./bench-help.ts')).benchHelpText());
    return EXIT_OK;
  }
  if (/^(--?help|-h|help)$/.test(command) || (rest.length === 1 && /^(--?help|-h)$/.test(rest[0] ?? ''))) {
    process.stdout.write((await import('./help.ts')).helpText());
    return EXIT_OK;
  }
  const load = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (load !== undefined) return (await load())(rest);
  if (command === '') throw new UsageError("no command: try 'transvisor --help'");
  const known = [...Object.keys(COMMANDS), '--help', '--version'];
  throw new UsageError(`'${shorten(command)}': unknown command${didYouMean(command, known)}`);
}

/** Ends quietly when whoever reads our output has gone, as `transvisor disasm F | head` does. */
function endWithReader(error: Error): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  process.exit(EXIT_INTERNAL);
}

/** Runs the command line and returns the exit status; never throws. */
export async function main(args: readonly string[]): Promise<number> {
  tuneV8();
  process.stdout.on('error', endWithReader);
  try {
    return await dispatch(args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return EXIT_INTERNAL;
    const known = error instanceof Error && PLAIN.has(error.name);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`transvisor: ${known ? '' : 'internal error: '}${message.replaceAll('\n', ' ')}\n`);
    if (!known && process.env['TRANSVISOR_DEBUG'] !== undefined && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    return known ? EXIT_USAGE : EXIT_INTERNAL;
  }
}
