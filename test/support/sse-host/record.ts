/**
 * The record that host.c reads and writes: one instruction and the state
 * around it. Offsets in bytes.
 */
export const RECORD = 640;
export const AT_CODE = 0;
export const AT_GPR = 16;
export const AT_EFLAGS = 48;
/** 0, or 0x100 | exception vector. */
export const AT_STATUS = 52;
export const AT_MEMORY = 64;
export const MEMORY_SIZE = 64;
/** FXSAVE image, and what is in it. */
export const AT_FX = 128;
export const AT_FPU_STATUS = AT_FX + 2;
/** One bit a physical register: 1 = not empty. */
export const AT_FPU_TAGS = AT_FX + 4;
export const AT_MXCSR = AT_FX + 24;
export const AT_ST = AT_FX + 32;
export const AT_XMM = AT_FX + 160;
/** Linear address of the memory operand. */
export const MEMORY = 0x80100;
