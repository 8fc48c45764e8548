/**
 * A VGA with the Bochs VBE interface: registers, DAC, planes and window put together.
 *
 * It knows ports, a clock and video memory. Drawing what it shows is src/vmm/display's.
 */
import type { Clock } from '../clock.ts';
import type { IoBus } from '../io-bus.ts';
import type { MmioBus } from '../mmio-bus.ts';
import { Aperture } from './aperture.ts';
import { Dac } from './dac.ts';
import { Dispi } from './dispi.ts';
import { PlanarMemory } from './planar.ts';
import { Raster } from './raster.ts';
import { VgaRegisterFile } from './register-file.ts';
import { VgaPorts } from './vga-ports.ts';
import { VIDEO_PAGE_SHIFT, type VideoMemory } from './video-memory.ts';

export class Vga {
  readonly registers = new VgaRegisterFile();
  readonly dac = new Dac();
  readonly dispi: Dispi;
  readonly raster: Raster;
  readonly planar: PlanarMemory;
  readonly video: VideoMemory;
  readonly ports: VgaPorts;
  /** Its expansion ROM, if there is one. */
  bios: Uint8Array | undefined;
  private readonly aperture: Aperture;
  /** Where the linear frame buffer is mapped; undefined: nowhere. */
  private frameBuffer: number | undefined;

  constructor(clock: Clock, video: VideoMemory) {
    const { registers, dac } = this;
    this.video = video;
    this.raster = new Raster(clock, registers);
    this.planar = new PlanarMemory(registers, video);
    this.dispi = new Dispi({
      memorySize: video.u8.length,
      changed: () => {
        registers.generation++;
        this.aperture.update();
      },
      clear: (bytes) => this.clear(bytes),
      setWideDac: (wide) => dac.setWide(wide),
    });
    this.aperture = new Aperture(registers, this.dispi, this.planar, video);
    this.ports = new VgaPorts(registers, dac, this.raster, () => this.registersChanged());
  }

  attach(io: IoBus, mmio: MmioBus): void {
    this.ports.attach(io);
    this.dispi.attach(io);
    this.aperture.attach(mmio);
  }

  /** Registers to their power-on state. Memory and the DAC's colours stay. */
  reset(): void {
    this.registers.reset();
    this.dac.reset();
    this.ports.reset();
    this.planar.latch = 0;
    this.dispi.reset();
  }

  /** Puts all of video memory at a physical address, a multiple of its size; undefined takes it away. */
  mapFrameBuffer(physical: number | undefined): void {
    if (physical === this.frameBuffer) return;
    if (this.frameBuffer !== undefined) this.video.unmap(this.frameBuffer, this.video.u8.length);
    this.frameBuffer = physical;
    if (physical !== undefined) this.video.map(physical, this.video.u8.length, 0);
  }

  /** To be called after registers were set other than by their ports. */
  registersChanged(): void {
    this.aperture.update();
  }

  /** Grows with each change of what is shown other than by memory. */
  get generation(): number {
    return this.registers.generation + this.dac.generation;
  }

  private clear(bytes: number): void {
    const end = Math.min(bytes, this.video.u8.length);
    for (let page = 0; page << VIDEO_PAGE_SHIFT < end; page++) this.video.note(page);
    this.video.u8.fill(0, 0, end);
  }
}
