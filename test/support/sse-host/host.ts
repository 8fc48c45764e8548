/**
 * Builds host.c and runs records through the host's processor.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the built harness, or undefined where there is no x86 host or no 32-bit gcc. */
export function buildHost(): string | undefined {
  const out = join(mkdtempSync(join(tmpdir(), 'sse-host-')), 'host');
  const source = fileURLToPath(new URL('host.c', import.meta.url));
  try {
    const flags = ['-m32', '-O1', '-msse2', '-fno-pie', '-no-pie'];
    execFileSync('gcc', [...flags, '-o', out, source], { stdio: 'ignore' });
    return spawnSync(out, { input: '' }).status === 0 ? out : undefined;
  } catch {
    return undefined;
  }
}

/** The records as the host's processor left them. @throws Error when the harness failed */
export function runOnHost(host: string, records: Uint8Array): Uint8Array {
  const result = spawnSync(host, { input: records, maxBuffer: records.length + 1024 });
  if (result.status !== 0 || result.stdout.length !== records.length) {
    throw new Error(
      `host harness: status ${result.status} ${result.signal ?? ''}, ${result.stdout.length} of ${records.length} bytes`,
    );
  }
  return new Uint8Array(result.stdout);
}
