/**
 * The PC's two 8237 DMA controllers and their page registers, as far as probing
 * goes: every register takes and gives what it should; no device here asks for a
 * transfer, so none is made.
 */
import type { IoBus } from './io-bus.ts';

/** One controller: four channels of address and count. */
export class DmaController {
  /** Base and current addresses and counts: channel * 2, count at + 1. */
  readonly base = new Uint16Array(8);
  readonly current = new Uint16Array(8);
  readonly mode = new Uint8Array(4);
  mask = 0x0f;
  command = 0;
  request = 0;
  temporary = 0;
  /** The next byte is the high one. */
  flipFlop = false;

  /** Master clear. */
  clear(): void {
    this.mask = 0x0f;
    this.command = 0;
    this.request = 0;
    this.temporary = 0;
    this.flipFlop = false;
  }

  /** Reads register 0..15. */
  read(register: number): number {
    if (register < 8) {
      const value = this.current[register] as number;
      const high = this.flipFlop;
      this.flipFlop = !high;
      return high ? value >> 8 : value & 0xff;
    }
    if (register === 8) {
      return this.request << 4; // status: requests; no terminal count was ever reached
    }
    return register === 15 ? this.mask | 0xf0 : register === 13 ? this.temporary : 0;
  }

  /** Writes register 0..15. */
  write(register: number, value: number): void {
    if (register < 8) {
      const old = this.base[register] as number;
      const word = this.flipFlop ? (old & 0xff) | (value << 8) : (old & 0xff00) | value;
      this.base[register] = word;
      this.current[register] = word;
      this.flipFlop = !this.flipFlop;
      return;
    }
    const bit = 1 << (value & 3);
    switch (register) {
      case 8:
        this.command = value;
        break;
      case 9:
        this.request = value & 4 ? this.request | bit : this.request & ~bit;
        break;
      case 10:
        this.mask = value & 4 ? this.mask | bit : this.mask & ~bit;
        break;
      case 11:
        this.mode[value & 3] = value;
        break;
      case 12:
        this.flipFlop = false;
        break;
      case 13:
        this.clear();
        break;
      case 14:
        this.mask = 0;
        break;
      default:
        this.mask = value & 0x0f;
        break;
    }
  }
}

export class Dma8237 {
  readonly low = new DmaController();
  readonly high = new DmaController();
  /** 80h..8Fh: page registers, and scratch bytes in between; 80h is the POST code port. */
  readonly pages = new Uint8Array(16);

  attach(io: IoBus): void {
    io.register(0x00, 16, {
      read: (port) => this.low.read(port & 15),
      write: (port, value) => this.low.write(port & 15, value),
    });
    io.register(0xc0, 32, {
      // Registers of the 16-bit controller lie two ports apart.
      read: (port) => this.high.read((port >> 1) & 15),
      write: (port, value) => this.high.write((port >> 1) & 15, value),
    });
    io.register(0x80, 16, {
      read: (port) => this.pages[port & 15] as number,
      write: (port, value) => {
        this.pages[port & 15] = value;
      },
    });
  }

  reset(): void {
    this.low.clear();
    this.high.clear();
    this.pages.fill(0);
  }
}
