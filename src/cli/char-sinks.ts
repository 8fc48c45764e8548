/**
 * Where the bytes of serial ports and debug consoles go on this host: the
 * terminal, files, nowhere. A place that several devices name is opened once.
 */
import { createOutput, type OutputFile } from '../host/files.ts';
import { Terminal } from '../host/terminal.ts';
import { didYouMean } from './nearest.ts';
import type { CharTarget, RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

export interface TerminalUser {
  onInput(bytes: Uint8Array): void;
  onQuit(): void;
  onBusy(busy: boolean): void;
}

export interface CharSinks {
  /** The writer of a target; undefined where bytes go nowhere. */
  writer(target: CharTarget): ((bytes: Uint8Array) => void) | undefined;
  /** Whether the target reads from the terminal. */
  isTerminal(target: CharTarget): boolean;
  readonly terminal: Terminal | undefined;
  close(): void;
}

/** Follows chardev=ID to its end. @throws UsageError for an id that nobody defined */
export function resolveTarget(config: RunConfig, target: CharTarget): CharTarget {
  if (target.kind !== 'chardev') return target;
  const found = config.chardevs.get(target.id);
  if (found === undefined) {
    throw new UsageError(`chardev '${target.id}' is not defined${didYouMean(target.id, [...config.chardevs.keys()])}`);
  }
  return found;
}

/**
 * Opens every target that is used.
 * @throws FileError when a file cannot be created
 */
export function openSinks(targets: readonly CharTarget[], user: TerminalUser): CharSinks {
  const files = new Map<string, OutputFile>();
  for (const target of targets) {
    if (target.kind === 'file' && !files.has(target.path)) files.set(target.path, createOutput(target.path));
  }
  const stdio = targets.filter((target) => target.kind === 'stdio');
  const terminal =
    stdio.length > 0 ? new Terminal({ mux: stdio.some((target) => target.mux), ...bound(user) }) : undefined;
  return {
    writer(target) {
      if (target.kind === 'stdio') return (bytes) => terminal?.write(bytes);
      if (target.kind === 'file') return (bytes) => files.get(target.path)?.write(bytes);
      return undefined;
    },
    isTerminal: (target) => target.kind === 'stdio',
    terminal,
    close() {
      terminal?.close();
      for (const file of files.values()) file.close();
    },
  };
}

function bound(user: TerminalUser): TerminalUser {
  return {
    onInput: (bytes) => user.onInput(bytes),
    onQuit: () => user.onQuit(),
    onBusy: (busy) => user.onBusy(busy),
  };
}
