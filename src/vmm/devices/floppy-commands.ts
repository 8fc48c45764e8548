/**
 * The commands of the diskette controller: seeks, status, and what moves
 * sectors is handed to `FloppyTransfer`.
 *
 * What holds: each command ends with the result bytes that the data sheet gives it; one that is not known, or is cut
 * short by a reset, harms nothing.
 */
import type { FloppyParts } from './floppy-controller.ts';
import { FloppyTransfer } from './floppy-transfer.ts';

/** What commands ask of the controller's registers. */
export interface CommandHost {
  rate(): number;
  dmaEnabled(): boolean;
  raiseInterrupt(): void;
  finish(results: readonly number[]): void;
}

/** Bytes of each command with the first, by its low five bits; what is not here is invalid, of one byte. */
const LENGTHS: Readonly<Record<number, number>> = {
  0x02: 9, // READ TRACK
  0x03: 3, // SPECIFY
  0x04: 2, // SENSE DRIVE STATUS
  0x05: 9, // WRITE DATA
  0x06: 9, // READ DATA
  0x07: 2, // RECALIBRATE
  0x08: 1, // SENSE INTERRUPT STATUS
  0x09: 9, // WRITE DELETED DATA
  0x0a: 2, // READ ID
  0x0c: 9, // READ DELETED DATA
  0x0d: 6, // FORMAT TRACK
  0x0e: 1, // DUMPREG
  0x0f: 3, // SEEK
  0x10: 1, // VERSION
  0x12: 2, // PERPENDICULAR MODE
  0x13: 4, // CONFIGURE
  0x14: 1, // LOCK
  0x16: 9, // VERIFY
  0x18: 1, // PART ID
};
/** Status register 0. */
const ABNORMAL = 0x40;
const INVALID = 0x80;
const SEEK_END = 0x20;
const EQUIPMENT_CHECK = 0x10;
const RELATIVE = 0x80;
const LOCK = 0x80;

export class FloppyCommands {
  /** Step rate and head times, non-DMA bit, and CONFIGURE's bytes: kept for DUMPREG. */
  readonly specified = new Uint8Array(2);
  readonly configured = new Uint8Array(2);
  perpendicular = 0;
  locked = false;
  lastSector = 0;
  /** Drives whose seek has not been asked about, a bit each. */
  seeking = 0;
  private readonly parts: FloppyParts;
  private readonly host: CommandHost;
  private readonly transfer: FloppyTransfer;
  /** Statuses that SENSE INTERRUPT STATUS is to tell: status register 0 and the cylinder. */
  private ended: (readonly [number, number])[] = [];
  private moving = false;
  private cancelSeek = () => {};

  constructor(parts: FloppyParts, host: CommandHost) {
    this.parts = parts;
    this.host = host;
    this.transfer = new FloppyTransfer(parts, {
      rate: () => host.rate(),
      useDma: () => host.dmaEnabled() && (this.specified[1]! & 1) === 0,
      requestByte: () => host.raiseInterrupt(),
      end: (results) => {
        host.finish(results);
        host.raiseInterrupt();
      },
    });
  }

  /** Whether a command is being carried out that has results. */
  get busy(): boolean {
    return this.transfer.busy;
  }

  /** Whether bytes go through the data port. */
  get pio(): boolean {
    return this.transfer.pio;
  }

  get pioToHost(): boolean {
    return this.transfer.pioToHost;
  }

  readPio(): number {
    return this.transfer.readPio();
  }

  writePio(value: number): void {
    this.transfer.writePio(value);
  }

  reset(announce: boolean): void {
    this.transfer.cancel();
    this.cancelSeek();
    this.moving = false;
    this.seeking = 0;
    if (!this.locked) this.configured.fill(0);
    this.ended = announce ? [0, 1, 2, 3].map((n) => [0xc0 | n, this.parts.drives[n]?.cylinder ?? 0] as const) : [];
  }

  length(first: number): number {
    return (first & 0x1f) === 0x0f && (first & RELATIVE) !== 0 ? 3 : (LENGTHS[first & 0x1f] ?? 1);
  }

  execute(bytes: readonly number[]): void {
    const [first = 0, second = 0, third = 0] = bytes;
    const drive = this.parts.drives[second & 3];
    switch (first & 0x1f) {
      case 0x02:
      case 0x05:
      case 0x06:
      case 0x09:
      case 0x0c:
      case 0x16:
        this.lastSector = bytes[6] as number;
        return this.transfer.start(bytes);
      case 0x0a:
        return this.transfer.readId(second);
      case 0x0d:
        return this.transfer.format(bytes);
      case 0x03:
        this.specified.set([second, third]);
        return;
      case 0x04:
        return this.host.finish([this.driveStatus(second)]);
      case 0x07:
        return this.seek(second & 3, 0, drive === undefined);
      case 0x0f:
        return this.seek(second & 3, this.target(first, third, drive?.cylinder ?? 0), false);
      case 0x08:
        return this.senseInterrupt();
      case 0x0e:
        return this.host.finish(this.dump());
      case 0x10:
        return this.host.finish([0x90]);
      case 0x18:
        return this.host.finish([0x41]);
      case 0x12:
        this.perpendicular = second;
        return;
      case 0x13:
        this.configured.set([third, bytes[3] as number]);
        return;
      case 0x14:
        this.locked = (first & LOCK) !== 0;
        return this.host.finish([this.locked ? 0x10 : 0]);
      default:
        return this.host.finish([INVALID]);
    }
  }

  private target(first: number, value: number, from: number): number {
    if ((first & RELATIVE) === 0) return value;
    return Math.max(0, (first & 0x40) !== 0 ? from + value : from - value);
  }

  /** The heads move; the end is told by an interrupt. */
  private seek(number: number, cylinder: number, check: boolean): void {
    this.seeking |= 1 << number;
    if (this.moving) this.cancelSeek();
    this.moving = true;
    const moving = this.parts.queue.wait(0, () => {
      this.moving = false;
      const drive = this.parts.drives[number];
      drive?.seek(cylinder);
      const status = SEEK_END | (check ? ABNORMAL | EQUIPMENT_CHECK : 0) | number;
      this.ended = [...this.ended.slice(-3), [status, drive?.cylinder ?? cylinder]];
      this.host.raiseInterrupt();
    });
    this.cancelSeek = () => moving.cancel();
  }

  private senseInterrupt(): void {
    const first = this.ended.shift();
    if (first === undefined) return this.host.finish([INVALID]);
    this.seeking &= ~(1 << (first[0] & 3));
    this.host.finish(first);
  }

  /** Status register 3. */
  private driveStatus(select: number): number {
    const drive = this.parts.drives[select & 3];
    if (drive === undefined) return select & 7;
    const protectedDisk = drive.backend?.readOnly === true ? 0x40 : 0;
    const twoSided = (drive.format?.heads ?? 2) === 2 ? 0x08 : 0;
    return (select & 7) | 0x20 | protectedDisk | (drive.cylinder === 0 ? 0x10 : 0) | twoSided;
  }

  private dump(): number[] {
    const cylinders = [0, 1, 2, 3].map((n) => this.parts.drives[n]?.cylinder ?? 0);
    const lock = (this.locked ? LOCK : 0) | (this.perpendicular & 0x7f);
    return [...cylinders, ...this.specified, this.lastSector, lock, ...this.configured];
  }
}
