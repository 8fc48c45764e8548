/**
 * Where distributions put firmware: the ROM images of SeaBIOS and of its VGA adapters.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that are looked into, after those that the user names. */
const FOLDERS = [
  '/usr/share/seabios',
  '/usr/share/qemu',
  '/usr/local/share/seabios',
  '/usr/local/share/qemu',
  '/opt/homebrew/share/qemu',
  '/usr/share/qemu-kvm',
];

/** The environment variable with folders that come before those, separated by colons. */
export const FIRMWARE_PATH_VARIABLE = 'TRANSVISOR_FIRMWARE_PATH';

/** SeaBIOS by its usual names, the larger build first. */
export const SEABIOS_NAMES = ['bios-256k.bin', 'bios.bin'] as const;

/** The BIOS of the display adapter that a machine has. */
export const VGABIOS_NAMES = ['vgabios-stdvga.bin'] as const;

/**
 * The first file of one of these names, in the folders given, then those of the environment, then the usual ones.
 * Folders count for more than names. Undefined where there is none that can be read.
 */
export function findFirmware(names: readonly string[], folders: readonly string[]): string | undefined {
  const fromEnvironment = (process.env[FIRMWARE_PATH_VARIABLE] ?? '').split(':').filter((folder) => folder !== '');
  for (const folder of [...folders, ...fromEnvironment, ...FOLDERS]) {
    const found = names.map((name) => join(folder, name)).find(isReadable);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
