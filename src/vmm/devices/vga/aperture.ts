/**
 * The window A0000h to BFFFFh: which part of it answers, and whether the processor reaches memory through it
 * directly or by way of the graphics controller.
 *
 * What holds: the pages are mapped directly exactly while the registers would change nothing about a byte on its way.
 * A read there leaves the latches alone.
 */
import type { AccessSize } from '../io-bus.ts';
import type { MmioBus, MmioHandler } from '../mmio-bus.ts';
import type { Dispi } from './dispi.ts';
import { CHAIN_4, type PlanarMemory } from './planar.ts';
import {
  GC_BIT_MASK,
  GC_ENABLE_SET_RESET,
  GC_MISC,
  GC_MODE,
  GC_ROTATE,
  SEQ_MAP_MASK,
  SEQ_MEMORY_MODE,
  type VgaRegisterFile,
} from './register-file.ts';
import type { VideoMemory } from './video-memory.ts';

export const APERTURE_START = 0xa0000;
export const APERTURE_SIZE = 0x20000;

/** The window that bits 2 and 3 of the graphics controller's miscellaneous register choose: offset from A0000h, size. */
const WINDOWS = [
  [0x00000, 0x20000],
  [0x00000, 0x10000],
  [0x10000, 0x08000],
  [0x18000, 0x08000],
] as const;
const MEMORY_ANSWERS = 0x02;

export class Aperture implements MmioHandler {
  private readonly registers: VgaRegisterFile;
  private readonly dispi: Dispi;
  private readonly planar: PlanarMemory;
  private readonly video: VideoMemory;
  private start = 0;
  private size = 0;
  /** What is mapped directly, in bytes from A0000h, and the memory behind it; size 0: nothing. */
  private mapped = { start: 0, size: 0, offset: 0 };
  private known = -1;

  constructor(registers: VgaRegisterFile, dispi: Dispi, planar: PlanarMemory, video: VideoMemory) {
    this.registers = registers;
    this.dispi = dispi;
    this.planar = planar;
    this.video = video;
  }

  attach(mmio: MmioBus): void {
    mmio.register(APERTURE_START, APERTURE_SIZE, this);
  }

  read(offset: number, size: AccessSize): number {
    const at = offset - this.start;
    if (at < 0 || at >= this.size) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
    return this.planar.read(at, size);
  }

  write(offset: number, value: number, size: AccessSize): void {
    const at = offset - this.start;
    if (at >= 0 && at < this.size) this.planar.write(at, value, size);
  }

  /** To be called after registers have changed. */
  update(): void {
    if (this.known === this.registers.generation) return;
    this.known = this.registers.generation;
    const { graphics, sequencer, misc } = this.registers;
    const vbe = this.dispi.active;
    const planarVbe = vbe && this.dispi.bits === 4;
    this.planar.setBank(planarVbe ? this.dispi.bankOffset : undefined);
    const [start, size] = WINDOWS[vbe ? 1 : (graphics[GC_MISC]! >>> 2) & 3]!;
    this.start = start;
    this.size = vbe || (misc & MEMORY_ANSWERS) !== 0 ? size : 0;
    if (vbe && !planarVbe) this.mapDirectly(start, size, this.dispi.bankOffset);
    else if (!vbe && (sequencer[SEQ_MEMORY_MODE]! & CHAIN_4) !== 0 && this.passesBytes()) {
      this.mapDirectly(start, this.size, 0);
    } else this.mapDirectly(0, 0, 0);
  }

  /** Whether the graphics controller leaves bytes as they are. */
  private passesBytes(): boolean {
    const { graphics, sequencer } = this.registers;
    return (
      sequencer[SEQ_MAP_MASK] === 0x0f &&
      (graphics[GC_MODE]! & 0x0b) === 0 &&
      graphics[GC_ROTATE] === 0 &&
      graphics[GC_ENABLE_SET_RESET] === 0 &&
      graphics[GC_BIT_MASK] === 0xff
    );
  }

  private mapDirectly(start: number, size: number, offset: number): void {
    const { mapped, video } = this;
    if (mapped.start === start && mapped.size === size && mapped.offset === offset) return;
    if (mapped.size > 0) video.unmap(APERTURE_START + mapped.start, mapped.size);
    this.mapped = { start, size, offset };
    if (size > 0) video.map(APERTURE_START + start, size, offset);
  }
}
