/**
 * Writing a file so that it is there whole or not at all: whatever goes wrong, what was there before stays.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from './files.ts';

/** A name beside `path` that nobody else uses. */
function beside(path: string): string {
  return `${path}.${process.pid}.part`;
}

function writeBeside(path: string, bytes: Uint8Array): string {
  const part = beside(path);
  let fd: number | undefined;
  try {
    fd = openSync(part, 'w');
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
    closeSync(fd);
    return part;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    rmSync(part, { force: true });
    throw fileError(path, error);
  }
}

/**
 * Writes a whole file in the place of what is there.
 * @throws FileError in one line; the file is as it was then
 */
export function writeWhole(path: string, text: string): void {
  const part = writeBeside(path, new TextEncoder().encode(text));
  try {
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw fileError(path, error);
  }
}

/** Whether a file can be written there, tried without touching it. @throws FileError where not */
export function tryWriting(path: string): void {
  rmSync(writeBeside(path, new Uint8Array(1)), { force: true });
}

/** Makes the folder of a file, and those above it. @throws FileError */
export function makeFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw fileError(dirname(path), error);
  }
}
