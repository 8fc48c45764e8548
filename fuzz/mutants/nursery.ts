/** Runs mutants in processes of their own, and says what became of each. */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Mutant, mutated } from './catalogue.ts';
import type { Answer, Job } from './child.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/**
 * Seconds of processor time without a finished batch after which a mutant hangs; and by looks at it, for one that takes none or
 * where that is not told. Not by the clock: somebody may have stopped the whole run for a while.
 */
const SILENCE = 60;
const SILENCE_BY_LOOKS = 600;
/** Milliseconds between two looks at it. */
const LOOK = 2000;
/** Megabytes that JavaScript may hold in a mutant. */
const HEAP = 1500;

export interface Fate {
  /**
   * `stillborn`: it does not load, or what it makes is no WebAssembly; not counted. All others of which the campaign has
   * noticed something are killed.
   */
  readonly result: 'killed' | 'survived' | 'stillborn';
  readonly how: 'difference' | 'hang' | 'crash' | 'none' | 'invalid';
  /** Cases until then. */
  readonly cases: number;
  readonly what: string;
}

/** Seconds of processor time that a process has taken; undefined where the system does not tell. */
function processorTime(pid: number | undefined): number | undefined {
  try {
    // Behind the name in brackets: utime and stime are fields 14 and 15, in hundredths (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** Tries out a mutant of a file with `text`, or, with none, the project as it is. */
export function fateOf(mutant: Mutant | undefined, text: string, seed: number, cases: number): Promise<Fate> {
  const folder = join(ROOT, 'build', 'mutants', `${process.pid}-${Math.random().toString(36).slice(2)}`);
  let replace: Job['replace'];
  if (mutant) {
    const target = join(ROOT, mutant.file);
    mkdirSync(folder, { recursive: true });
    const replacement = join(folder, 'mutant.ts');
    writeFileSync(replacement, mutated(text, mutant));
    replace = { target: pathToFileURL(target).href, replacement: pathToFileURL(replacement).href };
  }
  return new Promise<Fate>((resolve) => {
    let done = 0;
    let fate: Fate | undefined;
    let errors = '';
    const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [], {
      cwd: ROOT,
      execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let last = { looks: 0, processor: 0 };
    const heard = () => {
      last = { looks: 0, processor: processorTime(child.pid) ?? 0 };
    };
    const watch = setInterval(() => {
      const processor = processorTime(child.pid);
      const silent = processor === undefined ? 0 : processor - last.processor;
      last.looks++;
      if (silent < SILENCE && (last.looks * LOOK) / 1000 < SILENCE_BY_LOOKS) return;
      fate = { result: 'killed', how: 'hang', cases: done, what: 'hangs' };
      child.kill('SIGKILL');
    }, LOOK);
    child.stderr!.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    child.on('message', (answer: Answer) => {
      heard();
      if (answer.kind === 'progress') done = answer.cases;
      else if (answer.kind === 'stillborn') fate = { result: 'stillborn', how: 'invalid', cases: 0, what: answer.why };
      else {
        const { cases: ran, difference, by, untranslatable } = answer.result;
        const what = difference === undefined ? '' : `${by === undefined ? '' : `${by}: `}${difference}`;
        if (difference === undefined) fate = { result: 'survived', how: 'none', cases: ran, what };
        else if (untranslatable) fate = { result: 'stillborn', how: 'invalid', cases: ran, what };
        else fate = { result: 'killed', how: 'difference', cases: ran || done, what };
      }
    });
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      rmSync(folder, { recursive: true, force: true });
      const last = errors.trim().split('\n').at(-1) ?? '';
      resolve(fate ?? { result: 'killed', how: 'crash', cases: done, what: `ended with ${signal ?? code}: ${last}` });
    });
    child.send({ seed, cases, replace } satisfies Job);
  });
}
