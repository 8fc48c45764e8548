/**
 * Where everything lives in a virtual machine's one WebAssembly.Memory.
 *
 * This module alone owns the layout; TypeScript and translated code see the
 * same bytes. All offsets are in bytes. The memory is allocated once, at its
 * final size, and never grows, so views and constants stay valid for life.
 */

/** Scratch of the interpreter's SIMD handlers, 64 bytes; not state. */
export const SIMD_SCRATCH = 0x80;
/** Eight general registers, 32 bits each. */
export const GPR = 0x100;
/** A word that is always zero: the "no register" of address arithmetic. */
export const ZERO = 0x120;
export const EIP = 0x124;
export const EFLAGS = 0x128;
/** Current privilege level, 0..3 (3 in virtual-8086 mode, 0 in real mode). */
export const CPL = 0x12c;
export const CR0 = 0x130;
export const CR2 = 0x134;
export const CR3 = 0x138;
export const CR4 = 0x13c;
/** DR0..DR7. */
export const DR = 0x140;

/** Eight segment caches of 16 bytes: ES CS SS DS FS GS LDTR TR. */
export const SEGMENTS = 0x160;
export const SEGMENT_SIZE = 16;
/** Within a segment cache. The limit is in bytes, granularity already applied. */
export const SEG_SELECTOR = 0;
export const SEG_BASE = 4;
export const SEG_LIMIT = 8;
/** Bits 8..15 and 20..23 of the descriptor's high word, in place; 0 = unusable (null selector). */
export const SEG_ATTR = 12;

export const GDTR_BASE = 0x1e0;
export const GDTR_LIMIT = 0x1e4;
export const IDTR_BASE = 0x1e8;
export const IDTR_LIMIT = 0x1ec;

export const SYSENTER_CS = 0x1f0;
export const SYSENTER_ESP = 0x1f4;
export const SYSENTER_EIP = 0x1f8;
export const XCR0 = 0x1fc;
/** TSC = clock + this 64-bit offset (written by WRMSR 10h). */
export const TSC_OFFSET = 0x200;
/** IA32_EFER (only NXE matters). */
export const EFER = 0x208;
/** IA32_PAT, 64 bits. */
export const PAT = 0x210;

/** x87 control word, status word (TOP inside), and tags: two bits a register, 11 = empty, 00 = any other; FNSTENV works out the class. */
export const FPU_CONTROL = 0x220;
export const FPU_STATUS = 0x224;
export const FPU_TAGS = 0x228;
export const FPU_OPCODE = 0x22c;
export const FPU_IP = 0x230;
export const FPU_CS = 0x234;
export const FPU_DP = 0x238;
export const FPU_DS = 0x23c;
export const MXCSR = 0x240;
/** 1 while the interrupt controller asserts INTR, else 0: here so that translated code sees it. Not state of the processor. */
export const INTERRUPT_PENDING = 0x244;
/** Derived from the segment caches, a byte for each: see Cpu.segFlat and Cpu.segPlain. Not state of the processor. */
export const SEG_FLAT = 0x248;
export const SEG_PLAIN = 0x250;

/** Physical x87 registers R0..R7, 16 bytes each: 64-bit significand, 16-bit sign and exponent. MMX registers are the significands. */
export const FPU_REGISTERS = 0x280;
/** XMM0..XMM7. */
export const XMM = 0x300;

/** Words that only translated code and its dispatcher use: see translator/abi.ts. */
export const TRANSLATOR_WORDS = 0x380;
export const TRANSLATOR_WORDS_END = 0x800;

/** Model-specific registers that are plain storage, 8 bytes each: see system/msr-table.ts. */
export const MSRS = 0x800;
export const MSRS_END = 0xa00;

/** A counter for each row of the opcode table: sensitive instructions that translated code emulated inline. No guest state. */
export const INLINE_COUNTS = 0x1000;
export const INLINE_COUNTS_END = 0x3000;

/** Heat of low-tier regions: a word for each, counted down at its entry and its loops. */
export const HEAT = 0x0004_0000;
export const HEAT_SIZE = 0x0004_0000;
/** Jump cache for indirect branches. */
export const JUMP_CACHE = 0x0010_0000;
export const JUMP_CACHE_SIZE = 0x0010_0000;
/** Link slots: one 32-bit table index each. */
export const LINK_SLOTS = 0x0020_0000;
export const LINK_SLOTS_SIZE = 0x0020_0000;
/** The architectural TLB: one 32-bit entry for each of 2^20 linear pages. */
export const TLB = 0x0040_0000;
/** Delta tables: read and write, supervisor and user. Entry = host page - linear page; low bits set when invalid. */
export const DELTA_READ_SUPERVISOR = 0x0080_0000;
export const DELTA_WRITE_SUPERVISOR = 0x00c0_0000;
export const DELTA_READ_USER = 0x0100_0000;
export const DELTA_WRITE_USER = 0x0140_0000;
/** An invalid delta: every low bit set, so that the alignment test fails too. */
export const DELTA_INVALID = 0xfff;
/** Pages in the linear (and physical) address space. */
export const PAGE_COUNT = 1 << 20;

/** Guest RAM; after it the pages of ROM images, then a display adapter's memory. */
export const RAM = 0x0180_0000;
/** Room for ROM images after RAM, in bytes: an image of 8 MiB, and a page that reads all ones. */
export const ROM_ROOM = 0x0081_0000;
/** Largest RAM: 2 GiB. */
export const RAM_MAX = 0x8000_0000;
/** WebAssembly's page. */
export const WASM_PAGE = 0x1_0000;

/** Size in WebAssembly pages of the memory of a machine with `ramSize` bytes of RAM, and `videoSize` behind the ROMs. */
export function memoryPages(ramSize: number, videoSize: number): number {
  return Math.ceil((RAM + ramSize + ROM_ROOM + videoSize) / WASM_PAGE);
}
