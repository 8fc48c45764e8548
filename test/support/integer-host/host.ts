/**
 * Builds host.c and runs cases on the host's processor.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Outcome } from './record.ts';
import { decodeOutcomes, encodeCases } from './record.ts';

/** Path of the built harness, or undefined where there is no x86 host or no 32-bit gcc. */
export function buildIntegerHost(): string | undefined {
  const out = join(mkdtempSync(join(tmpdir(), 'integer-host-')), 'host');
  try {
    execFileSync('gcc', ['-m32', '-static', '-O1', '-o', out, fileURLToPath(new URL('host.c', import.meta.url))], {
      stdio: 'ignore',
    });
    return spawnSync(out, { input: '' }).status === 0 ? out : undefined;
  } catch {
    return undefined;
  }
}

/** The outcomes of the cases on the host. @throws Error when the harness failed */
export function runOnHost(host: string, cases: readonly Case[]): Outcome[] {
  const result = spawnSync(host, { input: encodeCases(cases), maxBuffer: 1 << 30 });
  const outcomes = result.status === 0 ? decodeOutcomes(new Uint8Array(result.stdout)) : [];
  if (outcomes.length !== cases.length) {
    throw new Error(
      `host harness: status ${result.status} ${result.signal ?? ''}, ${outcomes.length} of ${cases.length} cases`,
    );
  }
  return outcomes;
}
