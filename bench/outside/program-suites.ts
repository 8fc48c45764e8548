/**
 * Suites of Linux programs: `programs`, each measured, and `cold`, all of them together. On the host itself they run
 * as they are; elsewhere in a guest. Or a guest of the user's, which prints marks of its own.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../bench-error.ts';
import type { Suite, SuiteName } from '../suite.ts';
import { runMarkedGuest } from './marked-guest.ts';
import { runNatively } from './native.ts';
import type { Guest } from './peers.ts';
import { programInitramfs } from './program-guest.ts';
import type { Setting } from './setting.ts';

const MAX_PROGRAM = 64 * 2 ** 20;
const MAX_PROGRAMS = 1000;
const EM_386 = 3;

/** A guest that prints marks, as it is. */
export function markedSuite(guest: Guest, setting: Setting): Suite {
  return {
    name: 'programs',
    refusal: (contestant) => (contestant.kind === 'native' ? 'needs --programs' : undefined),
    measure: (contestant, abort) => runMarkedGuest(contestant, guest, setting, abort),
  };
}

/** The executables of a folder by name. @throws BenchError for a folder without any, or one that is not for i386 */
export function readPrograms(folder: string): Map<string, Uint8Array> {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw new BenchError(`${folder}: cannot be read as a folder (${(error as NodeJS.ErrnoException).code})`);
  }
  const programs = new Map<string, Uint8Array>();
  for (const name of names) {
    const stat = statSync(join(folder, name));
    if (!stat.isFile() || (stat.mode & 0o111) === 0) continue;
    if (!/^[\w.+-]{1,80}$/.test(name))
      throw new BenchError(`${folder}: '${name}': a program's name must be of letters, digits and . + -`);
    if (stat.size > MAX_PROGRAM) throw new BenchError(`${join(folder, name)}: larger than 64 MiB`);
    const bytes = readFileSync(join(folder, name));
    const elf = bytes.length > 20 && bytes.readUInt32BE(0) === 0x7f454c46;
    if (!elf || bytes[4] !== 1 || bytes.readUInt16LE(18) !== EM_386) {
      throw new BenchError(`${join(folder, name)}: no ELF program for i386`);
    }
    programs.set(name, bytes);
  }
  if (programs.size === 0) throw new BenchError(`${folder}: holds no executable files`);
  if (programs.size > MAX_PROGRAMS) throw new BenchError(`${folder}: more than ${MAX_PROGRAMS} programs`);
  return programs;
}

export interface ProgramSuiteParts {
  readonly name: SuiteName;
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly busybox: string;
  readonly kernel: string;
  /** Beginning of the kernel's command line. */
  readonly append: string;
  /** Argument of each program, in per cent; absent for one figure of all programs together. */
  readonly scale?: number;
}

/** Packs the guest into a scratch folder, which goes when the process ends. @throws BenchError */
export function programSuite(parts: ProgramSuiteParts, setting: Setting): Suite {
  const { name, programs, scale } = parts;
  const scratch = mkdtempSync(join(tmpdir(), 'transvisor-bench-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const initrd = join(scratch, 'initrd.gz');
  writeFileSync(initrd, programInitramfs(readFileSync(parts.busybox), programs, scale !== undefined));
  mkdirSync(join(scratch, 'programs'));
  const files = [...programs].map(([program, bytes]) => {
    const file = join(scratch, 'programs', program);
    writeFileSync(file, bytes, { mode: 0o755 });
    return file;
  });
  const append = scale === undefined ? parts.append : `${parts.append} benchscale=${scale}`;
  const guest: Guest = { suite: name, kernel: parts.kernel, initrd, append, megabytes: setting.megabytes };
  const args = scale === undefined ? [] : [`${scale}`];
  return {
    name,
    refusal: () => undefined,
    measure(contestant, abort) {
      if (contestant.kind !== 'native') return runMarkedGuest(contestant, guest, setting, abort);
      return runNatively({ files, args, together: scale === undefined, limit: setting.limit }, abort);
    },
  };
}
