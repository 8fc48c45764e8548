/**
 * A process whose output is read in lines as it comes, with the host's clock beside each.
 *
 * What holds: when `watch` settles the process and those it started in its group are gone; what it prints is never
 * kept beyond a bounded tail.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** A longer line is cut: no mark is that long. */
const MAX_LINE = 4096;
/** How long a process that ends gently may take for it. */
const GRACE_MS = 60_000;
/** How much of standard error is kept for the message. */
const TAIL = 2000;

export interface Watch {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds after which the process is ended. */
  readonly limit: number;
  readonly abort: AbortSignal;
  /** Each line, and each unfinished one as it grows. `true` ends the process. `at` is in seconds since the start. */
  readonly onLine: (line: string, at: number, whole: boolean, child: ChildProcess) => boolean;
  /** The process is asked to end, and has some time for it. */
  readonly gentle?: boolean;
  /** Called every so often. */
  readonly poll?: { readonly milliseconds: number; readonly call: (pid: number) => void };
}

export interface Watched {
  /** `done`: `onLine` said so. */
  readonly end: 'done' | 'ended' | 'limit' | 'aborted';
  readonly seconds: number;
  readonly status: number | null;
  /** The last line of standard error. */
  readonly complaint: string;
}

/** Runs a process to its end, or to that of the watcher's patience. Rejects when it cannot be started. */
export function watch(options: Watch): Promise<Watched> {
  const [file = '', ...args] = options.command;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...options.environment },
    });
    let end: Watched['end'] = 'ended';
    let took: number | undefined;
    let complaint = '';
    let grace: NodeJS.Timeout | undefined;
    const finish = (how: Watched['end']) => {
      if (took !== undefined) return;
      end = how;
      took = seconds();
      clearInterval(timer);
      if (options.gentle !== true || how !== 'done') return killGroup(child);
      child.kill('SIGTERM');
      grace = setTimeout(() => killGroup(child), GRACE_MS);
    };
    const onAbort = () => finish('aborted');
    const limit = setTimeout(() => finish('limit'), options.limit * 1000);
    const { poll } = options;
    const timer = poll && setInterval(() => child.pid !== undefined && poll.call(child.pid), poll.milliseconds);
    options.abort.addEventListener('abort', onAbort);
    const lines = lineReader((line, whole) => {
      if (took === undefined && options.onLine(line, seconds(), whole, child)) finish('done');
    });
    child.stdout.on('data', lines);
    child.stderr.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString('latin1')).slice(-TAIL);
    });
    child.stdin.on('error', () => {});
    const settle = () => {
      clearTimeout(limit);
      clearTimeout(grace);
      clearInterval(timer);
      options.abort.removeEventListener('abort', onAbort);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (status) => {
      settle();
      killGroup(child);
      const last = complaint.trim().split('\n').at(-1) ?? '';
      resolve({ end, seconds: took ?? seconds(), status, complaint: last.replace(/[^\x20-\x7e]/g, '?') });
    });
    if (options.abort.aborted) finish('aborted');
  });
}

/** Takes bytes, gives lines without their ends; the last, unfinished one is told too. */
function lineReader(tell: (line: string, whole: boolean) => void): (bytes: Buffer) => void {
  let rest = '';
  return (bytes) => {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) tell(line.slice(0, MAX_LINE).replaceAll('\r', ''), true);
    if (rest !== '') tell(rest, false);
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
