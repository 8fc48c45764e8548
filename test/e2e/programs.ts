// Programs that run natively and in the Linux guest, and have to print the same: built with the host's compiler, for
// processors without and with SSE2.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LinuxGuest } from '../../guests/linux/fetch.ts';
import { buildInitramfs, REGULAR } from '../../guests/linux/initramfs.ts';

const SOURCE = fileURLToPath(new URL('programs/checks.c', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../build/e2e', import.meta.url));
const COMMON = ['-m32', '-static', '-O2', '-fno-strict-aliasing', '-fwrapv', SOURCE, '-lm'];

const BUILDS = [
  { name: 'checks-i686', flags: ['-march=i686', '-mfpmath=387'] },
  { name: 'checks-pentium4', flags: ['-march=pentium4', '-msse2', '-mfpmath=sse'] },
] as const;

export interface GuestProgram {
  readonly name: string;
  readonly path: string;
  /** What it prints on the host's own processor. */
  readonly expected: string;
}

/** The programs, built and run here; none where there is no compiler for 32-bit programs. */
export function buildPrograms(): GuestProgram[] {
  mkdirSync(FOLDER, { recursive: true });
  const built: GuestProgram[] = [];
  for (const { name, flags } of BUILDS) {
    const path = join(FOLDER, name);
    const { status } = spawnSync('gcc', [...flags, ...COMMON, '-o', path], { stdio: 'ignore' });
    if (status !== 0) return [];
    built.push({ name, path, expected: execFileSync(path, { encoding: 'utf8' }) });
  }
  return built;
}

/** An initramfs with the programs in /bin. */
export function initramfsWith(guest: LinuxGuest, programs: readonly GuestProgram[], name: string): string {
  const files = programs.map((program) => ({
    path: `bin/${program.name}`,
    mode: REGULAR | 0o755,
    data: readFileSync(program.path),
  }));
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, name);
  writeFileSync(path, buildInitramfs({ busybox: readFileSync(guest.busybox), files }));
  return path;
}
