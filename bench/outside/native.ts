/** Runs static i386 programs on the host's own processor, where its system takes them. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Figure, Measured } from '../suite.ts';
import { outputChecksum } from './program-guest.ts';

/** More output than any program of a benchmark has. */
const MAX_OUTPUT = 64 * 2 ** 20;

interface Ran {
  readonly seconds: number;
  readonly output: Uint8Array;
  /** What went wrong; '' for nothing. */
  readonly problem: string;
}

function runProgram(file: string, args: readonly string[], limit: number, abort: AbortSignal): Promise<Ran> {
  return new Promise((resolve) => {
    const start = performance.now();
    const chunks: Buffer[] = [];
    let length = 0;
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: abort,
      timeout: limit * 1000,
      killSignal: 'SIGKILL',
    });
    const settle = (problem: string) => {
      const seconds = (performance.now() - start) / 1000;
      resolve({ seconds, output: Buffer.concat(chunks), problem });
    };
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_OUTPUT) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.on('error', (error) =>
      settle(`${basename(file)}: ${(error as NodeJS.ErrnoException).code ?? error.message}`),
    );
    child.on('close', (status) => settle(status === 0 ? '' : `${basename(file)} ended with status ${status}`));
  });
}

export interface NativePrograms {
  readonly files: readonly string[];
  readonly args: readonly string[];
  /** One figure, `all`, for all of them; else one for each. */
  readonly together: boolean;
  /** Seconds for each. */
  readonly limit: number;
}

export async function runNatively(programs: NativePrograms, abort: AbortSignal): Promise<Measured> {
  const figures: Figure[] = [];
  const problems: string[] = [];
  const outputs: Uint8Array[] = [];
  const start = performance.now();
  for (const file of programs.files) {
    const { seconds, output, problem } = await runProgram(file, programs.args, programs.limit, abort);
    if (abort.aborted) break;
    if (problem !== '') problems.push(problem);
    else if (programs.together) outputs.push(output);
    else figures.push({ item: basename(file), unit: 's', value: seconds, checksum: outputChecksum(output) });
  }
  if (programs.together && problems.length === 0) {
    const value = (performance.now() - start) / 1000;
    figures.push({ item: 'all', unit: 's', value, checksum: outputChecksum(Buffer.concat(outputs)) });
  }
  return { figures, problems: problems.slice(0, 20) };
}
