/**
 * The PC's two 8237 DMA controllers and their page registers. A device moves
 * bytes through a channel with `fromDevice` and `toDevice`, as far as the
 * channel's count allows.
 *
 * What holds: an address stays within the page that the page register names (64 KiB, or 128 KiB for the 16-bit
 * channels 5 to 7); a channel moves nothing while it is masked, its controller is switched off, or its mode says otherwise.
 */
import { DmaController, TRANSFER_READ, TRANSFER_WRITE } from './dma-controller.ts';
import { type GuestMemory, NO_MEMORY } from './guest-memory.ts';
import type { IoBus } from './io-bus.ts';

/** What a transfer came to. */
export interface DmaResult {
  /** Bytes moved. */
  readonly moved: number;
  /** The count ran out with them: the device ends. */
  readonly terminal: boolean;
}

/** Which page register belongs to channels 0 to 3 and 4 to 7: offsets from 80h. */
const PAGE_REGISTERS = [7, 3, 1, 2, 15, 11, 9, 10];

export class Dma8237 {
  readonly low = new DmaController();
  readonly high = new DmaController();
  /** 80h..8Fh: page registers, and scratch bytes in between; 80h is the POST code port. */
  readonly pages = new Uint8Array(16);
  private readonly memory: GuestMemory;

  constructor(memory: GuestMemory = NO_MEMORY) {
    this.memory = memory;
  }

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

  /** Channel 4 passes the first controller's requests on from now on, as firmware sets it up. */
  enableCascade(): void {
    this.high.write(11, 0xc0);
    this.high.write(10, 0);
  }

  /** Whether channel 0 to 7 (not 4) would move bytes now. */
  ready(channel: number): boolean {
    // The first controller's requests go through channel 4, which firmware sets to cascade mode.
    if (channel >= 4) return this.high.enabled(channel & 3);
    return this.low.enabled(channel) && this.high.enabled(0);
  }

  /** Bytes of `data` to memory. */
  fromDevice(channel: number, data: Uint8Array): DmaResult {
    return this.move(channel, data.length, TRANSFER_WRITE, (address, done, size) =>
      this.memory.write(address, data.subarray(done, done + size)),
    );
  }

  /** Bytes of memory to `target`. */
  toDevice(channel: number, target: Uint8Array): DmaResult {
    return this.move(channel, target.length, TRANSFER_READ, (address, done, size) =>
      target.set(this.memory.read(address, size), done),
    );
  }

  private move(
    channel: number,
    length: number,
    direction: number,
    copy: (address: number, done: number, size: number) => void,
  ): DmaResult {
    if (!this.ready(channel)) return { moved: 0, terminal: false };
    const wide = channel >= 4 ? 1 : 0;
    const controller = wide ? this.high : this.low;
    const page = this.pages[PAGE_REGISTERS[channel] as number] as number;
    let done = 0;
    for (;;) {
      const run = controller.take(channel & 3, (length - done) >> wide, direction);
      if (run.units === 0) return { moved: done, terminal: run.terminal };
      const size = run.units << wide;
      const base = wide ? ((page & 0xfe) << 16) | (run.address << 1) : (page << 16) | run.address;
      if (!run.verify) copy(base, done, size);
      done += size;
      if (run.terminal) return { moved: done, terminal: true };
    }
  }
}
