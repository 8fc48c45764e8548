/**
 * A raw disk image in a file: sectors at their offsets, nothing else. Only what
 * is asked for is read, so a sparse image of any size costs nothing.
 *
 * What holds: a write that has been reported as done has been given to the host's kernel in the order in
 * which it came, and after a flush it is on the host's disk. Every host error comes back as a value.
 */
import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type BlockBackend, type BlockDone, SECTOR_SIZE } from '../vmm/devices/block-backend.ts';
import { FileError, fileError } from './files.ts';

export interface ImageOptions {
  readonly readOnly?: boolean;
  /** The command line says that the image is raw: it is not looked at. */
  readonly formatGiven?: boolean;
}

/** Images of other formats, by what they begin with; taken for raw ones they would be damaged. */
const OTHER_FORMATS: readonly (readonly [magic: string, name: string])[] = [
  ['QFI\xfb', 'qcow2'],
  ['KDMV', 'VMDK'],
  ['vhdxfile', 'VHDX'],
  ['conectix', 'VHD'],
  ['<<< ', 'VDI'],
];

export class RawImage implements BlockBackend {
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly path: string;
  private readonly fd: number;
  private size: number;
  private open = true;

  /** @throws FileError for what cannot be opened, is no regular file, is empty, or is of another format */
  constructor(path: string, { readOnly = false, formatGiven = false }: ImageOptions = {}) {
    this.path = path;
    this.readOnly = readOnly;
    try {
      this.fd = openSync(path, readOnly ? 'r' : 'r+');
    } catch (error) {
      throw fileError(path, error);
    }
    try {
      const stat = fstatSync(this.fd);
      if (stat.isDirectory()) throw fileError(path, { code: 'EISDIR' });
      if (!stat.isFile()) throw new FileError(`${path}: not a regular file`);
      this.size = stat.size;
      if (this.size === 0) throw new FileError(`${path}: the disk image is empty`);
      if (!formatGiven) this.refuseOtherFormats();
    } catch (error) {
      closeSync(this.fd);
      throw error instanceof FileError ? error : fileError(path, error);
    }
    this.sectors = Math.ceil(this.size / SECTOR_SIZE);
  }

  read(sector: number, target: Uint8Array, done: BlockDone): void {
    let failure: Error | undefined;
    try {
      this.readAll(sector * SECTOR_SIZE, target);
    } catch (error) {
      failure = error as Error;
    }
    done(failure);
  }

  write(sector: number, data: Uint8Array, done: BlockDone): void {
    let failure: Error | undefined;
    const start = sector * SECTOR_SIZE;
    try {
      for (let n = 0; n < data.length; ) n += writeSync(this.fd, data, n, data.length - n, start + n);
      this.size = Math.max(this.size, start + data.length);
    } catch (error) {
      failure = fileError(this.path, error);
    }
    done(failure);
  }

  flush(done: BlockDone): void {
    if (this.readOnly) return done();
    if (!this.open) return done(new FileError(`${this.path}: closed`));
    fdatasync(this.fd, (error) => done(error === null ? undefined : fileError(this.path, error)));
  }

  close(): void {
    if (this.open) closeSync(this.fd);
    this.open = false;
  }

  private readAll(start: number, target: Uint8Array): void {
    for (let n = 0; n < target.length; ) {
      const got = readSync(this.fd, target, n, target.length - n, start + n);
      if (got === 0) {
        // Behind the end of an image that ends within a sector there are zeros; an image that has shrunk is damaged.
        if (start + n < this.size) throw new FileError(`${this.path}: shorter than when it was opened`);
        target.fill(0, n);
        return;
      }
      n += got;
    }
  }

  private refuseOtherFormats(): void {
    const start = new Uint8Array(Math.min(SECTOR_SIZE, this.size));
    this.readAll(0, start);
    const text = String.fromCharCode(...start);
    const found = OTHER_FORMATS.find(([magic]) => text.startsWith(magic));
    if (found !== undefined) {
      throw new FileError(
        `${this.path}: a ${found[1]} image; only raw images can be used (format=raw takes it as one)`,
      );
    }
  }
}
