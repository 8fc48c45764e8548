/**
 * Memory operands of 64 and 80 bits: checked whole before any of it is read
 * or written.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import type { Float80 } from '../../softfloat/float80.ts';

/** Words of the last {@link read64}: low, high. */
export const READ = new Int32Array(2);

/** Reads 8 bytes into READ. @throws #GP, #SS, #PF, #AC */
export function read64(cpu: Cpu, seg: number, offset: number): void {
  const linear = cpu.linearForRead(seg, offset, 8);
  const delta = cpu.read[linear >>> 12]!;
  if (((linear | delta) & 7) === 0) {
    const at = (linear + delta) >>> 2;
    READ[0] = cpu.s32[at]!;
    READ[1] = cpu.s32[at + 1]!;
    return;
  }
  cpu.checkAlignment(linear, 8);
  READ[0] = cpu.readLinear32(linear);
  READ[1] = cpu.readLinear32((linear + 4) | 0);
}

/** Writes 8 bytes. @throws #GP, #SS, #PF, #AC */
export function write64(cpu: Cpu, seg: number, offset: number, high: number, low: number): void {
  const linear = cpu.linearForWrite(seg, offset, 8);
  const delta = cpu.write[linear >>> 12]!;
  if (((linear | delta) & 7) === 0) {
    const at = (linear + delta) >>> 2;
    cpu.s32[at] = low;
    cpu.s32[at + 1] = high;
    return;
  }
  cpu.checkAlignment(linear, 8);
  cpu.probeWrite(linear, 8);
  cpu.writeLinear32(linear, low);
  cpu.writeLinear32((linear + 4) | 0, high);
}

/** Raises what a write of 2, 4, 8 or 10 bytes would. @throws #GP, #SS, #PF, #AC */
export function checkWrite(cpu: Cpu, seg: number, offset: number, size: number): void {
  const linear = cpu.linearForWrite(seg, offset, size);
  cpu.checkAlignment(linear, size === 10 ? 8 : size);
  cpu.probeWrite(linear, size);
}

/** Reads an 80-bit value. @throws #GP, #SS, #PF, #AC */
export function read80(cpu: Cpu, seg: number, offset: number, to: Float80): void {
  const linear = cpu.linearForRead(seg, offset, 10);
  cpu.checkAlignment(linear, 8);
  const lo = cpu.readLinear32(linear);
  const hi = cpu.readLinear32((linear + 4) | 0);
  to.set(cpu.readLinear16((linear + 8) | 0), hi, lo);
}

/** Writes an 80-bit value. @throws #GP, #SS, #PF, #AC */
export function write80(cpu: Cpu, seg: number, offset: number, value: Float80): void {
  const linear = cpu.linearForWrite(seg, offset, 10);
  cpu.checkAlignment(linear, 8);
  cpu.probeWrite(linear, 10);
  cpu.writeLinear32(linear, value.lo);
  cpu.writeLinear32((linear + 4) | 0, value.hi);
  cpu.writeLinear16((linear + 8) | 0, value.se);
}
