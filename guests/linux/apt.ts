// Debian packages through apt, without touching the system's own apt state: first from the package lists that the
// system has, else from lists of our own under a cache folder (for i386, which need not be enabled on the system).
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why the guest cannot be had here, in one line for the user. */
export class FetchError extends Error {}

export interface Apt {
  /** What the user is told that this is. */
  readonly name: string;
  /** Names of i386 packages that begin with `prefix`. */
  names(prefix: string): string[];
  /** Downloads the newest i386 build of a package into `folder`, and returns the file's path. */
  download(packageName: string, folder: string): string;
}

/** @throws FetchError naming the command and its last line of complaint when it fails */
export function run(command: string, args: readonly string[], cwd?: string): string {
  const result: SpawnSyncReturns<string> = spawnSync(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.error !== undefined) throw new FetchError(`${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const complaint = result.stderr.trim().split('\n').at(-1) ?? '';
    throw new FetchError(`${command} ${args.at(-1) ?? ''} ended with status ${result.status}: ${complaint}`);
  }
  return result.stdout;
}

export function isAptThere(): boolean {
  return ['apt-get', 'apt-cache', 'dpkg'].every((tool) => spawnSync(tool, ['--version']).error === undefined);
}

/** The lists that the system has already. */
export function systemApt(): Apt {
  return makeApt('the package lists of this system', []);
}

/** Lists of our own below `folder`, freshly loaded from the system's sources, for i386 alone. */
export function privateApt(folder: string): Apt {
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const status = join(folder, 'status');
  writeFileSync(status, '');
  const options = [
    'APT::Architecture=i386',
    'APT::Architectures=i386',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    `Dir::State=${folder}`,
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::State::status=${status}`,
    `Dir::Cache=${folder}`,
  ].flatMap((option) => ['-o', option]);
  let name = 'package lists of our own';
  try {
    run('apt-get', [...options, '-qq', 'update']);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    name += ` (${error.message})`; // one source out of several may have failed: the others may do
  }
  return makeApt(name, options);
}

function makeApt(name: string, options: readonly string[]): Apt {
  return {
    name,
    names: (prefix) =>
      run('apt-cache', [...options, 'pkgnames', prefix])
        .split('\n')
        .filter(Boolean),
    download: (packageName, folder) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      run('apt-get', [...options, '-qq', 'download', `${packageName}:i386`], folder);
      const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
      if (file === undefined) throw new FetchError(`apt-get download ${packageName}:i386 left no package in ${folder}`);
      return join(folder, file);
    },
  };
}
