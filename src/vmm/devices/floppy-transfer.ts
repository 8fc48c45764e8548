/**
 * The diskette controller's commands that move sectors, by DMA channel 2 or,
 * where SPECIFY says so, byte by byte through the data port.
 *
 * What holds: a transfer ends at the DMA's terminal count, at the last sector that the command names, or with an
 * error in the status registers; a DMA channel that is not set up ends it as an overrun, in bounded time.
 */
import { SECTOR_SIZE } from './block-backend.ts';
import type { BlockOperation } from './block-queue.ts';
import type { FloppyParts } from './floppy-controller.ts';
import { clipped, type FloppyDrive } from './floppy-drive.ts';

export interface TransferHost {
  rate(): number;
  useDma(): boolean;
  /** The data port wants a byte moved. */
  requestByte(): void;
  /** The command is over: its result bytes. */
  end(results: readonly number[]): void;
}

const DMA_CHANNEL = 2;
const MULTI_TRACK = 0x80;
/** How long a DMA channel may be masked: tries, and ns between them. */
const DMA_TRIES = 500;
const DMA_PAUSE = 1_000_000;
/** Status register 0, 1 and 2. */
const ABNORMAL = 0x40;
const END_OF_CYLINDER = 0x80;
const DATA_ERROR = 0x20;
const OVERRUN = 0x10;
const NO_DATA = 0x04;
const NOT_WRITABLE = 0x02;
const NO_ADDRESS_MARK = 0x01;
const WRONG_CYLINDER = 0x10;

type Direction = 'read' | 'write' | 'verify' | 'format';

interface Job {
  readonly direction: Direction;
  readonly multiTrack: boolean;
  readonly drive: FloppyDrive;
  /** Drive and head, as the command's second byte. */
  readonly select: number;
  cylinder: number;
  head: number;
  sector: number;
  readonly size: number;
  readonly last: number;
}

export class FloppyTransfer {
  busy = false;
  pio = false;
  pioToHost = false;
  private readonly parts: FloppyParts;
  private readonly host: TransferHost;
  private operation: BlockOperation | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private position = 0;
  private whenMoved: (moved: number, terminal: boolean) => void = () => {};

  constructor(parts: FloppyParts, host: TransferHost) {
    this.parts = parts;
    this.host = host;
  }

  cancel(): void {
    this.operation?.cancel();
    this.operation = undefined;
    this.busy = false;
    this.pio = false;
  }

  /** READ, WRITE, VERIFY and READ TRACK, with nine bytes. */
  start(command: readonly number[]): void {
    const [first, select, cylinder, head, sector, size, last] = command as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const code = first & 0x1f;
    const direction = code === 0x05 || code === 0x09 ? 'write' : code === 0x16 ? 'verify' : 'read';
    const from = code === 0x02 ? 1 : sector;
    const job = {
      direction,
      multiTrack: (first & MULTI_TRACK) !== 0,
      select,
      cylinder,
      head,
      sector: from,
      size,
      last,
    };
    this.withDrive(job as Omit<Job, 'drive'>, (ready) => this.run(ready));
  }

  /** READ ID: the next sector that comes by. */
  readId(select: number): void {
    const job = {
      direction: 'read',
      multiTrack: false,
      select,
      cylinder: 0,
      head: (select >> 2) & 1,
      sector: 1,
    } as const;
    this.withDrive({ ...job, size: 2, last: 1 }, (ready) => {
      this.wait(() => {
        ready.cylinder = ready.drive.cylinder;
        this.end(ready, 0, 0, 0);
      });
    });
  }

  /** FORMAT TRACK: an address of four bytes for each sector comes from the host, and all are filled. */
  format(command: readonly number[]): void {
    const [, select, size, sectors, , filler] = command as [number, number, number, number, number, number];
    const head = (select >> 2) & 1;
    const job = { direction: 'format', multiTrack: false, select, cylinder: 0, head, sector: 1, size, last: sectors };
    this.withDrive(job as Omit<Job, 'drive'>, (ready) => {
      ready.cylinder = ready.drive.cylinder;
      const format = ready.drive.format;
      const first = ready.drive.sectorAt(head, 1);
      if (first === undefined || size !== 2 || sectors === 0) return this.end(ready, ABNORMAL, NO_DATA, 0);
      this.takeBytes(new Uint8Array(sectors * 4), () => {
        const track = new Uint8Array(Math.min(sectors, format?.sectors ?? 0) * SECTOR_SIZE).fill(filler);
        this.store(ready, first, track, () => this.end(ready, 0, 0, 0));
      });
    });
  }

  readPio(): number {
    if (!this.pioToHost) return 0xff;
    const value = this.bytes[this.position] as number;
    this.advancePio();
    return value;
  }

  writePio(value: number): void {
    if (this.pioToHost) return;
    this.bytes[this.position] = value;
    this.advancePio();
  }

  private advancePio(): void {
    this.position++;
    if (this.position < this.bytes.length) return this.host.requestByte();
    this.pio = false;
    this.whenMoved(this.bytes.length, true);
  }

  /** Checks what every command needs: a drive, a diskette, the right data rate. */
  private withDrive(job: Omit<Job, 'drive'>, then: (ready: Job) => void): void {
    this.busy = true;
    const drive = this.parts.drives[job.select & 3];
    const format = drive?.format;
    if (drive === undefined || format === undefined || !format.rates.includes(this.host.rate())) {
      return this.wait(() => this.endWith(job, ABNORMAL, NO_ADDRESS_MARK, 0));
    }
    if ((job.direction === 'write' || job.direction === 'format') && drive.backend?.readOnly === true) {
      return this.wait(() => this.endWith(job, ABNORMAL, NOT_WRITABLE, 0));
    }
    then({ ...job, drive });
  }

  private run(job: Job): void {
    const first = job.drive.sectorAt(job.head, job.sector);
    if (job.cylinder !== job.drive.cylinder) return this.wait(() => this.end(job, ABNORMAL, NO_DATA, WRONG_CYLINDER));
    if (first === undefined || job.size !== 2) return this.wait(() => this.end(job, ABNORMAL, NO_DATA, 0));
    const data = new Uint8Array(this.sectorsLeft(job) * SECTOR_SIZE);
    if (job.direction === 'write') {
      this.takeBytes(data, (moved, terminal) => {
        const sectors = Math.ceil(moved / SECTOR_SIZE);
        this.store(job, first, data.subarray(0, sectors * SECTOR_SIZE), () => this.finish(job, sectors, terminal));
      });
      return;
    }
    const disk = job.drive.backend;
    if (disk === undefined) return this.end(job, ABNORMAL, NO_ADDRESS_MARK, 0);
    this.operation = this.parts.queue.read(disk, first, clipped(disk, first, data), (error) => {
      if (error !== undefined) return this.end(job, ABNORMAL, DATA_ERROR, DATA_ERROR);
      if (job.direction === 'verify') return this.finish(job, data.length / SECTOR_SIZE, true);
      this.giveBytes(data, (moved, terminal) => this.finish(job, Math.ceil(moved / SECTOR_SIZE), terminal));
    });
  }

  /** Sectors up to the last of the command on this side, and with multi-track on the other. */
  private sectorsLeft(job: Job): number {
    const { format } = job.drive;
    const perSide = format?.sectors ?? 0;
    const here = Math.max(1, Math.min(job.last, perSide) - job.sector + 1);
    return job.multiTrack && job.head === 0 && format?.heads === 2 && job.last >= perSide ? here + perSide : here;
  }

  /** Moves the address on behind `sectors` sectors, and ends. */
  private finish(job: Job, sectors: number, terminal: boolean): void {
    const perSide = job.drive.format?.sectors ?? 1;
    const end = Math.min(job.last, perSide);
    for (let n = 0; n < sectors; n++) {
      job.sector++;
      if (job.sector <= end) continue;
      job.sector = 1;
      if (job.multiTrack && job.head === 0) job.head = 1;
      else {
        job.cylinder++;
        if (job.multiTrack) job.head = 0;
      }
    }
    if (terminal) this.end(job, 0, 0, 0);
    else this.end(job, ABNORMAL, END_OF_CYLINDER, 0);
  }

  private store(job: Job, first: number, data: Uint8Array, then: () => void): void {
    const disk = job.drive.backend;
    if (disk === undefined) return this.end(job, ABNORMAL, NO_ADDRESS_MARK, 0);
    const part = clipped(disk, first, data);
    // An image that ends early has no room for the rest: that is an error, not a lost write.
    if (part.length < data.length) return this.end(job, ABNORMAL, DATA_ERROR, DATA_ERROR);
    this.operation = this.parts.queue.write(disk, first, data, (error) => {
      if (error !== undefined) this.end(job, ABNORMAL, DATA_ERROR, DATA_ERROR);
      else then();
    });
  }

  private giveBytes(data: Uint8Array, then: (moved: number, terminal: boolean) => void): void {
    this.move(data, true, then);
  }

  private takeBytes(target: Uint8Array, then: (moved: number, terminal: boolean) => void): void {
    this.move(target, false, then);
  }

  private move(bytes: Uint8Array, toHost: boolean, then: (moved: number, terminal: boolean) => void, tries = 0): void {
    if (!this.host.useDma()) {
      this.bytes = bytes;
      this.position = 0;
      this.pio = true;
      this.pioToHost = toHost;
      this.whenMoved = then;
      return this.host.requestByte();
    }
    const { dma, clock } = this.parts;
    if (!dma.ready(DMA_CHANNEL) && tries < DMA_TRIES) {
      const timer = clock.schedule(clock.now() + DMA_PAUSE, () => this.move(bytes, toHost, then, tries + 1));
      this.operation = { cancel: () => clock.cancel(timer) };
      return;
    }
    const { moved, terminal } = toHost ? dma.fromDevice(DMA_CHANNEL, bytes) : dma.toDevice(DMA_CHANNEL, bytes);
    if (moved === 0) return this.overrun();
    then(moved, terminal);
  }

  private overrun(): void {
    this.busy = false;
    this.host.end([ABNORMAL, OVERRUN, 0, 0, 0, 0, 2]);
  }

  private wait(then: () => void): void {
    this.operation = this.parts.queue.wait(0, () => {
      this.operation = undefined;
      then();
    });
  }

  private end(job: Job, status0: number, status1: number, status2: number): void {
    this.endWith(job, status0, status1, status2);
  }

  private endWith(job: Omit<Job, 'drive'>, status0: number, status1: number, status2: number): void {
    this.cancel();
    const select = (job.select & 3) | ((job.head & 1) << 2);
    this.host.end([status0 | select, status1, status2, job.cylinder & 0xff, job.head, job.sector, job.size]);
  }
}
