/**
 * `transvisor run -accel verify`: two machines in lockstep, what the first one
 * prints, and a report of the first difference.
 */
import type { MachineOptions } from '../index.ts';
import { GRAIN } from '../vmm/publication.ts';
import type { MakeMachine } from '../vmm/verify/pair.ts';
import type { Finding, Verifier, VerifyResult } from '../vmm/verify/verifier.ts';
import type { VerifyOptions } from '../vmm/verify/windows.ts';
import { EXIT_DIFFERENCE, EXIT_OK, UsageError } from './usage-error.ts';

export interface VerifyRun {
  readonly options: MachineOptions;
  readonly verify: VerifyOptions;
  /** The command line, for the one that reproduces a finding. */
  readonly command: readonly string[];
  /** Takes what machine A sends on a serial port. */
  readonly serial: (port: number, bytes: Uint8Array) => void;
  /** Takes one line. */
  readonly say: (line: string) => void;
}

/** Verifies, reports, and returns the exit status. @throws UsageError, LoadError */
export async function verify(run: VerifyRun): Promise<number> {
  const { createMachine } = await import('../index.ts');
  const { Verifier } = await import('../vmm/verify/verifier.ts');
  const { locate } = await import('../vmm/verify/locate.ts');
  const { windows } = await import('../vmm/verify/windows.ts');
  const { translatorOptions } = await import('../vmm/create-engine.ts');
  // What is logged (-d) is machine A's; a search for the cause runs the same again.
  const { log, ...options } = run.options;
  let logged = false;
  const make: MakeMachine = (engine) => {
    const withLog = log !== undefined && engine === 'translate' && !logged;
    logged ||= withLog;
    return createMachine({ ...options, ...(withLog && { log }), engine });
  };
  const verifier = first(() => new Verifier(make, windows(run.verify), run.verify.step));
  verifier.onWindow = ({ start, end }) =>
    run.say(`verify: comparing from ${start} to ${end === Number.POSITIVE_INFINITY ? 'the end' : end}`);
  verifier.machines.a.on('serial', ({ port, bytes }) => run.serial(port, bytes));
  try {
    const result = await verifier.run();
    const { finding } = result;
    if (finding === undefined) return summary(verifier, result, run.say);
    verifier.machines.dispose();
    const found = await locate(make, run.verify, finding, translatorOptions(options.translator ?? {}), run.say);
    for (const line of found.lines) run.say(line);
    run.say(`reproduce: transvisor ${reproduction(run.command, found.finding)}`);
    return EXIT_DIFFERENCE;
  } finally {
    verifier.machines.dispose();
  }
}

/** Makes the first machines. @throws UsageError where this host cannot have them */
function first<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`these machines cannot be made here: ${error.message}`);
    throw error;
  }
}

function summary(verifier: Verifier, result: VerifyResult, say: (line: string) => void): number {
  const { verified, windows, retired, ended, next } = result;
  if (windows === 0) {
    verifier.machines.dispose();
    throw new UsageError(
      `-accel verify: the run ended (${ended?.kind ?? 'stop'}) after ${retired} instructions, before the first window at ${next}`,
    );
  }
  const end = ended === undefined ? '' : `; the guest ended (${ended.kind})`;
  say(`verify: no difference in ${verified} instructions, ${windows} windows, ${retired} retired${end}`);
  return EXIT_OK;
}

/**
 * The command line with the window narrowed to where the difference arose. Where the step cut machine A's run more often
 * than it is cut in any case, only the very same windows give the same run.
 */
function reproduction(command: readonly string[], { good, bad, step }: Finding): string {
  const out = [...command];
  if (step % GRAIN === 0) {
    const at = out.findIndex((arg) => /^--?accel(=|$)/.test(arg));
    if (at >= 0) out.splice(at, out[at]!.includes('=') ? 1 : 2);
    out.push('-accel', `verify,from=${good},count=${bad - good},step=${step}`);
  }
  return out.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
}
