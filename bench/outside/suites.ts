/** The suites that the options ask for, with the guests they run. */
import { existsSync } from 'node:fs';
import { BenchError } from '../bench-error.ts';
import { coldPrograms } from '../cold/program.ts';
import type { Suite, SuiteName } from '../suite.ts';
import { bootSuite } from './boot-suite.ts';
import { nanoSuite } from './nano-suite.ts';
import { markedSuite, programSuite, readPrograms } from './program-suites.ts';
import type { Setting } from './setting.ts';

const APPEND = 'console=ttyS0 quiet mitigations=off nokaslr';
/** What the first process of guests/linux says. */
const UNTIL = 'is up';
/** Where `npm run guest:linux -- --fetch-only` leaves its files. */
const FETCHED = 'build/guests/linux';

export interface SuiteOptions {
  readonly suites: readonly SuiteName[];
  readonly scale: number;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly until?: string;
  readonly programs?: string;
  readonly busybox?: string;
}

/** @throws BenchError for a file that is missing, a guest that is not said */
export function makeSuites(options: SuiteOptions, setting: Setting): Suite[] {
  return options.suites.map((name) => makeSuite(name, options, setting));
}

function makeSuite(name: SuiteName, options: SuiteOptions, setting: Setting): Suite {
  const kernel = () => fileFor(options.kernel, 'kernel', 'vmlinuz', setting);
  const append = options.append ?? APPEND;
  switch (name) {
    case 'boot': {
      const initrd = fileFor(options.initrd, 'initrd', 'initrd.gz', setting);
      const until = options.until ?? UNTIL;
      return bootSuite({ suite: name, kernel: kernel(), initrd, append, until, megabytes: setting.megabytes }, setting);
    }
    case 'programs': {
      if (options.programs === undefined) {
        if (options.initrd === undefined) {
          throw new BenchError('programs: needs --programs FOLDER, or --initrd of a guest that prints marks');
        }
        const initrd = fileFor(options.initrd, 'initrd', 'initrd.gz', setting);
        return markedSuite({ suite: name, kernel: kernel(), initrd, append, megabytes: setting.megabytes }, setting);
      }
      const programs = readPrograms(options.programs);
      const busybox = fileFor(options.busybox, 'busybox', 'busybox', setting);
      return programSuite({ name, programs, busybox, kernel: kernel(), append, scale: options.scale }, setting);
    }
    case 'nano':
      return nanoSuite(options.scale, setting);
    case 'cold': {
      const busybox = fileFor(options.busybox, 'busybox', 'busybox', setting);
      return programSuite({ name, programs: coldPrograms(), busybox, kernel: kernel(), append }, setting);
    }
  }
}

/** The file that the user names, or the one that was fetched. @throws BenchError when it is not there */
function fileFor(given: string | undefined, option: string, fetched: string, setting: Setting): string {
  const file = given ?? setting.packageFile(`${FETCHED}/${fetched}`);
  if (existsSync(file)) return file;
  if (given !== undefined) throw new BenchError(`--${option}: ${given.replace(/[^\x20-\x7e]/g, '?')}: no such file`);
  throw new BenchError(`no ${fetched}: 'npm run guest:linux -- --fetch-only' fetches one, or say --${option} FILE`);
}
