/**
 * An ATAPI CD-ROM drive: the packet protocol of ATA/ATAPI-6, chapter 9.8, and the
 * commands of MMC-3 that read.
 *
 * What holds: a reply is never longer than the host asked for, and a read never leaves the disc.
 */
import { putText, wordBytes } from './ata-identify.ts';
import type { BlockBackend } from './block-backend.ts';
import type { BlockQueue } from './block-queue.ts';
import * as cd from './cd-medium.ts';
import * as replies from './cd-replies.ts';
import { IdeDrive } from './ide-drive.ts';
import { ABRT, COUNT, FEATURES, LBA_HIGH, LBA_MID } from './ide-taskfile.ts';

/** Bytes of a sector, and how many of the backend's it takes. */
const SECTOR = 2048;
const BACKEND_SECTORS = 4;
/** Sectors that are read at once. */
const CHUNK = 32;
const PACKET_SIZE = 12;
/** Interrupt reason: the bytes are a command, or status; they go to the host. */
const REASON_COMMAND = 1;
const REASON_TO_HOST = 2;
const READY = 0x50;
const DMA = 1;

export class AtapiDrive extends IdeDrive {
  readonly medium: cd.CdMedium;
  sense: cd.Sense = cd.NO_SENSE;
  private useDma = false;
  private byteLimit = 0;

  constructor(disc: BlockBackend | undefined, queue: BlockQueue) {
    super(queue);
    this.medium = new cd.CdMedium(disc);
    this.task.setSignature(true);
  }

  protected whenReset(): void {
    this.task.setSignature(true);
    this.sense = cd.NO_SENSE;
    this.medium.locked = false;
  }

  protected override blockReady(out: boolean, size: number): void {
    this.task.current[COUNT] = out ? 0 : REASON_TO_HOST;
    // While the packet is awaited, the byte count is still the host's.
    if (out) return;
    this.task.current[LBA_MID] = size;
    this.task.current[LBA_HIGH] = size >> 8;
  }

  command(code: number): void {
    this.abandon();
    switch (code) {
      case 0xa0:
        return this.awaitPacket();
      case 0xa1:
        return this.sendData(this.identify(), 512, () => {
          this.task.status = READY;
        });
      case 0x08: // DEVICE RESET: no interrupt
        return this.reset();
      case 0x90:
        this.whenReset();
        return this.raiseInterrupt();
      case 0xef:
      case 0xe0: // power modes
      case 0xe1:
      case 0xe2:
      case 0xe3:
      case 0xe6:
      case 0xe7:
        return this.succeed();
      case 0xe5:
        this.task.current[COUNT] = 0xff;
        return this.succeed();
      case 0x20: // READ SECTORS and IDENTIFY DEVICE: refused with the signature, which tells what this is
      case 0xec:
        this.task.setSignature(true);
        return this.fail(ABRT);
      default:
        return this.abort();
    }
  }

  private awaitPacket(): void {
    this.useDma = ((this.task.current[FEATURES] as number) & DMA) !== 0;
    const limit = (this.task.current[LBA_MID] as number) | ((this.task.current[LBA_HIGH] as number) << 8);
    // An odd limit counts for all blocks but the last; 0 and FFFFh stand for the most.
    this.byteLimit = (limit === 0xffff ? 0xfffe : limit) & ~1 || 0xfffe;
    const packet = new Uint8Array(PACKET_SIZE);
    this.receiveData(packet, false, () => this.execute(packet));
    this.task.current[COUNT] = REASON_COMMAND;
  }

  /** The end of a packet command. */
  private complete(): void {
    this.sense = cd.NO_SENSE;
    this.task.current[COUNT] = REASON_COMMAND | REASON_TO_HOST;
    this.succeed();
  }

  private refuse(sense: cd.Sense): void {
    this.sense = sense;
    this.task.current[COUNT] = REASON_COMMAND | REASON_TO_HOST;
    this.fail((sense[0] << 4) | ABRT);
  }

  /** Sends a reply, cut to what was asked for. */
  private reply(bytes: readonly number[] | undefined, asked: number): void {
    if (bytes === undefined) return this.refuse(cd.INVALID_FIELD);
    this.give(Uint8Array.from(bytes).subarray(0, asked), () => this.complete());
  }

  private give(data: Uint8Array, then: () => void): void {
    if (data.length === 0) return then();
    if (this.useDma) this.transferDma(data, true, then);
    else this.sendData(data, this.byteLimit, then);
  }

  private execute(packet: Uint8Array): void {
    const { medium } = this;
    const code = packet[0] as number;
    const at = (n: number) => packet[n] as number;
    const word = (n: number) => (at(n) << 8) | at(n + 1);
    // INQUIRY and REQUEST SENSE are answered whatever happened.
    if (code === 0x12) return this.reply(replies.inquiry(), word(3));
    if (code === 0x03) {
      const { sense } = this;
      return this.reply(replies.requestSense(sense), at(4));
    }
    if (code === 0x4a)
      return at(1) & 1 ? this.reply(replies.eventStatus(medium, at(4)), word(7)) : this.refuse(cd.INVALID_FIELD);
    if (medium.changed) {
      medium.changed = false;
      return this.refuse(cd.MEDIUM_CHANGED);
    }
    if (needsDisc(code) && medium.ready === undefined) return this.refuse(cd.NOT_READY_NO_MEDIUM);
    switch (code) {
      case 0x00: // TEST UNIT READY
      case 0xbb: // SET CD SPEED
        return this.complete();
      case 0x1b:
        return this.startStop(at(4));
      case 0x1e:
        medium.locked = (at(4) & 1) !== 0;
        return this.complete();
      case 0x25:
        return this.reply(replies.capacity(medium), 8);
      case 0x28:
      case 0xa8: {
        const count = code === 0x28 ? word(7) : word(6) * 0x1_0000 + word(8);
        return this.readSectors(word(2) * 0x1_0000 + word(4), count);
      }
      case 0xbe:
        return this.readCd(word(2) * 0x1_0000 + word(4), (at(6) << 16) | word(7), at(9));
      case 0x2b: // SEEK
        return word(2) * 0x1_0000 + word(4) < medium.sectors ? this.complete() : this.refuse(cd.OUT_OF_RANGE);
      case 0x43: {
        const format = at(2) & 15 || at(9) >> 6;
        return this.reply(replies.tableOfContents(medium, format, at(6), (at(1) & 2) !== 0), word(7));
      }
      case 0x1a:
        return this.reply(replies.modeSense(medium, at(2) & 0x3f, false), at(4));
      case 0x5a:
        return this.reply(replies.modeSense(medium, at(2) & 0x3f, true), word(7));
      case 0x46:
        return this.reply(replies.configuration(medium, word(2), (at(1) & 3) === 2), word(7));
      case 0x51:
        return this.reply(replies.discInformation(), word(7));
      case 0x52:
        return this.reply(replies.trackInformation(medium), word(7));
      case 0xbd:
        return this.reply(replies.mechanismStatus(medium), word(8));
      default:
        return this.refuse(cd.INVALID_COMMAND);
    }
  }

  /** START STOP UNIT: bit 1 is for the tray, bit 0 says in. */
  private startStop(what: number): void {
    if ((what & 2) !== 0 && !this.medium.moveTray((what & 1) === 0)) return this.refuse(cd.REMOVAL_PREVENTED);
    this.complete();
  }

  /** READ CD gives user data, which is all that the image has, or nothing. */
  private readCd(sector: number, count: number, parts: number): void {
    if ((parts & 0xf8) === 0) return this.complete();
    if ((parts & 0xf8) !== 0x10) return this.refuse(cd.INVALID_FIELD);
    this.readSectors(sector, count);
  }

  private readSectors(sector: number, count: number): void {
    const disc = this.medium.ready;
    if (disc === undefined) return this.refuse(cd.NOT_READY_NO_MEDIUM);
    if (sector + count > this.medium.sectors) return this.refuse(cd.OUT_OF_RANGE);
    if (count === 0) return this.complete();
    const data = new Uint8Array(Math.min(count, CHUNK) * SECTOR);
    this.readBlocks(disc, sector * BACKEND_SECTORS, data, (error) => {
      if (error !== undefined) return this.refuse(cd.MEDIUM_ERROR);
      const moved = data.length / SECTOR;
      this.give(data, () => (count > moved ? this.readSectors(sector + moved, count - moved) : this.complete()));
    });
  }

  private identify(): Uint8Array {
    const words = new Uint16Array(256);
    words[0] = 0x85c0; // packet device, CD-ROM, removable, 12-byte packets, at once
    putText(words, 10, 10, 'TV00003');
    putText(words, 23, 4, '1.0');
    putText(words, 27, 20, 'TRANSVISOR CD-ROM');
    words[48] = 1;
    words[49] = 0x0300;
    words[53] = 0x0003;
    words[63] = 0x0007;
    words[64] = 0x0003;
    words.fill(120, 65, 69);
    words[80] = 0x001e;
    return wordBytes(words);
  }
}

function needsDisc(code: number): boolean {
  return [0x00, 0x25, 0x28, 0xa8, 0xbe, 0x2b, 0x43, 0x51, 0x52].includes(code);
}
