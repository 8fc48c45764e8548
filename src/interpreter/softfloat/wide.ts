/**
 * Unsigned products of 32- and 64-bit limbs. Results are left in the words of
 * {@link P} so that nothing is allocated.
 */

/** Product words, the least significant first. */
export const P = new Int32Array(4);

/** Upper 32 bits of the unsigned product of two 32-bit values. */
export function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = Math.imul(a0, b0) >>> 16;
  const middle = Math.imul(a1, b0) + low;
  // `middle` may pass 2^31: it is used unsigned, and stays below 2^32.
  const cross = Math.imul(a0, b1) + (middle & 0xffff);
  return (Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/** P = (ah:al) * (bh:bl), 128 bits. */
export function multiply64(ah: number, al: number, bh: number, bl: number): void {
  const p0 = Math.imul(al, bl);
  const m1 = (mulHigh(al, bl) >>> 0) + (Math.imul(ah, bl) >>> 0) + (Math.imul(al, bh) >>> 0);
  const p1 = m1 | 0;
  const m2 = (mulHigh(ah, bl) >>> 0) + (mulHigh(al, bh) >>> 0) + (Math.imul(ah, bh) >>> 0) + carryOf(m1);
  const p2 = m2 | 0;
  P[0] = p0;
  P[1] = p1;
  P[2] = p2;
  P[3] = (mulHigh(ah, bh) + carryOf(m2)) | 0;
}

/** What a sum of a few unsigned words carries into the next: sum / 2^32, whole. */
function carryOf(sum: number): number {
  return (sum * 2.3283064365386963e-10) | 0;
}
