/**
 * The memory operand that ModR/M, SIB and displacement stand for (SDM vol. 2 tables 2-1
 * to 2-3).
 */
import { DS, EBP, ESP, SS } from '../cpu/registers.ts';
import { i8, i16, i32, u8 } from './code-reader.ts';
import type { Instruction } from './instruction.ts';
import { NO_REG } from './instruction.ts';

/** Base, index and default segment of the 16-bit addressing forms, by r/m (SDM vol. 2 table 2-1). */
const BASE16 = Uint8Array.of(3, 3, 5, 5, 6, 7, 5, 3);
const INDEX16 = Uint8Array.of(6, 7, 6, 7, NO_REG, NO_REG, NO_REG, NO_REG);
const SEGMENT16 = Uint8Array.of(DS, DS, SS, SS, DS, DS, SS, DS);

function address16(out: Instruction, mod: number, rm: number): void {
  if (mod === 0 && rm === 6) {
    out.base = NO_REG;
    out.segment = DS;
    out.disp = i16();
    return;
  }
  out.base = BASE16[rm] as number;
  out.index = INDEX16[rm] as number;
  out.segment = SEGMENT16[rm] as number;
  out.disp = mod === 0 ? 0 : mod === 1 ? i8() : i16();
}

function address32(out: Instruction, mod: number, rm: number): void {
  let base = rm;
  if (rm === 4) {
    const sib = u8();
    base = sib & 7;
    const index = (sib >> 3) & 7;
    if (index !== 4) {
      out.index = index;
      out.scale = sib >> 6;
    }
  }
  if (mod === 0 && base === 5) {
    base = NO_REG;
    out.disp = i32();
  } else if (mod === 1) out.disp = i8();
  else if (mod === 2) out.disp = i32();
  out.base = base;
  out.segment = base === EBP || base === ESP ? SS : DS;
}

/**
 * Reads the memory operand of a ModR/M byte with mod other than 3 into `out`.
 * @param override the segment override, or -1
 */
export function address(out: Instruction, override: number): void {
  const mod = out.modrm >> 6;
  const rm = out.modrm & 7;
  if (out.addressSize === 2) address16(out, mod, rm);
  else address32(out, mod, rm);
  if (override >= 0) out.segment = override;
}
