/**
 * What `transvisor run` reads and writes of a deterministic run: input logs and
 * state hashes.
 */
import { createOutput, FileError, readImage } from '../host/files.ts';
import type { InputEntry, Machine } from '../index.ts';
import { formatInput, INPUT_LOG_END, INPUT_LOG_HEADER, InputLogError, parseInputLog } from '../vmm/input-log.ts';
import type { RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const INPUT_LOG_LIMIT = 64 * 2 ** 20;

/** @throws UsageError for an option that needs deterministic time where there is none */
export function requireDeterminism(config: RunConfig): void {
  if (config.icountShift !== undefined) return;
  const options = { input: config.input, 'record-input': config.recordInput, 'hash-every': config.hashEvery };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new UsageError(`--${name}: needs -icount shift=N`);
  }
}

/** @throws UsageError for what a verification, whose machines are two, cannot write down */
export function requireNoRecords(config: RunConfig): void {
  const options = {
    'record-input': config.recordInput,
    'hash-every': config.hashEvery,
    stats: config.stats,
    profile: config.profile,
  };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new UsageError(`--${name}: not with -accel verify`);
  }
}

/** @throws FileError that names the file and the line */
export function readInputLog(path: string): readonly InputEntry[] {
  const bytes = readImage(path, INPUT_LOG_LIMIT);
  try {
    return parseInputLog(new TextDecoder('latin1').decode(bytes));
  } catch (error) {
    if (error instanceof InputLogError) throw new FileError(`${path}: ${error.message}`);
    throw error;
  }
}

/**
 * Writes down what the configuration asks for.
 * @param say takes one line of the log
 * @returns what ends the recording
 * @throws FileError
 */
export function recordRun(machine: Machine, config: RunConfig, say: (line: string) => void): () => void {
  machine.on('hash', ({ count, hash }) => say(`hash ${count} ${hash}`));
  machine.on('inputRefused', ({ count, port, bytes }) =>
    say(`input: ${bytes.length} bytes of the log at ${count} were not taken by COM${port + 1}`),
  );
  if (config.recordInput === undefined) return () => {};
  const file = createOutput(config.recordInput);
  const line = (text: string) => file.write(new TextEncoder().encode(`${text}\n`));
  line(INPUT_LOG_HEADER);
  machine.on('input', (entry) => line(formatInput(entry)));
  let open = true;
  return () => {
    if (open) line(INPUT_LOG_END);
    open = false;
    file.close();
  };
}
