/**
 * Video memory as the processor sees it through the graphics controller: four planes behind latches, with the
 * write modes 0 to 3, the read modes 0 and 1, and addresses that go to planes in pairs (odd/even) or singly (chain-4).
 *
 * A word of memory holds the four planes' bytes at one address, so an access to all planes is one operation on a word.
 * In chain-4 the planes' addresses are packed (byte n is at word n / 4, where the chip takes word n & ~3), so that the
 * bytes are in order and can be mapped; the CRTC's doubleword addressing is undone in the same way.
 */
import type { AccessSize } from '../io-bus.ts';
import {
  GC_BIT_MASK,
  GC_COLOUR_CARE,
  GC_COLOUR_COMPARE,
  GC_ENABLE_SET_RESET,
  GC_MISC,
  GC_MODE,
  GC_READ_MAP,
  GC_ROTATE,
  GC_SET_RESET,
  SEQ_MAP_MASK,
  SEQ_MEMORY_MODE,
  type VgaRegisterFile,
} from './register-file.ts';
import { VIDEO_PAGE_SHIFT, type VideoMemory } from './video-memory.ts';

export const CHAIN_4 = 0x08;
const PLANES_SINGLY = 0x04;
const HOST_ODD_EVEN = 0x10;
const CHAIN_ODD_EVEN = 0x02;

/** Words that the VGA's own modes reach: 64 KiB a plane. */
const VGA_WORDS = 0x1_0000;

/** A word with all bits of the planes whose bits are set in 0 to 15. */
const PLANE_MASKS = Int32Array.from({ length: 16 }, (_, bits) => {
  let mask = 0;
  for (let plane = 0; plane < 4; plane++) if ((bits >>> plane) & 1) mask |= 0xff << (plane * 8);
  return mask;
});

/** A byte in all four planes. */
const everywhere = (byte: number) => Math.imul(byte, 0x0101_0101);

export class PlanarMemory {
  /** What the last read found in the four planes. */
  latch = 0;
  /** Where the processor's window begins, in words, and how many there are: the VBE interface's 4-bit modes have banks. */
  bank = 0;
  words = VGA_WORDS;
  private readonly registers: VgaRegisterFile;
  private readonly video: VideoMemory;

  constructor(registers: VgaRegisterFile, video: VideoMemory) {
    this.registers = registers;
    this.video = video;
  }

  /** The VGA's own 64 KiB a plane, or with `bank` the whole memory from there on. */
  setBank(bank: number | undefined): void {
    this.bank = bank ?? 0;
    this.words = bank === undefined ? VGA_WORDS : this.video.i32.length;
  }

  /** @param offset from the window's start */
  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.readByte(offset + i) << (8 * i);
    return value >>> 0;
  }

  write(offset: number, value: number, size: AccessSize): void {
    for (let i = 0; i < size; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  private readByte(offset: number): number {
    const { graphics, sequencer } = this.registers;
    const chain4 = (sequencer[SEQ_MEMORY_MODE]! & CHAIN_4) !== 0;
    const latch = this.video.i32[this.wordOf(offset, chain4)]!;
    this.latch = latch;
    const mode = graphics[GC_MODE]!;
    if ((mode & 8) !== 0) {
      const differing = (latch ^ PLANE_MASKS[graphics[GC_COLOUR_COMPARE]!]!) & PLANE_MASKS[graphics[GC_COLOUR_CARE]!]!;
      return ~(differing | (differing >>> 8) | (differing >>> 16) | (differing >>> 24)) & 0xff;
    }
    let plane = graphics[GC_READ_MAP]!;
    if (chain4) plane = offset & 3;
    else if ((mode & HOST_ODD_EVEN) !== 0) plane = (plane & 2) | (offset & 1);
    return (latch >>> (plane * 8)) & 0xff;
  }

  private writeByte(offset: number, value: number): void {
    const { sequencer } = this.registers;
    const memoryMode = sequencer[SEQ_MEMORY_MODE]!;
    const chain4 = (memoryMode & CHAIN_4) !== 0;
    let planes = sequencer[SEQ_MAP_MASK]!;
    if (chain4) planes &= 1 << (offset & 3);
    else if ((memoryMode & PLANES_SINGLY) === 0) planes &= (offset & 1) !== 0 ? 0b1010 : 0b0101;
    if (planes === 0) return;
    const at = this.wordOf(offset, chain4);
    const mask = PLANE_MASKS[planes]!;
    const { i32 } = this.video;
    this.video.note(at >>> (VIDEO_PAGE_SHIFT - 2));
    i32[at] = (i32[at]! & ~mask) | (this.data(value) & mask);
  }

  /** The word of video memory behind an address of the window. */
  private wordOf(offset: number, chain4: boolean): number {
    let address = offset;
    if (chain4) address = offset >>> 2;
    else if ((this.registers.graphics[GC_MISC]! & CHAIN_ODD_EVEN) !== 0) {
      // Bit 0 has chosen the plane; in a window of 128 KiB bit 16 takes its place.
      address = (offset & 0xfffe) | (offset >>> 16);
    }
    return (this.bank + (address & 0xffff)) % this.words;
  }

  /** What a write mode makes of a byte: the four planes' new bytes. */
  private data(value: number): number {
    const { graphics } = this.registers;
    const mode = graphics[GC_MODE]! & 3;
    if (mode === 1) return this.latch;
    const count = graphics[GC_ROTATE]! & 7;
    const rotated = mode === 2 ? value : ((value >>> count) | (value << (8 - count))) & 0xff;
    let bits = graphics[GC_BIT_MASK]!;
    let data: number;
    if (mode === 0) {
      const constant = PLANE_MASKS[graphics[GC_ENABLE_SET_RESET]!]!;
      data = (everywhere(rotated) & ~constant) | (PLANE_MASKS[graphics[GC_SET_RESET]!]! & constant);
    } else if (mode === 2) data = PLANE_MASKS[value & 15]!;
    else {
      data = PLANE_MASKS[graphics[GC_SET_RESET]!]!;
      bits &= rotated;
    }
    return this.combine(data, everywhere(bits));
  }

  /** The logical function with the latches, and the latches where the bit mask is clear. */
  private combine(data: number, bits: number): number {
    const { latch } = this;
    const kept = latch & ~bits;
    switch (this.registers.graphics[GC_ROTATE]! >>> 3) {
      case 1:
        return (data & latch & bits) | kept;
      case 2:
        return ((data | latch) & bits) | kept;
      case 3:
        return ((data ^ latch) & bits) | kept;
      default:
        return (data & bits) | kept;
    }
  }
}
