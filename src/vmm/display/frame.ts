/** A picture of the screen, as programs get it. */

export interface Frame {
  /** Pixels, at most 2560 by 2048. */
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and 255, a byte each, line by line from the top. The display's own: it changes with the next refresh. */
  readonly rgba: Uint8Array;
}

/** What a refresh has drawn: lines from `top` up to, not with, `bottom`; equal where nothing has changed. */
export interface Refresh {
  readonly frame: Frame;
  readonly top: number;
  readonly bottom: number;
}

/** A frame that can be drawn into. */
export class Canvas implements Frame {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
  /** The same pixels, one a word: red in the lowest byte. */
  readonly pixels: Uint32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
    this.rgba = new Uint8Array(this.pixels.buffer);
  }
}

export const BLACK = 0xff00_0000;
