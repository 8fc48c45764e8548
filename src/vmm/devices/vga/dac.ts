/**
 * The DAC: 256 colours of three components, written and read through ports 3C6h to 3C9h, an index and then red,
 * green and blue in turn. Components have six bits, or eight where the VBE interface has switched it so.
 */

const COMPONENTS = 768;
/** Port 3C7h reads which access was set up last. */
const STATE_READ = 3;

export class Dac {
  /** Components as written, colour by colour. */
  readonly values = new Uint8Array(COMPONENTS);
  /** ANDed to every colour number on its way to the screen. */
  mask = 0xff;
  /** Components have eight bits. */
  wide = false;
  generation = 0;
  private readAt = 0;
  private writeAt = 0;
  private state = 0;

  reset(): void {
    this.mask = 0xff;
    this.wide = false;
    this.readAt = 0;
    this.writeAt = 0;
    this.state = 0;
    this.generation++;
  }

  setWide(wide: boolean): void {
    if (this.wide !== wide) this.generation++;
    this.wide = wide;
  }

  read(port: number): number {
    switch (port) {
      case 0x3c6:
        return this.mask;
      case 0x3c7:
        return this.state;
      case 0x3c8:
        return Math.floor(this.writeAt / 3);
      default: {
        const value = this.values[this.readAt]!;
        this.readAt = (this.readAt + 1) % COMPONENTS;
        return value;
      }
    }
  }

  write(port: number, value: number): void {
    switch (port) {
      case 0x3c6:
        if (this.mask !== value) this.generation++;
        this.mask = value;
        break;
      case 0x3c7:
        this.readAt = value * 3;
        this.state = STATE_READ;
        break;
      case 0x3c8:
        this.writeAt = value * 3;
        this.state = 0;
        break;
      default:
        this.setComponent(this.wide ? value : value & 0x3f);
    }
  }

  /** A colour as it lies in a frame: red in the lowest byte, opaque. */
  colour(index: number): number {
    const at = (index & this.mask) * 3;
    return (0xff00_0000 | (this.eight(at + 2) << 16) | (this.eight(at + 1) << 8) | this.eight(at)) >>> 0;
  }

  private setComponent(value: number): void {
    if (this.values[this.writeAt] !== value) this.generation++;
    this.values[this.writeAt] = value;
    this.writeAt = (this.writeAt + 1) % COMPONENTS;
  }

  /** A component with eight bits: six are widened so that full stays full. */
  private eight(at: number): number {
    const value = this.values[at]!;
    if (this.wide) return value;
    const six = value & 0x3f;
    return (six << 2) | (six >>> 4);
  }
}
