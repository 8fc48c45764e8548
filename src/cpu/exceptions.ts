/**
 * Exceptions as the interpreter and the monitor pass them around.
 *
 * A fault found in the middle of an instruction is thrown as the one
 * `GuestException` of its vCPU (nothing is allocated, no stack is captured);
 * whoever runs instructions catches it and delivers it to the guest. It never
 * travels through WebAssembly. SDM vol. 3 chapter 6.
 */

export const VEC_DE = 0;
export const VEC_DB = 1;
export const VEC_NMI = 2;
export const VEC_BP = 3;
export const VEC_OF = 4;
export const VEC_BR = 5;
export const VEC_UD = 6;
export const VEC_NM = 7;
export const VEC_DF = 8;
export const VEC_TS = 10;
export const VEC_NP = 11;
export const VEC_SS = 12;
export const VEC_GP = 13;
export const VEC_PF = 14;
export const VEC_MF = 16;
export const VEC_AC = 17;
export const VEC_MC = 18;
export const VEC_XM = 19;

/** Error-code bits of a page fault. */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_RESERVED = 8;
export const PF_FETCH = 16;

/** Error-code bit: the event was external or delivered by the processor. */
export const ERR_EXT = 1;
/** Error-code bit: the selector indexes the IDT. */
export const ERR_IDT = 2;

/** Vectors that push an error code: 8, 10 to 14, 17. */
const WITH_ERROR_CODE = (1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17);

/** Whether an exception of this vector pushes an error code. */
export function pushesErrorCode(vector: number): boolean {
  return vector < 32 && ((WITH_ERROR_CODE >>> vector) & 1) !== 0;
}

/** What is thrown when the guest faults. One object a vCPU; read it before anything else can fault. */
export class GuestException {
  vector = 0;
  errorCode = 0;
}
