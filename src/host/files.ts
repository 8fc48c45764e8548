/**
 * Reading a guest's images and writing its output: every failure becomes one
 * line that names the file and the reason.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** A file that cannot be used; the message is one line and names it. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'no space left on the device',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EROFS: 'the file system is read-only',
};

/** A path in a message of one line. */
function printable(path: string): string {
  return path.replace(/[^\x20-\x7e]/g, '?');
}

/** What went wrong with a file, in one line. */
export function fileError(path: string, error: unknown): FileError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new FileError(`${printable(path)}: ${REASONS[code] ?? (code || String(error))}`);
}

/**
 * Reads a whole file.
 * @param limit largest size in bytes that makes sense
 * @param what what the limit is, for the message
 * @throws FileError when it cannot be read, is a folder, or is larger
 */
export function readImage(path: string, limit: number, what = `${limit} bytes`): Uint8Array {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fileError(path, error);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    // A device or pipe has no size: read what comes, up to the limit.
    let bytes = new Uint8Array(stat.isFile() ? Math.min(stat.size, limit) + 1 : 65536);
    let length = 0;
    for (;;) {
      if (length === bytes.length) {
        const larger = new Uint8Array(Math.min(length * 2, limit + 1));
        larger.set(bytes);
        bytes = larger;
      }
      const n = readSync(fd, bytes, length, bytes.length - length, null);
      if (n === 0) break;
      length += n;
      if (length > limit) throw new FileError(`${printable(path)}: larger than ${what}`);
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw error instanceof FileError ? error : fileError(path, error);
  } finally {
    closeSync(fd);
  }
}

/** A file opened for writing; closing it twice is closing it. */
export interface OutputFile {
  write(bytes: Uint8Array): void;
  close(): void;
}

/**
 * Creates or empties a file for writing.
 * @throws FileError here and from `write`
 */
export function createOutput(path: string): OutputFile {
  let fd: number;
  let open = true;
  try {
    fd = openSync(path, 'w');
  } catch (error) {
    throw fileError(path, error);
  }
  return {
    write(bytes) {
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } catch (error) {
        throw fileError(path, error);
      }
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
