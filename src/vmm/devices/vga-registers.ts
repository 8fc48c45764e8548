/**
 * VGA registers at 3B0h..3DFh as far as probing goes: indexed registers keep what
 * is written, the retrace bits run with the clock; nothing is drawn.
 */
import type { Clock } from './clock.ts';
import type { IoBus } from './io-bus.ts';

/** An index port and the registers behind it. */
interface IndexedRegisters {
  index: number;
  readonly values: Uint8Array;
}

function indexed(count: number): IndexedRegisters {
  return { index: 0, values: new Uint8Array(count) };
}

/** 60 frames of 525 lines a second; the last 45 lines are vertical blanking. */
const FRAME_NS = 16_666_667;
const LINES = 525;
const LINE_NS = FRAME_NS / LINES;
const VISIBLE_LINES = 480;
/** The end of each line that is blanked. */
const VISIBLE_OF_LINE = 0.8;

/** Monochrome and colour positions of CRTC and status. */
const MONO = 0x3b0;
const COLOUR = 0x3d0;
/** Misc output bit 0: CRTC and status are at the colour position. */
const MISC_COLOUR = 0x01;

export class VgaRegisters {
  readonly crtc = indexed(32);
  readonly sequencer = indexed(8);
  readonly graphics = indexed(16);
  readonly attribute = indexed(32);
  /** Port 3C0h takes data next, not an index. */
  attributeData = false;
  misc = 0x67;
  featureControl = 0;
  readonly palette = new Uint8Array(768);
  paletteMask = 0xff;
  paletteWrite = 0;
  paletteRead = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  attach(io: IoBus): void {
    const handler = {
      read: (port: number) => this.read(port),
      write: (port: number, value: number) => this.write(port, value),
    };
    io.register(MONO, 12, handler); // 3BCh on is a printer's
    io.register(0x3c0, 16, handler);
    io.register(COLOUR, 16, handler);
  }

  reset(): void {
    this.attributeData = false;
    this.misc = 0x67;
    this.featureControl = 0;
    this.paletteMask = 0xff;
    this.paletteWrite = 0;
    this.paletteRead = 0;
    for (const each of [this.crtc, this.sequencer, this.graphics, this.attribute]) {
      each.index = 0;
      each.values.fill(0);
    }
  }

  private read(port: number): number {
    if (port < 0x3c0 || port >= COLOUR) {
      return this.readAdapter(port);
    }
    switch (port) {
      case 0x3c0:
        return this.attribute.index;
      case 0x3c1:
        return get(this.attribute, this.attribute.index & 31);
      case 0x3c2:
        return 0x10; // input status 0: a monitor is sensed
      case 0x3c4:
        return this.sequencer.index;
      case 0x3c5:
        return get(this.sequencer);
      case 0x3c6:
        return this.paletteMask;
      case 0x3c8:
        return Math.floor(this.paletteWrite / 3);
      case 0x3c9: {
        const value = this.palette[this.paletteRead] as number;
        this.paletteRead = (this.paletteRead + 1) % 768;
        return value;
      }
      case 0x3ca:
        return this.featureControl;
      case 0x3cc:
        return this.misc;
      case 0x3ce:
        return this.graphics.index;
      case 0x3cf:
        return get(this.graphics);
      default:
        return 0;
    }
  }

  private write(port: number, value: number): void {
    if (port < 0x3c0 || port >= COLOUR) {
      this.writeAdapter(port, value);
      return;
    }
    switch (port) {
      case 0x3c0:
        if (this.attributeData) {
          this.attribute.values[this.attribute.index & 31] = value;
        } else {
          this.attribute.index = value & 0x3f;
        }
        this.attributeData = !this.attributeData;
        break;
      case 0x3c2:
        this.misc = value;
        break;
      case 0x3c4:
        this.sequencer.index = value & 7;
        break;
      case 0x3c5:
        set(this.sequencer, value);
        break;
      case 0x3c6:
        this.paletteMask = value;
        break;
      case 0x3c7:
        this.paletteRead = value * 3;
        break;
      case 0x3c8:
        this.paletteWrite = value * 3;
        break;
      case 0x3c9:
        this.palette[this.paletteWrite] = value & 0x3f;
        this.paletteWrite = (this.paletteWrite + 1) % 768;
        break;
      case 0x3ce:
        this.graphics.index = value & 15;
        break;
      case 0x3cf:
        set(this.graphics, value);
        break;
      default:
        break;
    }
  }

  /** CRTC and status answer at one of two positions; the other one floats. */
  private decodes(port: number): boolean {
    return port >= COLOUR === ((this.misc & MISC_COLOUR) !== 0);
  }

  private readAdapter(port: number): number {
    if (!this.decodes(port)) {
      return 0xff;
    }
    const register = port & 15;
    if (register === 10) {
      this.attributeData = false;
      return this.inputStatus();
    }
    return register < 8 ? (register & 1 ? get(this.crtc) : this.crtc.index) : 0;
  }

  private writeAdapter(port: number, value: number): void {
    if (!this.decodes(port)) {
      return;
    }
    const register = port & 15;
    if (register === 10) {
      this.featureControl = value;
    } else if (register < 8) {
      if (register & 1) {
        set(this.crtc, value);
      } else {
        this.crtc.index = value & 31;
      }
    }
  }

  /** Input status 1: bit 0 outside the visible part, bit 3 in vertical retrace. */
  private inputStatus(): number {
    const inFrame = this.clock.now() % FRAME_NS;
    if (inFrame >= VISIBLE_LINES * LINE_NS) {
      return 0x09;
    }
    return (inFrame % LINE_NS) / LINE_NS >= VISIBLE_OF_LINE ? 0x01 : 0x00;
  }
}

function get(registers: IndexedRegisters, index = registers.index): number {
  return registers.values[index] as number;
}

function set(registers: IndexedRegisters, value: number): void {
  registers.values[registers.index] = value;
}
