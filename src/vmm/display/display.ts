/**
 * The screen: makes frames of what the adapter shows.
 *
 * What holds: after `refresh` the frame is what the registers and the memory say at that moment. Lines are drawn again
 * only where memory they are made from was written since; all of them after a change of registers or colours.
 * Drawing changes nothing that the guest could see.
 */
import { ATTR_PLANES } from '../devices/vga/register-file.ts';
import type { Vga } from '../devices/vga/vga.ts';
import { VIDEO_PAGE_SHIFT } from '../devices/vga/video-memory.ts';
import { byteColours, sixteenColours } from './colours.ts';
import { BLACK, Canvas, type Refresh } from './frame.ts';
import { drawLinearLine } from './linear-lines.ts';
import { addressing, type GraphicsPicture, type LinearPicture, type Picture, pictureOf } from './picture.ts';
import { drawPlaneLine, type LineSource, lineAddress } from './plane-lines.ts';
import { TextCells } from './text-cells.ts';
import { readTextScreen, type TextScreen } from './text-screen.ts';

/** Pages that the VGA's own modes can show: 64 Ki words. */
const VGA_PAGES = 64;

export class Display {
  private readonly vga: Vga;
  private readonly cells = new TextCells();
  private readonly colours = new Uint32Array(256);
  private readonly changed: Uint8Array;
  private canvas = new Canvas(0, 0);
  private picture: Picture = { kind: 'blank', width: 0, height: 0 };
  private known = -1;
  /** Everything is being drawn anew. */
  private anew = true;
  private top = 0;
  private bottom = 0;

  constructor(vga: Vga) {
    this.vga = vga;
    this.changed = new Uint8Array(vga.video.u8.length >>> VIDEO_PAGE_SHIFT);
  }

  /** Brings the frame up to date. The machine must stand between two slices. */
  refresh(): Refresh {
    const { vga, changed } = this;
    this.top = Number.POSITIVE_INFINITY;
    this.bottom = 0;
    const anew = this.known !== vga.generation;
    this.anew = anew;
    if (anew) this.prepare();
    const { picture } = this;
    const [first, last] = this.pages(picture);
    changed.fill(0, first, last + 1);
    const written = vga.video.takeChanged(first, last, changed) || anew;
    switch (picture.kind) {
      case 'blank':
        if (anew) {
          this.canvas.pixels.fill(BLACK);
          this.touched(0, picture.height);
        }
        break;
      case 'text':
        this.cells.draw(this.canvas, vga, picture, this.colours, written, (top, bottom) => this.touched(top, bottom));
        break;
      case 'linear':
        if (written) this.drawLinear(picture);
        break;
      default:
        if (written) this.drawPlanes(picture);
    }
    return { frame: this.canvas, top: Math.min(this.top, this.bottom), bottom: this.bottom };
  }

  /** The screen's characters; undefined in graphics modes and where nothing is shown. */
  text(): TextScreen | undefined {
    const picture = pictureOf(this.vga);
    return picture.kind === 'text' ? readTextScreen(this.vga, picture) : undefined;
  }

  /** Pixels that a frame of the mode that is set has, and whether anything is shown. */
  size(): { readonly width: number; readonly height: number; readonly blank: boolean } {
    const { width, height, kind } = pictureOf(this.vga);
    return { width, height, blank: kind === 'blank' };
  }

  /** Works out again what hangs on registers. */
  private prepare(): void {
    const { vga } = this;
    this.known = vga.generation;
    const picture = pictureOf(vga);
    this.picture = picture;
    if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
      this.canvas = new Canvas(picture.width, picture.height);
    }
    if (picture.kind === 'bytes' || picture.kind === 'linear') byteColours(vga, this.colours);
    else sixteenColours(vga, this.colours);
    this.cells.forget();
  }

  /** The first and the last page of video memory that the picture may be made from. */
  private pages(picture: Picture): readonly [number, number] {
    if (picture.kind === 'linear') {
      const last = (picture.start + picture.height * picture.pitch) >>> VIDEO_PAGE_SHIFT;
      return [Math.min(picture.start >>> VIDEO_PAGE_SHIFT, this.changed.length - 1), this.clamp(last)];
    }
    return [0, this.clamp(this.vga.dispi.active ? this.changed.length : VGA_PAGES - 1)];
  }

  private clamp(page: number): number {
    return Math.min(page, this.changed.length - 1);
  }

  private drawLinear(picture: LinearPicture): void {
    const { video } = this.vga;
    for (let y = 0; y < picture.height; y++) {
      const start = picture.start + y * picture.pitch;
      const end = start + picture.width * ((picture.bits + 7) >>> 3) - 1;
      if (!this.anyChanged(start >>> VIDEO_PAGE_SHIFT, end >>> VIDEO_PAGE_SHIFT)) continue;
      drawLinearLine(this.canvas, picture, video, y, this.colours);
      this.touched(y, y + 1);
    }
  }

  private drawPlanes(picture: GraphicsPicture): void {
    const { vga } = this;
    const source: LineSource = {
      video: vga.video,
      addressOf: addressing(vga),
      colours: this.colours,
      planes: vga.dispi.active ? 15 : vga.registers.attribute[ATTR_PLANES]! & 15,
    };
    const words = picture.columns + 1;
    for (const band of picture.bands) {
      for (let y = band.top; y < band.bottom; y++) {
        const { counter, row } = lineAddress(picture, band, y);
        const first = source.addressOf(counter, row);
        const last = source.addressOf(counter + words, row);
        // A line that wraps round in memory is drawn whenever anything has changed.
        const shift = VIDEO_PAGE_SHIFT - 2;
        if (last >= first && last - first <= words * 4 && !this.anyChanged(first >>> shift, last >>> shift)) continue;
        drawPlaneLine(this.canvas, picture, band, y, source);
        this.touched(y, y + 1);
      }
    }
  }

  private anyChanged(first: number, last: number): boolean {
    for (let page = first; page <= last; page++) if (this.changed[page] === 1) return true;
    return this.anew;
  }

  private touched(top: number, bottom: number): void {
    this.top = Math.min(this.top, top);
    this.bottom = Math.max(this.bottom, bottom);
  }
}
