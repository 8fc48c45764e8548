/**
 * One diskette drive: what is in it, where its heads stand.
 */
import { type BlockBackend, SECTOR_SIZE } from './block-backend.ts';
import { type FloppyFormat, floppyFormat } from './floppy-format.ts';

export class FloppyDrive {
  cylinder = 0;
  /** The disk-change line: set until the heads step with a diskette in the drive. */
  changed = true;
  /** What the drive can take, as CMOS byte 10h numbers drives. */
  readonly type: number;
  private disk: BlockBackend | undefined;
  private diskFormat: FloppyFormat | undefined;

  constructor(disk: BlockBackend | undefined) {
    this.disk = disk;
    this.diskFormat = disk === undefined ? undefined : floppyFormat(disk.sectors);
    this.type = this.diskFormat?.drive ?? 4;
  }

  get backend(): BlockBackend | undefined {
    return this.disk;
  }

  get format(): FloppyFormat | undefined {
    return this.diskFormat;
  }

  /** Puts another diskette in, or none. */
  insert(disk: BlockBackend | undefined): void {
    this.disk = disk;
    this.diskFormat = disk === undefined ? undefined : floppyFormat(disk.sectors);
    this.changed = true;
  }

  /** Moves the heads. */
  seek(cylinder: number): void {
    this.cylinder = Math.min(cylinder, 84);
    if (this.disk !== undefined) this.changed = false;
  }

  /** Number of a sector on the disk, from its place; undefined where the format has none. `sector` counts from 1. */
  sectorAt(head: number, sector: number): number | undefined {
    const { diskFormat, cylinder } = this;
    if (diskFormat === undefined || cylinder >= diskFormat.cylinders || head >= diskFormat.heads) return undefined;
    if (sector < 1 || sector > diskFormat.sectors) return undefined;
    return (cylinder * diskFormat.heads + head) * diskFormat.sectors + sector - 1;
  }
}

/** Room for `count` sectors from `first` on, and the part of it that the image has: an image may end early. */
export function clipped(disk: BlockBackend, first: number, data: Uint8Array): Uint8Array {
  const there = Math.max(0, Math.min(data.length / SECTOR_SIZE, disk.sectors - first));
  return data.subarray(0, there * SECTOR_SIZE);
}
