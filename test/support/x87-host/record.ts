/**
 * A record of one executed x87 instruction, as host.c reads and writes it:
 *
 *     0  length of the code     1..7  code (memory operand at [ecx])
 *     8  EFLAGS (arithmetic)    12    EAX
 *     16 FNSAVE image, 32-bit protected, padded to 112 bytes
 *     128 memory operand, 32 bytes
 */
export const RECORD = 160;
export const AT_LENGTH = 0;
export const AT_CODE = 1;
export const AT_EFLAGS = 8;
export const AT_EAX = 12;
export const AT_IMAGE = 16;
export const AT_REGISTERS = 16 + 28;
export const AT_MEMORY = 128;
export const IMAGE_SIZE = 108;
export const MEMORY_SIZE = 32;
