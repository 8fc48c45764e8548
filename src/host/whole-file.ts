/**
 * Writing a file so that it is there whole or not at all: whatever goes wrong, what was there before stays.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createOutput, fileError } from './files.ts';

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

/** Where a path leads; a device, a pipe or a terminal cannot be replaced, and is written to as it is. */
function place(path: string): { readonly path: string; readonly special: boolean } {
  try {
    const real = realpathSync(path);
    return { path: real, special: !lstatSync(real).isFile() };
  } catch {
    return { path, special: false };
  }
}

/**
 * Writes a whole file in the place of what is there.
 * @throws FileError in one line; the file is as it was then
 */
export function writeWhole(to: string, text: string): void {
  const { path, special } = place(to);
  const bytes = new TextEncoder().encode(text);
  if (special) {
    const out = createOutput(path);
    try {
      out.write(bytes);
    } finally {
      out.close();
    }
    return;
  }
  const part = writeBeside(path, bytes);
  try {
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw fileError(path, error);
  }
}

/** Whether a file can be written there, tried without touching it. @throws FileError where not */
export function tryWriting(to: string): void {
  const { path, special } = place(to);
  if (special) createOutput(path).close();
  else rmSync(writeBeside(path, new Uint8Array(1)), { force: true });
}

/** Makes the folder of a file, and those above it. @throws FileError */
export function makeFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw fileError(dirname(path), error);
  }
}
