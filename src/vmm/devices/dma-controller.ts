/**
 * One 8237: four channels of address and count, modes and masks (Intel 8237A data sheet).
 */

/** Transfer types of the mode register. */
export const TRANSFER_WRITE = 0x04;
export const TRANSFER_READ = 0x08;
const TRANSFER_TYPE = 0x0c;
const AUTO_INITIALISE = 0x10;
const DECREMENT = 0x20;
/** Mode bits 7 and 6: cascade moves nothing by itself. */
const CASCADE = 0xc0;
const DISABLE = 0x04;

/** A run of addresses that a channel has given out. */
export interface DmaRun {
  /** Lowest address, in the channel's units. */
  readonly address: number;
  readonly units: number;
  /** The count has run out. */
  readonly terminal: boolean;
  /** A verify transfer: addresses go on, and no bytes are moved. */
  readonly verify: boolean;
}

const NOTHING: DmaRun = { address: 0, units: 0, terminal: false, verify: false };

export class DmaController {
  /** Base and current addresses and counts: channel * 2, count at + 1. */
  readonly base = new Uint16Array(8);
  readonly current = new Uint16Array(8);
  readonly mode = new Uint8Array(4);
  mask = 0x0f;
  command = 0;
  request = 0;
  temporary = 0;
  /** Channels that have reached their terminal count since the status was read. */
  reached = 0;
  /** The next byte is the high one. */
  flipFlop = false;

  /** Master clear. */
  clear(): void {
    this.mask = 0x0f;
    this.command = 0;
    this.request = 0;
    this.temporary = 0;
    this.reached = 0;
    this.flipFlop = false;
  }

  /** Whether the channel answers requests. */
  enabled(channel: number): boolean {
    return (this.command & DISABLE) === 0 && (this.mask & (1 << channel)) === 0;
  }

  /**
   * Gives out addresses that follow each other, `wanted` at most, and counts them.
   * @param direction TRANSFER_READ or TRANSFER_WRITE; a channel set to the other gives out nothing
   */
  take(channel: number, wanted: number, direction: number): DmaRun {
    const mode = this.mode[channel] as number;
    const type = mode & TRANSFER_TYPE;
    if (wanted <= 0 || (mode & CASCADE) === CASCADE || (type !== 0 && type !== direction)) return NOTHING;
    const down = (mode & DECREMENT) !== 0;
    const from = this.current[channel * 2] as number;
    const left = (this.current[channel * 2 + 1] as number) + 1;
    // Downwards a unit at a time, as their order turns round; upwards as far as the page goes.
    const units = down ? 1 : Math.min(wanted, left, 0x1_0000 - from);
    this.current[channel * 2] = down ? from - 1 : from + units;
    this.current[channel * 2 + 1] = left - units - 1;
    const terminal = units === left;
    if (terminal) this.reachEnd(channel, (mode & AUTO_INITIALISE) !== 0);
    return { address: from, units, terminal, verify: type === 0 };
  }

  private reachEnd(channel: number, again: boolean): void {
    this.reached |= 1 << channel;
    this.request &= ~(1 << channel);
    if (again) this.current.set(this.base.subarray(channel * 2, channel * 2 + 2), channel * 2);
    else this.mask |= 1 << channel;
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
      const status = (this.request << 4) | this.reached;
      this.reached = 0;
      return status;
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
