/**
 * Builds host.c with `gcc -m32` and runs records through it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('host.c', import.meta.url));

/** Executes records on this processor, in place of the interpreter. */
export interface X87Host {
  run(records: Uint8Array): Uint8Array;
  dispose(): void;
}

/** Undefined, with the reason printed, where no 32-bit program can be built or run. */
export function x87Host(): X87Host | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'x87-host-'));
  const program = join(folder, 'host');
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  const built = spawnSync('gcc', ['-m32', '-O1', '-static', '-o', program, SOURCE], { encoding: 'utf8' });
  const works = built.status === 0 && spawnSync(program, { input: '' }).status === 0;
  if (!works) {
    console.log(`x87 host comparison skipped: gcc -m32 is not available (${built.error?.message ?? built.stderr})`);
    dispose();
    return undefined;
  }
  return {
    run(records) {
      const done = spawnSync(program, { input: records, maxBuffer: records.length + 1024 });
      if (done.status !== 0 || done.stdout.length !== records.length) {
        throw new Error(
          `x87 host: status ${done.status}, signal ${done.signal}, ${done.stdout.length} of ${records.length} bytes`,
        );
      }
      return new Uint8Array(done.stdout);
    },
    dispose,
  };
}
