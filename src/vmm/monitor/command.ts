/** What a command of the monitor is, and what it is given. */
import type { MediumDrive } from '../devices/disk-controllers.ts';
import type { Frame } from '../display/frame.ts';
import type { Machine } from '../machine.ts';

/** What commands need of the host; a command whose service is missing says so. Each throws an error whose message is one line. */
export interface MonitorServices {
  /** Writes a picture to a file: PPM where the name ends so or `format` says so, else PNG. */
  savePicture?(frame: Frame, path: string, format?: 'png' | 'ppm'): void;
  /** Puts an image into a drive in place of what is in it, unless the guest has locked that. */
  insertMedium?(drive: MediumDrive, path: string): void;
}

export interface MonitorContext {
  readonly machine: Machine;
  readonly services: MonitorServices;
}

export interface Command {
  /** What follows the name, for `help`. */
  readonly usage: string;
  readonly help: string;
  /** @throws CommandError */
  run(context: MonitorContext, args: readonly string[], name: string): string;
}

export type Commands = Readonly<Record<string, Command>>;

/** A command that cannot be carried out; the message is one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Text as typed, for a message of one line. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
}

/** Calls a service of the host; what it throws becomes the command's error. */
export function useService(action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}
