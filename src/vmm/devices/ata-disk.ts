/**
 * An ATA hard disk (ATA/ATAPI-6) on a block backend.
 *
 * What holds: no command touches a sector outside the disk; a write whose command ended well has been given to
 * the backend, and one that the backend refused ends in an error; after FLUSH CACHE all of them are on the host's
 * disk, as they are after each write while the write cache is off.
 */
import { defaultGeometry, identifyDisk, MAX_MULTIPLE } from './ata-identify.ts';
import { type BlockBackend, SECTOR_SIZE } from './block-backend.ts';
import type { BlockQueue } from './block-queue.ts';
import { IdeDrive } from './ide-drive.ts';
import { ABRT, COUNT, DEVICE, DF, FEATURES, type Geometry, IDNF, UNC } from './ide-taskfile.ts';

/** Sectors that are read from the backend at once. */
const CHUNK = 256;

/** Sectors that a command is still to move. */
interface Job {
  sector: number;
  left: number;
  readonly wide: boolean;
  /** Sectors in a block of the data port. */
  readonly block: number;
}

export class AtaDisk extends IdeDrive {
  translation: Geometry;
  multiple = 0;
  multiwordMode = 0;
  ultraMode = 0;
  writeCache = true;
  private readonly backend: BlockBackend;
  private readonly serial: string;

  constructor(backend: BlockBackend, queue: BlockQueue, serial: string) {
    super(queue);
    this.backend = backend;
    this.serial = serial;
    this.translation = defaultGeometry(backend.sectors);
    this.task.setSignature(false);
  }

  protected whenReset(): void {
    this.task.setSignature(false);
    this.multiple = 0;
  }

  command(code: number): void {
    this.abandon();
    switch (code) {
      case 0x20: // READ SECTORS
      case 0x21:
      case 0x24: // EXT
        return this.transfer(code === 0x24, 1, (job) => this.readPio(job));
      case 0xc4: // READ MULTIPLE
      case 0x29:
        return this.transfer(code === 0x29, this.multiple, (job) => this.readPio(job));
      case 0xc8: // READ DMA
      case 0xc9:
      case 0x25:
        return this.transfer(code === 0x25, CHUNK, (job) => this.readDma(job));
      case 0x30: // WRITE SECTORS
      case 0x31:
      case 0x34:
        return this.transfer(code === 0x34, 1, (job) => this.writePio(job, false), true);
      case 0xc5: // WRITE MULTIPLE
      case 0x39:
        return this.transfer(code === 0x39, this.multiple, (job) => this.writePio(job, false), true);
      case 0xca: // WRITE DMA
      case 0xcb:
      case 0x35:
        return this.transfer(code === 0x35, CHUNK, (job) => this.writeDma(job), true);
      case 0x40: // READ VERIFY
      case 0x41:
      case 0x42:
        return this.transfer(code === 0x42, CHUNK, (job) => this.beBusy(0, () => this.arrive(job)));
      case 0xe7: // FLUSH CACHE
      case 0xea:
        return this.flushBlocks(this.backend, (error) => (error === undefined ? this.succeed() : this.fail(ABRT, DF)));
      case 0xec:
        return this.identify();
      case 0xef:
        return this.setFeatures();
      case 0x91:
        return this.setTranslation();
      case 0xc6:
        return this.setMultiple();
      case 0xf8: // READ NATIVE MAX ADDRESS
      case 0x27:
        this.task.setAddress(this.backend.sectors - 1, 0, code === 0x27, this.translation);
        return this.succeed();
      case 0x90: // EXECUTE DEVICE DIAGNOSTIC
        this.whenReset();
        return this.raiseInterrupt();
      case 0xe5: // CHECK POWER MODE: active
      case 0x98:
        this.task.current[COUNT] = 0xff;
        return this.succeed();
      default:
        return this.isIdle(code) ? this.succeed() : this.abort();
    }
  }

  /** Commands with nothing to do: seek, recalibrate, standby, idle and sleep. */
  private isIdle(code: number): boolean {
    const group = code & 0xf0;
    return group === 0x70 || group === 0x10 || (code >= 0x94 && code <= 0x99) || (code >= 0xe0 && code <= 0xe6);
  }

  /** Checks the address, and the rest of what all transfers need. */
  private transfer(wide: boolean, block: number, run: (job: Job) => void, writes = false): void {
    const sector = this.task.address(wide, this.translation);
    const job: Job = { sector, left: this.task.sectorCount(wide), wide, block };
    if (block === 0 || (writes && this.backend.readOnly)) return this.abort();
    if (sector < 0 || sector + job.left > this.backend.sectors) return this.failAt(job, IDNF);
    run(job);
  }

  private failAt(job: Job, error: number, status = 0): void {
    if (job.sector >= 0) this.task.setAddress(job.sector, job.left, job.wide, this.translation);
    this.fail(error, status);
  }

  /** All sectors are moved: the registers show the last one. */
  private finish(job: Job): void {
    this.task.setAddress(job.sector - 1, 0, job.wide, this.translation);
    this.succeed();
  }

  private arrive(job: Job): void {
    this.moveOn(job, job.left);
    this.finish(job);
  }

  private moveOn(job: Job, sectors: number): void {
    job.sector += sectors;
    job.left -= sectors;
  }

  private readChunk(job: Job, then: (data: Uint8Array) => void): void {
    const data = new Uint8Array(Math.min(job.left, CHUNK) * SECTOR_SIZE);
    this.readBlocks(this.backend, job.sector, data, (error) => {
      if (error !== undefined) return this.failAt(job, UNC);
      this.moveOn(job, data.length / SECTOR_SIZE);
      then(data);
    });
  }

  private readPio(job: Job): void {
    this.readChunk(job, (data) => {
      this.sendData(data, job.block * SECTOR_SIZE, () => {
        if (job.left > 0) return this.readPio(job);
        // The interrupt of the last block was the last one.
        this.task.setAddress(job.sector - 1, 0, job.wide, this.translation);
        this.task.error = 0;
        this.task.status = 0x50;
      });
    });
  }

  private readDma(job: Job): void {
    this.readChunk(job, (data) => {
      this.transferDma(data, true, () => (job.left > 0 ? this.readDma(job) : this.finish(job)));
    });
  }

  private writePio(job: Job, interrupt: boolean): void {
    const data = new Uint8Array(Math.min(job.left, job.block) * SECTOR_SIZE);
    this.receiveData(data, interrupt, () => this.writeChunk(job, data, () => this.writePio(job, true)));
  }

  private writeDma(job: Job): void {
    const data = new Uint8Array(Math.min(job.left, CHUNK) * SECTOR_SIZE);
    this.transferDma(data, false, () => this.writeChunk(job, data, () => this.writeDma(job)));
  }

  private writeChunk(job: Job, data: Uint8Array, next: () => void): void {
    this.writeBlocks(this.backend, job.sector, data, (error) => {
      if (error !== undefined) return this.failAt(job, ABRT, DF);
      this.moveOn(job, data.length / SECTOR_SIZE);
      if (job.left > 0) return next();
      if (this.writeCache) return this.finish(job);
      this.flushBlocks(this.backend, (failed) => (failed === undefined ? this.finish(job) : this.fail(ABRT, DF)));
    });
  }

  private identify(): void {
    const data = identifyDisk(this.backend.sectors, this.serial, this);
    this.sendData(data, SECTOR_SIZE, () => {
      this.task.status = 0x50;
    });
  }

  private setFeatures(): void {
    const mode = this.task.current[COUNT] as number;
    switch (this.task.current[FEATURES]) {
      case 0x02: // write cache on
        this.writeCache = true;
        return this.succeed();
      case 0x82:
        this.writeCache = false;
        return this.flushBlocks(this.backend, (error) => (error === undefined ? this.succeed() : this.fail(ABRT, DF)));
      case 0x03:
        return this.setTransferMode(mode >> 3, mode & 7);
      case 0x55: // read look-ahead off, on; power-on defaults off, on
      case 0xaa:
      case 0x66:
      case 0xcc:
        return this.succeed();
      default:
        return this.abort();
    }
  }

  /** PIO, multiword DMA, Ultra DMA: they differ in what IDENTIFY DEVICE shows. */
  private setTransferMode(kind: number, mode: number): void {
    if ((kind === 4 && mode > 2) || (kind === 8 && mode > 5) || ![0, 1, 4, 8].includes(kind)) return this.abort();
    this.multiwordMode = kind === 4 ? 0x100 << mode : 0;
    this.ultraMode = kind === 8 ? 0x100 << mode : 0;
    this.succeed();
  }

  private setTranslation(): void {
    const sectors = this.task.current[COUNT] as number;
    const heads = ((this.task.current[DEVICE] as number) & 15) + 1;
    if (sectors === 0) return this.abort();
    const cylinders = Math.min(65535, Math.floor(this.backend.sectors / (heads * sectors)));
    this.translation = { cylinders, heads, sectors };
    this.succeed();
  }

  private setMultiple(): void {
    const block = this.task.current[COUNT] as number;
    if (block > MAX_MULTIPLE || (block & (block - 1)) !== 0) return this.abort();
    this.multiple = block;
    this.succeed();
  }
}
