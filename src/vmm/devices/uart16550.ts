/**
 * A 16550A serial port (National Semiconductor PC16550D datasheet).
 *
 * Transmission takes no time: the transmitter is always empty again when OUT
 * returns. Input waits in a bounded queue on the host's side and moves on to the
 * receiver as the guest makes room, so it never overruns; `receive` says how much
 * was taken. The interrupt is not gated by OUT2, so that small kernels
 * that never set it work too.
 */
import { ByteQueue } from './byte-queue.ts';
import type { Clock, TimerHandle } from './clock.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';

/** Where transmitted bytes go. */
export interface SerialBackend {
  write(byte: number): void;
}

const FIFO_SIZE = 16;
const INPUT_QUEUE = 4096;

/** Interrupt enable register, and pending causes by the same bits. */
const IER_RECEIVED = 0x01;
const IER_TRANSMITTER = 0x02;
const IER_LINE = 0x04;
const IER_MODEM = 0x08;
/** Interrupt identification, by falling priority. */
const IIR_LINE = 0x06;
const IIR_RECEIVED = 0x04;
const IIR_TIMEOUT = 0x0c;
const IIR_TRANSMITTER = 0x02;
const IIR_MODEM = 0x00;
const IIR_NONE = 0x01;
const IIR_FIFO = 0xc0;
const LCR_BREAK = 0x40;
const LCR_DLAB = 0x80;
const MCR_LOOP = 0x10;
const LSR_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_ERRORS = 0x1e;
const LSR_EMPTY = 0x60;
/** Modem inputs of a null modem cable: CTS, DSR, DCD. */
const MSR_CONNECTED = 0xb0;
const MSR_RING = 0x40;
const TRIGGERS = [1, 4, 8, 14];
/** Nanoseconds of one bit at divisor 1 (115,200 baud). */
const BIT_NS = 1e9 / 115200;

export class Uart16550 {
  ier = 0;
  fcr = 0;
  lcr = 0;
  mcr = 0;
  /** Error bits of the line status register, cleared by reading it. */
  lineErrors = 0;
  msr = MSR_CONNECTED;
  scratch = 0;
  divisor = 12;
  /** The transmitter-empty interrupt is pending: it became empty, and IIR has not told of it yet. */
  transmitterEvent = false;
  /** Bytes lie in the FIFO below its trigger level, and nothing came or went for four characters. */
  timedOut = false;
  /** The receiver: FIFO, or one byte with FIFOs off. */
  readonly fifo = new ByteQueue(FIFO_SIZE);
  /** Input the receiver has no room for yet. */
  readonly input = new ByteQueue(INPUT_QUEUE);
  /** Called when a full input queue has room again. */
  onCanReceive: (() => void) | undefined;
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private readonly backend: SerialBackend;
  private timer: TimerHandle | undefined;

  constructor(clock: Clock, irq: IrqLine, backend: SerialBackend) {
    this.clock = clock;
    this.irq = irq;
    this.backend = backend;
  }

  /** Claims eight ports from `base` (3F8h for COM1). */
  attach(io: IoBus, base: number): void {
    io.register(base, 8, {
      read: (port) => this.read(port & 7),
      write: (port, value) => this.write(port & 7, value),
    });
  }

  /** Master reset. Input that the guest has not seen stays queued. */
  reset(): void {
    this.ier = 0;
    this.fcr = 0;
    this.lcr = 0;
    this.mcr = 0;
    this.lineErrors = 0;
    this.msr = MSR_CONNECTED;
    this.divisor = 12;
    this.transmitterEvent = false;
    this.fifo.clear();
    this.update();
  }

  /** How many bytes `receive` would take now. */
  get canReceive(): number {
    return this.input.room;
  }

  /** Input from the host: takes what fits and returns how many bytes that was. */
  receive(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length && this.input.push(bytes[taken] as number)) {
      taken++;
      this.moveInput(); // without onCanReceive: the caller sees by the result whether there is room
    }
    this.update();
    return taken;
  }

  /** Reads register 0..7. */
  read(register: number): number {
    switch (register) {
      case 0:
        return this.lcr & LCR_DLAB ? this.divisor & 0xff : this.readData();
      case 1:
        return this.lcr & LCR_DLAB ? this.divisor >> 8 : this.ier;
      case 2:
        return this.readIdentification();
      case 3:
        return this.lcr;
      case 4:
        return this.mcr;
      case 5: {
        const status = LSR_EMPTY | this.lineErrors | (this.fifo.length > 0 ? LSR_READY : 0);
        this.lineErrors = 0;
        this.update();
        return status;
      }
      case 6: {
        const status = this.msr;
        this.msr &= 0xf0;
        this.update();
        return status;
      }
      default:
        return this.scratch;
    }
  }

  /** Writes register 0..7. */
  write(register: number, value: number): void {
    switch (register) {
      case 0:
        if (this.lcr & LCR_DLAB) {
          this.divisor = (this.divisor & 0xff00) | value;
        } else {
          this.transmit(value);
        }
        break;
      case 1:
        if (this.lcr & LCR_DLAB) {
          this.divisor = (this.divisor & 0xff) | (value << 8);
        } else {
          // Enabling the transmitter interrupt while the transmitter is empty raises it at once.
          if ((value & ~this.ier & IER_TRANSMITTER) !== 0) {
            this.transmitterEvent = true;
          }
          this.ier = value & 0x0f;
        }
        break;
      case 2:
        this.writeFifoControl(value);
        break;
      case 3:
        if ((value & ~this.lcr & LCR_BREAK) !== 0 && (this.mcr & MCR_LOOP) !== 0) {
          this.lineErrors |= LSR_BREAK;
        }
        this.lcr = value;
        break;
      case 4:
        this.mcr = value & 0x1f;
        this.setModemInputs();
        this.refill();
        break;
      case 7:
        this.scratch = value;
        break;
      default:
        break; // LSR and MSR are read-only in use
    }
    this.update();
  }

  private transmit(byte: number): void {
    // Writing clears the interrupt, emptying raises it anew: the controller must see an edge.
    this.transmitterEvent = false;
    this.update();
    this.transmitterEvent = true;
    if (this.mcr & MCR_LOOP) {
      if (this.fifo.length >= this.receiverSize()) {
        this.lineErrors |= LSR_OVERRUN;
      } else {
        this.fifo.push(byte);
      }
    } else {
      this.backend.write(byte);
    }
  }

  private readData(): number {
    const byte = this.fifo.shift();
    this.timedOut = false;
    this.disarmTimeout(); // taking a byte starts the four characters' time anew
    this.update(); // a receiver that is empty for a moment lowers the line
    this.refill();
    this.update();
    return byte < 0 ? 0 : byte;
  }

  private readIdentification(): number {
    const cause = this.cause();
    if (cause === IIR_TRANSMITTER) {
      this.transmitterEvent = false;
      this.update();
    }
    return cause | (this.fcr & 1 ? IIR_FIFO : 0);
  }

  private writeFifoControl(value: number): void {
    const toggled = ((value ^ this.fcr) & 1) !== 0;
    if (toggled || (value & 2) !== 0) {
      this.fifo.clear();
      this.timedOut = false;
    }
    if (toggled || (value & 4) !== 0) {
      this.transmitterEvent = true; // the transmit FIFO is emptied, which is an event
    }
    this.fcr = value & 1 ? value & 0xc9 : 0;
    this.refill();
  }

  private receiverSize(): number {
    return this.fcr & 1 ? FIFO_SIZE : 1;
  }

  private refill(): void {
    const wasFull = this.input.room === 0;
    this.moveInput();
    if (wasFull && this.input.room > 0) {
      this.onCanReceive?.();
    }
  }

  /** Moves input to the receiver while there is room; not in loopback, where the pin is cut off. */
  private moveInput(): void {
    if (this.mcr & MCR_LOOP) {
      return;
    }
    const size = this.receiverSize();
    while (this.fifo.length < size && this.input.length > 0) {
      this.fifo.push(this.input.shift());
      this.timedOut = false;
      this.armTimeout();
    }
  }

  /** In loopback the modem outputs are the modem inputs; the low half of MSR notes changes. */
  private setModemInputs(): void {
    const mcr = this.mcr;
    const inputs =
      (mcr & MCR_LOOP) === 0
        ? MSR_CONNECTED
        : ((mcr & 0x02) << 3) | ((mcr & 0x01) << 5) | ((mcr & 0x04) << 4) | ((mcr & 0x08) << 4);
    const changed = inputs ^ (this.msr & 0xf0);
    let delta = (changed >> 4) & 0x0b;
    if ((changed & MSR_RING) !== 0 && (inputs & MSR_RING) === 0) {
      delta |= 0x04; // ring notes its trailing edge only
    }
    this.msr = inputs | (this.msr & 0x0f) | delta;
  }

  private trigger(): number {
    return this.fcr & 1 ? (TRIGGERS[this.fcr >> 6] as number) : 1;
  }

  /** The interrupt of highest priority, as IIR shows it. */
  private cause(): number {
    if ((this.ier & IER_LINE) !== 0 && (this.lineErrors & LSR_ERRORS) !== 0) {
      return IIR_LINE;
    }
    if ((this.ier & IER_RECEIVED) !== 0) {
      if (this.fifo.length >= this.trigger()) {
        return IIR_RECEIVED;
      }
      if (this.timedOut && this.fifo.length > 0) {
        return IIR_TIMEOUT;
      }
    }
    if ((this.ier & IER_TRANSMITTER) !== 0 && this.transmitterEvent) {
      return IIR_TRANSMITTER;
    }
    if ((this.ier & IER_MODEM) !== 0 && (this.msr & 0x0f) !== 0) {
      return IIR_MODEM;
    }
    return IIR_NONE;
  }

  private update(): void {
    if (this.cause() === IIR_NONE) {
      this.irq.lower();
    } else {
      this.irq.raise();
    }
    if (this.fifo.length > 0 && this.fifo.length < this.trigger() && !this.timedOut) {
      if (this.timer === undefined) {
        this.armTimeout();
      }
    } else {
      this.disarmTimeout();
    }
  }

  /** Starts the four characters' time anew. */
  private armTimeout(): void {
    this.disarmTimeout();
    if ((this.fcr & 1) === 0) {
      return;
    }
    const bits = 2 + 5 + (this.lcr & 3) + ((this.lcr >> 2) & 1) + ((this.lcr >> 3) & 1);
    const wait = 4 * bits * BIT_NS * Math.max(1, this.divisor);
    this.timer = this.clock.schedule(Math.ceil(this.clock.now() + wait), () => {
      this.timer = undefined;
      this.timedOut = true;
      this.update();
    });
  }

  private disarmTimeout(): void {
    if (this.timer !== undefined) {
      this.clock.cancel(this.timer);
      this.timer = undefined;
    }
  }
}
