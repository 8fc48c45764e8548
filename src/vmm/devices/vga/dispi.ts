/**
 * The Bochs VBE interface ("DISPI"): an index at port 1CEh and 16-bit registers behind 1CFh (1D0h too, for who wants
 * words aligned), by which a video BIOS or driver sets modes of up to 32 bits a pixel.
 */
import type { IoBus } from '../io-bus.ts';

const ID = 0;
const XRES = 1;
const YRES = 2;
const BPP = 3;
const ENABLE = 4;
const BANK = 5;
const VIRTUAL_WIDTH = 6;
const VIRTUAL_HEIGHT = 7;
const X_OFFSET = 8;
const Y_OFFSET = 9;
const MEMORY_64K = 10;

/** Versions of the interface; the identifier reads as what software asked for. */
const OLDEST = 0xb0c0;
const NEWEST = 0xb0c5;

/** Bits of ENABLE: on; resolution registers read what is possible; DAC of eight bits; frame buffer; memory stays. */
const ENABLED = 0x01;
const GET_CAPABILITIES = 0x02;
const DAC_8BIT = 0x20;
const LINEAR = 0x40;
const NO_CLEAR = 0x80;

export const MAX_WIDTH = 2560;
export const MAX_HEIGHT = 1600;
const MAX_BITS = 32;
const DEPTHS: readonly number[] = [4, 8, 15, 16, 24, 32];

/** What the interface asks of the adapter. */
export interface DispiHost {
  /** Bytes of video memory. */
  readonly memorySize: number;
  /** Something about mode, bank or position has changed. */
  changed(): void;
  /** Clears the first `bytes` of video memory. */
  clear(bytes: number): void;
  setWideDac(wide: boolean): void;
}

export class Dispi {
  index = 0;
  private readonly values = new Uint16Array(11);
  private readonly host: DispiHost;

  constructor(host: DispiHost) {
    this.host = host;
    this.values[ID] = NEWEST;
  }

  reset(): void {
    this.index = 0;
    this.values.fill(0);
    this.values[ID] = NEWEST;
    this.host.changed();
  }

  attach(io: IoBus): void {
    const data = {
      wide: true,
      read: () => this.read(this.index),
      write: (_port: number, value: number) => this.write(this.index, value & 0xffff),
    };
    io.register(0x1cf, 2, data);
    io.register(0x1ce, 1, {
      wide: true,
      read: () => this.index,
      write: (_port, value) => {
        this.index = value & 0xffff;
      },
    });
  }

  /** Whether its mode is what is shown. */
  get active(): boolean {
    return (this.values[ENABLE]! & ENABLED) !== 0 && this.width > 0 && this.height > 0;
  }

  get width(): number {
    return Math.min(this.values[XRES]!, MAX_WIDTH);
  }

  get height(): number {
    return Math.min(this.values[YRES]!, MAX_HEIGHT);
  }

  /** Bits a pixel: 4 (planar), 8, 15, 16, 24 or 32. */
  get bits(): number {
    return this.values[BPP]!;
  }

  /** Bytes from one line to the next; with 4 bits a pixel bytes of a plane. */
  get pitch(): number {
    const width = Math.max(this.values[VIRTUAL_WIDTH]!, this.width);
    return this.bits === 4 ? width >>> 3 : width * ((this.bits + 7) >>> 3);
  }

  /** The first pixel shown. */
  get x(): number {
    return this.values[X_OFFSET]!;
  }

  get y(): number {
    return this.values[Y_OFFSET]!;
  }

  /** Where the window at A0000h begins, in bytes (with 4 bits a pixel of a plane). */
  get bankOffset(): number {
    return (this.values[BANK]! << 16) % this.host.memorySize;
  }

  read(index: number): number {
    const capabilities = (this.values[ENABLE]! & GET_CAPABILITIES) !== 0;
    if (capabilities && index === XRES) return MAX_WIDTH;
    if (capabilities && index === YRES) return MAX_HEIGHT;
    if (capabilities && index === BPP) return MAX_BITS;
    if (index === MEMORY_64K) return this.host.memorySize >>> 16;
    if (index === VIRTUAL_HEIGHT) return this.virtualHeight();
    return this.values[index] ?? 0;
  }

  write(index: number, value: number): void {
    switch (index) {
      case ID:
        if (value >= OLDEST && value <= NEWEST) this.values[ID] = value;
        return;
      case XRES:
      case YRES:
      case BANK:
      case VIRTUAL_WIDTH:
      case X_OFFSET:
      case Y_OFFSET:
        this.values[index] = value;
        break;
      case BPP:
        // Nothing said means 8, as software that is older than the register expects.
        if (value === 0 || DEPTHS.includes(value)) this.values[BPP] = value === 0 ? 8 : value;
        break;
      case ENABLE:
        this.enable(value);
        break;
      default:
        return;
    }
    this.host.changed();
  }

  private enable(value: number): void {
    const rising = (value & ENABLED & ~this.values[ENABLE]!) !== 0;
    this.values[ENABLE] = value & (ENABLED | GET_CAPABILITIES | DAC_8BIT | LINEAR | NO_CLEAR);
    this.host.setWideDac((value & DAC_8BIT) !== 0);
    if (!rising) return;
    if (this.bits === 0) this.values[BPP] = 8;
    this.values[VIRTUAL_WIDTH] = this.width;
    this.values[X_OFFSET] = 0;
    this.values[Y_OFFSET] = 0;
    this.values[BANK] = 0;
    if ((value & NO_CLEAR) === 0) this.host.clear(this.pitch * this.height * (this.bits === 4 ? 4 : 1));
  }

  /** Lines that fit into memory. */
  private virtualHeight(): number {
    const line = this.pitch * (this.bits === 4 ? 4 : 1);
    return line === 0 ? 0 : Math.min(0xffff, Math.floor(this.host.memorySize / line));
  }
}
