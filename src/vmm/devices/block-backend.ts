/**
 * What a disk's sectors are kept in, as a device sees it: a file on the host,
 * an overlay over one, or memory. Host errors come back as values, never as exceptions.
 */

/** Bytes of a sector in this interface, whatever a device's own sectors are. */
export const SECTOR_SIZE = 512;

/** Called once when an operation is done, perhaps before the call that began it returns. */
export type BlockDone = (error?: Error) => void;

/**
 * What holds: operations take effect in the order in which they are begun, so a read sees
 * every write begun before it; ranges lie inside the disk; a buffer belongs to the backend until it is done.
 */
export interface BlockBackend {
  /** Size in sectors. */
  readonly sectors: number;
  /** Writes are refused by the device before they come here. */
  readonly readOnly: boolean;
  /** Fills `target`, whole sectors, from `sector` on. */
  read(sector: number, target: Uint8Array, done: BlockDone): void;
  write(sector: number, data: Uint8Array, done: BlockDone): void;
  /** Done when everything written before is on the host's disk, not only in its memory. */
  flush(done: BlockDone): void;
}

/** A disk in memory: for tests and for programs that have an image as bytes. */
export class MemoryBackend implements BlockBackend {
  readonly bytes: Uint8Array;
  readonly readOnly: boolean;

  /** @param bytes the image; what is left of its last sector is lost */
  constructor(bytes: Uint8Array, readOnly = false) {
    this.bytes = bytes;
    this.readOnly = readOnly;
  }

  get sectors(): number {
    return Math.floor(this.bytes.length / SECTOR_SIZE);
  }

  read(sector: number, target: Uint8Array, done: BlockDone): void {
    target.set(this.bytes.subarray(sector * SECTOR_SIZE, sector * SECTOR_SIZE + target.length));
    done();
  }

  write(sector: number, data: Uint8Array, done: BlockDone): void {
    this.bytes.set(data, sector * SECTOR_SIZE);
    done();
  }

  flush(done: BlockDone): void {
    done();
  }
}
