/**
 * Segment descriptors and their cached attributes (SDM vol. 3 sections 3.4, 3.5).
 *
 * Attributes are kept as the descriptor's high word has them, masked to
 * ATTR_MASK: type in bits 8..11, S 12, DPL 13..14, P 15, AVL 20, D/B 22, G 23.
 */

export const ATTR_MASK = 0x00f0_ff00;
export const ATTR_ACCESSED = 1 << 8;
/** Data: writable. Code: readable. */
export const ATTR_RW = 1 << 9;
/** Data: expand-down. Code: conforming. */
export const ATTR_EC = 1 << 10;
export const ATTR_CODE = 1 << 11;
export const ATTR_S = 1 << 12;
export const ATTR_P = 1 << 15;
/** Default operation size of code, stack pointer size of stack segments. */
export const ATTR_DB = 1 << 22;
export const ATTR_G = 1 << 23;

/** System descriptor types (bits 8..11 with S clear). */
export const TYPE_TSS16_AVAILABLE = 1;
export const TYPE_LDT = 2;
export const TYPE_TSS16_BUSY = 3;
export const TYPE_CALL_GATE16 = 4;
export const TYPE_TASK_GATE = 5;
export const TYPE_INTERRUPT_GATE16 = 6;
export const TYPE_TRAP_GATE16 = 7;
export const TYPE_TSS32_AVAILABLE = 9;
export const TYPE_TSS32_BUSY = 11;
export const TYPE_CALL_GATE32 = 12;
export const TYPE_INTERRUPT_GATE32 = 14;
export const TYPE_TRAP_GATE32 = 15;

/** Attributes of a real-mode data segment: present, writable, 16-bit, accessed. */
export const ATTR_REAL_DATA = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED;
/** Attributes of every segment in virtual-8086 mode: as real mode, DPL 3. */
export const ATTR_V86 = ATTR_REAL_DATA | (3 << 13);

export function attrType(attr: number): number {
  return (attr >>> 8) & 15;
}
export function attrDpl(attr: number): number {
  return (attr >>> 13) & 3;
}
/** Base address of a descriptor given as its two words. */
export function descriptorBase(low: number, high: number): number {
  return (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000);
}
/** Limit in bytes (unsigned in an int32), granularity applied. */
export function descriptorLimit(low: number, high: number): number {
  const limit = (low & 0xffff) | (high & 0xf_0000);
  return (high & ATTR_G) !== 0 ? (limit << 12) | 0xfff : limit;
}
