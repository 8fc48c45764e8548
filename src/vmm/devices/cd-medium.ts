/**
 * What is in a CD-ROM drive: a disc of one data track, or none; the tray, its
 * lock, and what the host has not been told of yet.
 */
import type { BlockBackend } from './block-backend.ts';

/** Bytes of a sector of a disc, in sectors of the backend. */
const BACKEND_SECTORS = 4;

/** Sense key, additional sense code and its qualifier (SPC-3, 4.5). */
export type Sense = readonly [key: number, code: number, qualifier: number];
export const NO_SENSE: Sense = [0, 0, 0];
export const NOT_READY_NO_MEDIUM: Sense = [2, 0x3a, 0];
export const MEDIUM_ERROR: Sense = [3, 0x11, 0];
export const INVALID_COMMAND: Sense = [5, 0x20, 0];
export const OUT_OF_RANGE: Sense = [5, 0x21, 0];
export const INVALID_FIELD: Sense = [5, 0x24, 0];
export const REMOVAL_PREVENTED: Sense = [5, 0x53, 2];
export const MEDIUM_CHANGED: Sense = [6, 0x28, 0];

/** What GET EVENT STATUS NOTIFICATION tells. */
export type MediaEvent = 'none' | 'ejectRequest' | 'newMedia' | 'removed';

export class CdMedium {
  /** Disc in the drive; with the tray open it lies there all the same. */
  disc: BlockBackend | undefined;
  trayOpen = false;
  locked = false;
  /** The host has not heard of a change yet. */
  changed = false;
  event: MediaEvent = 'none';

  constructor(disc: BlockBackend | undefined) {
    this.disc = disc;
  }

  /** The disc that can be read now. */
  get ready(): BlockBackend | undefined {
    return this.trayOpen ? undefined : this.disc;
  }

  /** Sectors of 2048 bytes. */
  get sectors(): number {
    return Math.floor((this.ready?.sectors ?? 0) / BACKEND_SECTORS);
  }

  /**
   * The button, or a person at the monitor, takes the disc out.
   * @returns false where the guest has locked the tray; it is told of the wish
   */
  eject(force: boolean): boolean {
    if (this.locked && !force) {
      this.event = 'ejectRequest';
      return false;
    }
    this.insert(undefined);
    return true;
  }

  /** Puts another disc in, or none, and closes the tray. */
  insert(disc: BlockBackend | undefined): void {
    this.disc = disc;
    this.trayOpen = false;
    this.locked = false;
    this.changed = disc !== undefined;
    this.event = disc === undefined ? 'removed' : 'newMedia';
  }

  /** The guest moves the tray. @returns false where it is locked */
  moveTray(open: boolean): boolean {
    if (open && this.locked) return false;
    if (open !== this.trayOpen) {
      this.trayOpen = open;
      this.changed = !open && this.disc !== undefined;
      this.event = open ? 'removed' : this.changed ? 'newMedia' : 'none';
    }
    return true;
  }
}
