/** Which contestants are installed, and the command line with which each runs a guest. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../bench-error.ts';
import { type Contestant, isTransvisor } from '../contestant.ts';
import type { Setting } from './setting.ts';

/** A guest to boot: `kernel` is a bzImage, or a Multiboot ELF image. */
export interface Guest {
  readonly kernel: string;
  readonly multiboot?: boolean;
  readonly initrd?: string;
  readonly append: string;
  readonly megabytes: number;
  /** The text that is waited for. */
  readonly until?: string;
  /** For the name of a profile. */
  readonly suite: string;
}

const QEMU = 'qemu-system-i386';
const V86_MODULE = 'build/libv86.mjs';
const V86_GUEST = fileURLToPath(new URL('v86-guest.mjs', import.meta.url));
const V86_PLACES = ['node_modules/v86', '../v86'];
const VGA_BIOS = ['vgabios-stdvga.bin', 'vgabios.bin'];

/** The folder of the npm package v86, if there is one. */
export function findV86(setting: Setting): string | undefined {
  const places =
    setting.v86 === undefined ? ['node_modules/v86', ...V86_PLACES.map(setting.packageFile)] : [setting.v86];
  return places.map((place) => resolve(place)).find((place) => existsSync(join(place, V86_MODULE)));
}

/** Why a contestant cannot take part here, in a line; undefined when it can. */
export function whyAbsent(contestant: Contestant, setting: Setting): string | undefined {
  switch (contestant.kind) {
    case 'qemu':
      return spawnSync(QEMU, ['--version']).error === undefined ? undefined : `${QEMU} is not installed`;
    case 'v86':
      if (findV86(setting) === undefined) {
        return setting.v86 === undefined
          ? "no npm package v86 ('npm i --no-save v86', or --v86 FOLDER)"
          : `${setting.v86} holds no ${V86_MODULE}`;
      }
      if (existsSync(join(setting.bios, 'bios.bin')) && vgaBios(setting) !== undefined) return undefined;
      return `no bios.bin and vgabios-stdvga.bin in ${setting.bios} (Debian's package seabios, or --seabios FOLDER)`;
    case 'built':
      return existsSync(setting.packageFile('dist/src/cli/main.js')) ? undefined : "not built ('npm run build')";
    case 'other':
      return existsSync(contestant.path ?? '') ? undefined : `${contestant.path}: no such file`;
    case 'native':
      return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'ia32')
        ? undefined
        : `programs for i386 Linux do not run on ${process.platform}, ${process.arch}`;
    default:
      return undefined;
  }
}

/** What a peer calls its version; undefined for ourselves and the host's processor, which the report names already. */
export function versionOf(contestant: Contestant, setting: Setting): string | undefined {
  if (contestant.kind === 'qemu') {
    const { stdout } = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
    return /version (\S+)/.exec(stdout ?? '')?.[1];
  }
  const folder = contestant.kind === 'v86' ? findV86(setting) : undefined;
  if (folder === undefined) return undefined;
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

function vgaBios(setting: Setting): string | undefined {
  return VGA_BIOS.map((name) => join(setting.bios, name)).find((path) => existsSync(path));
}

/** The command that boots a guest with COM1 on standard input and output. @throws BenchError for what cannot */
export function guestCommand(contestant: Contestant, guest: Guest, setting: Setting): string[] {
  const image = [
    ...['-m', `${guest.megabytes}`, '-kernel', guest.kernel],
    ...(guest.initrd === undefined ? [] : ['-initrd', guest.initrd]),
    ...(guest.append === '' ? [] : ['-append', guest.append]),
  ];
  switch (contestant.kind) {
    case 'ours':
    case 'built':
    case 'other':
      return [
        ...transvisor(contestant, setting),
        'run',
        '-serial',
        'stdio',
        '-no-reboot',
        ...image,
        ...profileSwitch(contestant, guest, setting),
        ...contestant.switches,
      ];
    case 'qemu': {
      const plain = ['-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio', '-no-reboot'];
      return [QEMU, '-accel', 'tcg', ...plain, ...image, ...contestant.switches];
    }
    case 'v86':
      return [process.execPath, V86_GUEST, v86Guest(contestant, guest, setting)];
    default:
      throw new BenchError(`${contestant.name}: the host's own processor boots no guest`);
  }
}

/** The profile of the latest round stays. */
function profileSwitch(contestant: Contestant, guest: Guest, setting: Setting): string[] {
  return setting.profile === undefined
    ? []
    : [`--profile=${join(setting.profile, `${guest.suite}-${contestant.name}.html`)}`];
}

/** Whether its run is to end by itself, so that it can write its profile. */
export function writesProfile(contestant: Contestant, setting: Setting): boolean {
  return setting.profile !== undefined && isTransvisor(contestant);
}

/** The command of a Transvisor, without arguments. */
export function transvisor(contestant: Contestant, setting: Setting): string[] {
  if (contestant.kind === 'other') return [process.execPath, contestant.path ?? ''];
  // An installed package has nothing but what was built, and bin/transvisor runs that.
  const checkout = existsSync(setting.packageFile('bench/outside/start-built.mjs'));
  const entry = contestant.kind === 'built' && checkout ? 'bench/outside/start-built.mjs' : 'bin/transvisor';
  return [process.execPath, setting.packageFile(entry)];
}

function v86Guest(contestant: Contestant, guest: Guest, setting: Setting): string {
  const settings = Object.fromEntries(contestant.switches.map((text) => v86Setting(contestant, text)));
  const { kernel, multiboot, initrd, append, megabytes, until } = guest;
  const folder = findV86(setting) ?? '';
  const images = multiboot ? { multiboot: kernel } : { kernel, initrd };
  const bios = { bios: join(setting.bios, 'bios.bin'), vgaBios: vgaBios(setting) };
  return JSON.stringify({ folder, ...bios, ...images, append, megabytes, until, settings });
}

/** `key=value`: a number, true or false, or text; a bare key is true. */
function v86Setting(contestant: Contestant, text: string): [string, unknown] {
  const match = /^(\w+)(?:=(.*))?$/s.exec(text);
  if (match === null)
    throw new BenchError(`contestant '${contestant.name}': '${text}' must be key=value, a setting of v86`);
  const [, key = '', value = 'true'] = match;
  if (value === 'true' || value === 'false') return [key, value === 'true'];
  return [key, /^\d+$/.test(value) ? Number(value) : value];
}
