/**
 * One IDE channel: two places for drives behind one set of ports, the device
 * control register, one interrupt line.
 *
 * What holds: a write to a register other than the command reaches both drives, as on the cable; the line follows
 * the selected drive's interrupt while it is enabled.
 */
import type { BusMasterChannel } from './bus-master.ts';
import type { IdeDrive } from './ide-drive.ts';
import { BSY, DEVICE } from './ide-taskfile.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { AccessSize, IoHandler } from './io-bus.ts';

const COMMAND = 7;
const SECOND_DRIVE = 0x10;
/** Device control: interrupt off, software reset, the older byte of two. */
const NIEN = 0x02;
const SRST = 0x04;
const HOB = 0x80;
/** Commands that both drives carry out, and that empty places must not swallow. */
const DIAGNOSE = 0x90;

export class IdeChannel {
  control = 0;
  /** Bits 4 to 7 of the device register as the host wrote it last. */
  selected = 0;
  readonly drives: (IdeDrive | undefined)[] = [undefined, undefined];
  private readonly irq: IrqLine;
  private readonly master: BusMasterChannel;
  private driven = false;

  constructor(irq: IrqLine, master: BusMasterChannel) {
    this.irq = irq;
    this.master = master;
    master.onStart = () => this.runDma();
  }

  /** Puts a drive into place 0 or 1. */
  connect(place: number, drive: IdeDrive): void {
    this.drives[place] = drive;
    drive.host = { interruptChanged: () => this.updateLine(), dmaReady: () => this.runDma() };
  }

  /** The eight ports of the command block; they begin at a multiple of eight. */
  readonly commandBlock: IoHandler = {
    wide: true,
    read: (port, size) => this.read(port & 7, size),
    write: (port, value, size) => this.write(port & 7, value, size),
  };

  /** The port of the control block: alternate status, device control. */
  readonly controlPort: IoHandler = {
    read: () => this.status(),
    write: (_port, value) => this.writeControl(value),
  };

  /** Power-on state. */
  reset(): void {
    this.control = 0;
    this.selected = 0;
    for (const drive of this.drives) drive?.reset();
    this.master.reset();
    this.updateLine();
  }

  private get drive(): IdeDrive | undefined {
    return this.drives[this.selected & SECOND_DRIVE ? 1 : 0];
  }

  /** Of a drive that is absent nothing is set, by which hosts see that. */
  private status(): number {
    return this.drive?.task.status ?? 0;
  }

  private read(register: number, size: AccessSize): number {
    const { drive } = this;
    if (register === 0) return drive?.readData(size) ?? 0;
    // Only the data port is wide: of the others each byte is a register of its own.
    let value = 0;
    for (let i = 0; i < size; i++) value |= (register + i < 8 ? this.readByte(register + i) : 0xff) << (i * 8);
    return value >>> 0;
  }

  private readByte(register: number): number {
    const { drive } = this;
    if (register === COMMAND) {
      const status = this.status();
      drive?.clearInterrupt();
      return status;
    }
    return drive?.task.read(register, (this.control & HOB) !== 0) ?? 0;
  }

  private write(register: number, value: number, size: AccessSize): void {
    if (register === 0) return void this.drive?.writeData(value, size);
    for (let i = 0; i < size && register + i < 8; i++) this.writeByte(register + i, (value >>> (i * 8)) & 0xff);
  }

  private writeByte(register: number, value: number): void {
    this.control &= ~HOB;
    if (register === COMMAND) return this.writeCommand(value);
    if (register === DEVICE) {
      this.selected = value;
      this.updateLine();
    }
    for (const each of this.drives) {
      if (each !== undefined && (each.task.status & BSY) === 0) each.task.write(register, value);
    }
  }

  private writeCommand(code: number): void {
    const { drive } = this;
    if (code === DIAGNOSE) {
      for (const each of this.drives) each?.command(code);
      return;
    }
    if (drive === undefined || (drive.task.status & BSY) !== 0) {
      // A busy packet device still takes DEVICE RESET.
      if (drive !== undefined && code === 0x08) drive.command(code);
      return;
    }
    drive.clearInterrupt();
    drive.command(code);
  }

  private writeControl(value: number): void {
    const released = (this.control & SRST) !== 0 && (value & SRST) === 0;
    const held = (value & SRST) !== 0 && (this.control & SRST) === 0;
    this.control = value & (NIEN | SRST | HOB);
    if (held) {
      this.selected = 0;
      for (const drive of this.drives) drive?.hold();
    } else if (released) {
      for (const drive of this.drives) drive?.reset();
    }
    this.updateLine();
  }

  private updateLine(): void {
    const wanted = (this.control & NIEN) === 0 && this.drive?.interrupt === true;
    if (wanted === this.driven) return;
    this.driven = wanted;
    if (wanted) {
      this.master.noteInterrupt();
      this.irq.raise();
    } else {
      this.irq.lower();
    }
  }

  /** Lets drive and bus master meet. */
  private runDma(): void {
    const { drive, master } = this;
    if (drive === undefined || !drive.wantsDma || !master.started) return;
    drive.runDma(master);
    if (!drive.wantsDma) master.noteEnd();
  }
}
