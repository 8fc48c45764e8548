/**
 * A diskette controller, an 82077AA in AT mode (Intel 290166): registers, the
 * phases of its commands, interrupt line 6, DMA channel 2.
 *
 * A command's bytes are gathered, `FloppyCommands` carries it out, and its result bytes are handed out. What
 * holds: in any phase any access does something defined; a reset ends whatever was under way.
 */
import type { BlockQueue } from './block-queue.ts';
import type { Clock } from './clock.ts';
import type { Dma8237 } from './dma8237.ts';
import { FloppyCommands } from './floppy-commands.ts';
import type { FloppyDrive } from './floppy-drive.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';

export const FLOPPY_IRQ = 6;
const FIRST_PORT = 0x3f0;
const DIGITAL_INPUT = 0x3f7;

/** Digital output register. */
const NOT_RESET = 0x04;
const DMA_ENABLE = 0x08;
/** Main status register. */
const REQUEST = 0x80;
const TO_HOST = 0x40;
const NON_DMA = 0x20;
const BUSY = 0x10;
const SOFTWARE_RESET = 0x80;

export interface FloppyParts {
  readonly clock: Clock;
  readonly queue: BlockQueue;
  readonly dma: Dma8237;
  readonly irq: IrqLine;
  /** Drives 0 and 1. */
  readonly drives: readonly (FloppyDrive | undefined)[];
}

export class FloppyController {
  digitalOutput = NOT_RESET | DMA_ENABLE;
  /** Data rate: 500, 300, 250, 1000 kbit/s. */
  rate = 0;
  tape = 0;
  interrupt = false;
  readonly commands: FloppyCommands;
  private readonly drives: readonly (FloppyDrive | undefined)[];
  private readonly irq: IrqLine;
  private readonly gathered: number[] = [];
  private results: number[] = [];

  constructor(parts: FloppyParts) {
    this.drives = parts.drives;
    this.irq = parts.irq;
    this.commands = new FloppyCommands(parts, {
      rate: () => this.rate,
      dmaEnabled: () => (this.digitalOutput & DMA_ENABLE) !== 0,
      raiseInterrupt: () => this.setInterrupt(true),
      finish: (results) => this.giveResults(results),
    });
  }

  attach(io: IoBus): void {
    const handler = {
      read: (port: number) => this.read(port - FIRST_PORT),
      write: (port: number, value: number) => this.write(port - FIRST_PORT, value),
    };
    io.register(FIRST_PORT, 6, handler);
    io.register(DIGITAL_INPUT, 1, handler);
  }

  /** Power-on state. */
  reset(): void {
    this.digitalOutput = NOT_RESET | DMA_ENABLE;
    this.rate = 0;
    this.tape = 0;
    this.resetController(false);
  }

  private read(register: number): number {
    switch (register) {
      case 0:
        return (this.interrupt ? 0x80 : 0) | (this.drives[1] === undefined ? 0x40 : 0);
      case 2:
        return this.digitalOutput;
      case 3:
        return this.tape;
      case 4:
        return this.mainStatus();
      case 5:
        return this.readData();
      case 7:
        return this.drives[this.digitalOutput & 3]?.changed === false ? 0 : 0x80;
      default:
        return 0xff;
    }
  }

  private write(register: number, value: number): void {
    switch (register) {
      case 2:
        return this.writeDigitalOutput(value);
      case 3:
        this.tape = value & 3;
        return;
      case 4:
        this.rate = value & 3;
        if ((value & SOFTWARE_RESET) !== 0) this.resetController(true);
        return;
      case 5:
        return this.writeData(value);
      case 7:
        this.rate = value & 3;
        return;
    }
  }

  private writeDigitalOutput(value: number): void {
    const before = this.digitalOutput;
    this.digitalOutput = value;
    if ((value & NOT_RESET) === 0) this.resetController(false);
    else if ((before & NOT_RESET) === 0) this.resetController(true);
  }

  /** @param announce whether the end of the reset is told by an interrupt, with a status for each drive */
  private resetController(announce: boolean): void {
    this.gathered.length = 0;
    this.results = [];
    this.setInterrupt(false);
    this.commands.reset(announce);
    if (announce) this.setInterrupt(true);
  }

  private mainStatus(): number {
    if ((this.digitalOutput & NOT_RESET) === 0) return 0;
    const { busy, pioToHost, pio, seeking } = this.commands;
    if (pio) return REQUEST | NON_DMA | BUSY | (pioToHost ? TO_HOST : 0);
    if (busy) return BUSY;
    if (this.results.length > 0) return REQUEST | TO_HOST | BUSY;
    return REQUEST | (this.gathered.length > 0 ? BUSY : 0) | seeking;
  }

  private readData(): number {
    if (this.commands.pio) return this.commands.readPio();
    if (this.commands.busy) return 0xff;
    const value = this.results.shift();
    // The first byte read of a result takes the interrupt away.
    if (value !== undefined) this.setInterrupt(false);
    return value ?? 0xff;
  }

  private writeData(value: number): void {
    if ((this.digitalOutput & NOT_RESET) === 0) return;
    if (this.commands.pio) return this.commands.writePio(value);
    if (this.commands.busy || this.results.length > 0) return;
    this.gathered.push(value);
    if (this.gathered.length < this.commands.length(this.gathered[0] as number)) return;
    const bytes = this.gathered.splice(0);
    // A command may end at once, and then there are results already.
    this.commands.execute(bytes);
  }

  private giveResults(results: readonly number[]): void {
    this.results = [...results];
  }

  private setInterrupt(active: boolean): void {
    this.interrupt = active;
    if (active) this.irq.raise();
    else this.irq.lower();
  }
}
