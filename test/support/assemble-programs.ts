/**
 * Assembles the programs of test/programs with nasm into assembled.json beside them:
 *
 *     node --import tsx test/support/assemble-programs.ts
 *
 * To be run after a source has changed; test/vmm/programs.test.ts says when that was forgotten.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { type Assembled, PROGRAMS, programNames, sourceHash } from './guest-program.ts';

/** The image of a program. @throws Error with what nasm says */
export function assemble(name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  const output = join(folder, 'image');
  try {
    const nasm = spawnSync('nasm', ['-f', 'bin', '-I', PROGRAMS, join(PROGRAMS, `${name}.asm`), '-o', output]);
    if (nasm.status !== 0) throw new Error(nasm.stderr.toString());
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const all: Record<string, Assembled> = {};
  for (const name of programNames()) {
    all[name] = { source: sourceHash(name), image: deflateRawSync(assemble(name), { level: 9 }).toString('base64') };
  }
  writeFileSync(join(PROGRAMS, 'assembled.json'), `${JSON.stringify(all, undefined, 2)}\n`);
}
