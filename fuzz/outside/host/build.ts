/**
 * Builds the harness (harness/*.c) with gcc, once for each version of its source, into the user's cache directory.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('harness/', import.meta.url));

/** Of its own: no C library, so that the harness needs no 32-bit one and owns all that a case could reach. */
const OPTIONS = [
  ...['-m32', '-march=i686', '-msse2', '-O3', '-ffreestanding', '-nostdlib', '-static', '-no-pie', '-fno-pic'],
  ...['-fno-stack-protector', '-fcf-protection=none', '-fno-asynchronous-unwind-tables'],
  ...['-Wl,-Ttext-segment=0x30000000', '-Wl,-z,noexecstack', '-Wl,--build-id=none'],
];

/** Where builds are kept: `$XDG_CACHE_HOME/transvisor`, or `~/.cache/transvisor`. */
function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'transvisor');
}

/**
 * Path of the harness's program, built where it was not yet.
 * @throws Error where gcc is not there or does not build it
 */
export function buildHarness(): string {
  const files = readdirSync(SOURCE).sort();
  const hash = createHash('sha256').update(OPTIONS.join(' '));
  for (const file of files) hash.update(readFileSync(join(SOURCE, file)));
  const directory = cacheDirectory();
  const path = join(directory, `host-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(SOURCE, file));
  // Somebody else may be building it too: each makes their own, the last one stays.
  const own = `${path}.${process.pid}`;
  try {
    execFileSync('gcc', [...OPTIONS, '-o', own, ...sources], { stdio: ['ignore', 'ignore', 'pipe'] });
    renameSync(own, path);
  } catch (error) {
    rmSync(own, { force: true });
    throw error;
  }
  return path;
}
