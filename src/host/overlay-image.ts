/**
 * A disk whose writes are forgotten when the machine ends: they go to a
 * temporary file without a name, and what was not written is read from the image below.
 *
 * What holds: the image below is never written to; however the process ends, nothing is left behind; the
 * temporary file takes as much room as was written.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlockBackend, type BlockDone, SECTOR_SIZE } from '../vmm/devices/block-backend.ts';
import { FileError, fileError } from './files.ts';

/** Sectors that one bitmap tells of. */
const GROUP = 32768;

export class OverlayImage implements BlockBackend {
  readonly readOnly = false;
  private readonly base: BlockBackend & { close(): void };
  private readonly fd: number;
  /** Which sectors were written: a bit each, by group. */
  private readonly written = new Map<number, Uint8Array>();
  private open = true;

  /** @throws FileError when there is no room for temporary files */
  constructor(base: BlockBackend & { close(): void }) {
    this.base = base;
    const parent = tmpdir();
    try {
      const folder = mkdtempSync(join(parent, 'transvisor-'));
      try {
        this.fd = openSync(join(folder, 'overlay'), 'wx+', 0o600);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    } catch (error) {
      throw fileError(parent, error);
    }
  }

  get sectors(): number {
    return this.base.sectors;
  }

  read(sector: number, target: Uint8Array, done: BlockDone): void {
    this.readFrom(sector, target, 0, done);
  }

  write(sector: number, data: Uint8Array, done: BlockDone): void {
    let failure: Error | undefined;
    try {
      const start = sector * SECTOR_SIZE;
      for (let n = 0; n < data.length; ) n += writeSync(this.fd, data, n, data.length - n, start + n);
      for (let n = 0; n < data.length / SECTOR_SIZE; n++) this.mark(sector + n);
    } catch (error) {
      failure = fileError('temporary file of a snapshot', error);
    }
    done(failure);
  }

  /** There is nothing to keep. */
  flush(done: BlockDone): void {
    done();
  }

  close(): void {
    if (this.open) closeSync(this.fd);
    this.open = false;
    this.base.close();
  }

  /** Reads a run of sectors that lie in the same place, and then the rest. */
  private readFrom(sector: number, target: Uint8Array, from: number, done: BlockDone): void {
    let at = from;
    while (at < target.length) {
      const own = this.has(sector + at / SECTOR_SIZE);
      let end = at + SECTOR_SIZE;
      while (end < target.length && this.has(sector + end / SECTOR_SIZE) === own) end += SECTOR_SIZE;
      const part = target.subarray(at, end);
      if (!own) {
        const next = end;
        const first = sector + at / SECTOR_SIZE;
        return this.base.read(first, part, (error) =>
          error === undefined ? this.readFrom(sector, target, next, done) : done(error),
        );
      }
      const failure = this.readOwn(sector + at / SECTOR_SIZE, part);
      if (failure !== undefined) return done(failure);
      at = end;
    }
    done();
  }

  private readOwn(sector: number, part: Uint8Array): Error | undefined {
    try {
      for (let n = 0; n < part.length; ) {
        const got = readSync(this.fd, part, n, part.length - n, sector * SECTOR_SIZE + n);
        if (got === 0) return new FileError('temporary file of a snapshot: shorter than it was');
        n += got;
      }
      return undefined;
    } catch (error) {
      return fileError('temporary file of a snapshot', error);
    }
  }

  private has(sector: number): boolean {
    const bits = this.written.get(Math.floor(sector / GROUP));
    const n = sector % GROUP;
    return bits !== undefined && ((bits[n >> 3] as number) & (1 << (n & 7))) !== 0;
  }

  private mark(sector: number): void {
    const group = Math.floor(sector / GROUP);
    let bits = this.written.get(group);
    if (bits === undefined) {
      bits = new Uint8Array(GROUP / 8);
      this.written.set(group, bits);
    }
    const n = sector % GROUP;
    bits[n >> 3] = (bits[n >> 3] as number) | (1 << (n & 7));
  }
}
