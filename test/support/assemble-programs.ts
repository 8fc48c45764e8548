/**
 * Assembles the programs of test/programs and test/bare-guests with nasm into assembled.json beside them:
 *
 *     node --import tsx test/support/assemble-programs.ts
 *
 * To be run after a source has changed; the tests say when that was forgotten.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { type Assembled, BARE_GUESTS, PROGRAMS, programNames, sourceHash } from './assembled.ts';

/** The image of a program. @throws Error with what nasm says */
export function assemble(sources: string, name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  const output = join(folder, 'image');
  try {
    const nasm = spawnSync('nasm', ['-f', 'bin', '-I', sources, join(sources, `${name}.asm`), '-o', output]);
    if (nasm.status !== 0) throw new Error(nasm.stderr.toString());
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const folder of [PROGRAMS, BARE_GUESTS]) {
    const all: Record<string, Assembled> = {};
    for (const name of programNames(folder)) {
      const image = deflateRawSync(assemble(folder, name), { level: 9 }).toString('base64');
      all[name] = { source: sourceHash(folder, name), image };
    }
    writeFileSync(join(folder, 'assembled.json'), `${JSON.stringify(all, undefined, 2)}\n`);
  }
}
