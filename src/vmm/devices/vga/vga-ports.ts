/**
 * The VGA's ports, 3B0h to 3DFh: index and data registers, the attribute controller's flip-flop, DAC, and status.
 * CRTC and status are at 3Bxh or at 3Dxh, as bit 0 of miscellaneous output says; the other position floats.
 */
import type { IoBus } from '../io-bus.ts';
import type { Dac } from './dac.ts';
import type { Raster } from './raster.ts';
import type { VgaRegisterFile } from './register-file.ts';

const MONO = 0x3b0;
const COLOUR = 0x3d0;
const MISC_COLOUR = 0x01;
/** Input status 0: the DAC's levels show that a monitor is there. */
const MONITOR_SENSED = 0x10;
/** The index's bit by which the attribute controller's palette is given to the screen. */
const PALETTE_SHOWN = 0x20;
/** What a port reads that nothing drives. */
const FLOATING = 0xff;

export class VgaPorts {
  private readonly registers: VgaRegisterFile;
  private readonly dac: Dac;
  private readonly raster: Raster;
  private readonly changed: () => void;
  private sequencerIndex = 0;
  private graphicsIndex = 0;
  private crtcIndex = 0;
  private attributeIndex = 0;
  /** Port 3C0h takes data next, not an index. */
  private attributeData = false;
  private featureControl = 0;
  private enabled = 1;

  /** @param changed told after each write of a register */
  constructor(registers: VgaRegisterFile, dac: Dac, raster: Raster, changed: () => void) {
    this.registers = registers;
    this.dac = dac;
    this.raster = raster;
    this.changed = changed;
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
    this.sequencerIndex = 0;
    this.graphicsIndex = 0;
    this.crtcIndex = 0;
    this.attributeIndex = 0;
    this.attributeData = false;
    this.featureControl = 0;
    this.enabled = 1;
  }

  read(port: number): number {
    const { registers } = this;
    if (port < 0x3c0 || port >= COLOUR) return this.readPositioned(port);
    switch (port) {
      case 0x3c0:
        return this.attributeIndex | (registers.paletteShown ? PALETTE_SHOWN : 0);
      case 0x3c1:
        return registers.attribute[this.attributeIndex]!;
      case 0x3c2:
        return MONITOR_SENSED;
      case 0x3c3:
        return this.enabled;
      case 0x3c4:
        return this.sequencerIndex;
      case 0x3c5:
        return registers.sequencer[this.sequencerIndex]!;
      case 0x3c6:
      case 0x3c7:
      case 0x3c8:
      case 0x3c9:
        return this.dac.read(port);
      case 0x3ca:
        return this.featureControl;
      case 0x3cc:
        return registers.misc;
      case 0x3ce:
        return this.graphicsIndex;
      case 0x3cf:
        return registers.graphics[this.graphicsIndex]!;
      default:
        return FLOATING;
    }
  }

  write(port: number, value: number): void {
    const { registers } = this;
    if (port < 0x3c0 || port >= COLOUR) {
      this.writePositioned(port, value);
      return;
    }
    switch (port) {
      case 0x3c0:
        this.writeAttribute(value);
        break;
      case 0x3c2:
        registers.setMisc(value);
        this.changed();
        break;
      case 0x3c3:
        this.enabled = value & 1;
        break;
      case 0x3c4:
        this.sequencerIndex = value & 7;
        break;
      case 0x3c5:
        registers.setSequencer(this.sequencerIndex, value);
        this.changed();
        break;
      case 0x3c6:
      case 0x3c7:
      case 0x3c8:
      case 0x3c9:
        this.dac.write(port, value);
        break;
      case 0x3ce:
        this.graphicsIndex = value & 15;
        break;
      case 0x3cf:
        registers.setGraphics(this.graphicsIndex, value);
        this.changed();
        break;
      default:
        break;
    }
  }

  private writeAttribute(value: number): void {
    if (this.attributeData) this.registers.setAttribute(this.attributeIndex, value);
    else {
      this.attributeIndex = value & 0x1f;
      this.registers.showPalette((value & PALETTE_SHOWN) !== 0);
    }
    this.attributeData = !this.attributeData;
  }

  private decodes(port: number): boolean {
    return port >= COLOUR === ((this.registers.misc & MISC_COLOUR) !== 0);
  }

  private readPositioned(port: number): number {
    if (!this.decodes(port)) return FLOATING;
    switch (port & 15) {
      case 4:
        return this.crtcIndex;
      case 5:
        return this.registers.crtc[this.crtcIndex]!;
      case 10:
        this.attributeData = false;
        return this.raster.status();
      default:
        return FLOATING;
    }
  }

  private writePositioned(port: number, value: number): void {
    if (!this.decodes(port)) return;
    switch (port & 15) {
      case 4:
        this.crtcIndex = value & 31;
        break;
      case 5:
        this.registers.setCrtc(this.crtcIndex, value);
        break;
      case 10:
        this.featureControl = value;
        break;
    }
  }
}
