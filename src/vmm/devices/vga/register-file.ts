/**
 * The VGA's registers as values, without what ports do with them.
 *
 * `generation` grows with every change that may show on the screen or in the memory's decoding, so that whoever
 * derives something from the registers knows when to do it anew.
 */

/** Indices of registers, where a name says more than a number. */
export const SEQ_CLOCKING = 1;
export const SEQ_MAP_MASK = 2;
export const SEQ_CHARACTER_MAPS = 3;
export const SEQ_MEMORY_MODE = 4;

export const GC_SET_RESET = 0;
export const GC_ENABLE_SET_RESET = 1;
export const GC_COLOUR_COMPARE = 2;
export const GC_ROTATE = 3;
export const GC_READ_MAP = 4;
export const GC_MODE = 5;
export const GC_MISC = 6;
export const GC_COLOUR_CARE = 7;
export const GC_BIT_MASK = 8;

export const CRTC_OVERFLOW = 0x07;
export const CRTC_PRESET_ROW = 0x08;
export const CRTC_MAX_SCAN = 0x09;
export const CRTC_CURSOR_START = 0x0a;
export const CRTC_CURSOR_END = 0x0b;
export const CRTC_START_HIGH = 0x0c;
export const CRTC_CURSOR_HIGH = 0x0e;
export const CRTC_RETRACE_END = 0x11;
export const CRTC_DISPLAY_END = 0x12;
export const CRTC_OFFSET = 0x13;
export const CRTC_UNDERLINE = 0x14;
export const CRTC_MODE = 0x17;
export const CRTC_LINE_COMPARE = 0x18;

export const ATTR_MODE = 0x10;
export const ATTR_PLANES = 0x12;
export const ATTR_PANNING = 0x13;
export const ATTR_COLOUR_SELECT = 0x14;

/** Bits of each register that are kept; behind the end none are. */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];
const CRTC_REGISTERS = 25;
const ATTRIBUTE_BITS = [...new Array<number>(16).fill(0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f];

/** CRTC registers 0 to 7 keep their value while this bit of register 11h is set. */
const PROTECT = 0x80;
/** The one bit of register 7 that is written in spite of it: a bit of the line compare. */
const OVERFLOW_LINE_COMPARE = 0x10;

export class VgaRegisterFile {
  readonly sequencer = new Uint8Array(8);
  readonly graphics = new Uint8Array(16);
  readonly crtc = new Uint8Array(32);
  readonly attribute = new Uint8Array(32);
  /** Miscellaneous output: 0 colour addresses, 1 memory answers, 2..3 dot clock, 6..7 sync polarities. */
  misc = 0;
  /** The attribute controller's bit 5 of the index: the palette belongs to the screen, not to the processor. */
  paletteShown = false;
  generation = 0;

  reset(): void {
    for (const each of [this.sequencer, this.graphics, this.crtc, this.attribute]) each.fill(0);
    this.misc = 0;
    this.paletteShown = false;
    this.generation++;
  }

  setSequencer(index: number, value: number): void {
    this.set(this.sequencer, index, value & (SEQUENCER_BITS[index] ?? 0));
  }

  setGraphics(index: number, value: number): void {
    this.set(this.graphics, index, value & (GRAPHICS_BITS[index] ?? 0));
  }

  setAttribute(index: number, value: number): void {
    this.set(this.attribute, index, value & (ATTRIBUTE_BITS[index] ?? 0));
  }

  setCrtc(index: number, value: number): void {
    if (index >= CRTC_REGISTERS) return;
    if (index <= CRTC_OVERFLOW && (this.crtc[CRTC_RETRACE_END]! & PROTECT) !== 0) {
      if (index < CRTC_OVERFLOW) return;
      const kept = this.crtc[CRTC_OVERFLOW]! & ~OVERFLOW_LINE_COMPARE;
      this.set(this.crtc, index, kept | (value & OVERFLOW_LINE_COMPARE));
      return;
    }
    this.set(this.crtc, index, value);
  }

  setMisc(value: number): void {
    if (this.misc !== value) this.generation++;
    this.misc = value;
  }

  showPalette(shown: boolean): void {
    if (this.paletteShown !== shown) this.generation++;
    this.paletteShown = shown;
  }

  private set(values: Uint8Array, index: number, value: number): void {
    if (values[index] === value) return;
    values[index] = value;
    this.generation++;
  }
}
