/**
 * The part of the processor's mode that a translation depends on, as data.
 * Two vCPU states with equal modes can share translations of the same bytes
 * at the same linear address.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { FLAT_READ, FLAT_WRITE } from '../cpu/cpu.ts';
import { ATTR_CODE, ATTR_EC, ATTR_P, ATTR_RW } from '../cpu/descriptors.ts';
import { CR0, CR4 } from '../cpu/layout.ts';
import { CR0_EM, CR0_TS, CR4_OSFXSR, CR4_SMEP, CS, DS, ES, FS, SS } from '../cpu/registers.ts';

/** Segment kinds: how an access through the segment is checked. */
export const SEG_FLAT = 0;
/** Any base, no limit, readable and writable: only the base is added. */
export const SEG_BASED = 1;
/** Expand-up, readable and writable, limit checked inline. */
export const SEG_LIMITED = 2;
/** Anything else: accesses are left to the interpreter. */
export const SEG_OTHER = 3;
/** Any of these, found out at each access. FS and GS change all the time, and few accesses go through them. */
export const SEG_ANY = 4;

export interface Mode {
  readonly code32: boolean;
  readonly stack32: boolean;
  /** CPL 3: user delta tables. */
  readonly user: boolean;
  /** At levels 0 to 2: code is fetched from the supervisor's pages only (CR4.SMEP). Absent: from all. */
  readonly smep?: true;
  /** x87 and MMX instructions do not raise #NM: CR0.EM and CR0.TS are clear. */
  readonly fpu: boolean;
  /** SSE instructions raise neither #NM nor #UD: as `fpu`, and CR4.OSFXSR is set. */
  readonly sse: boolean;
  readonly csBase: number;
  /** CS limit, unsigned. */
  readonly csLimit: number;
  /** SEG_* of ES CS SS DS FS GS; the last two are SEG_ANY. */
  readonly segments: readonly number[];
}

function segmentKind(cpu: Cpu, seg: number): number {
  if (seg === CS) return (cpu.segFlat[CS]! & FLAT_READ) !== 0 ? SEG_FLAT : SEG_OTHER;
  if ((cpu.segFlat[seg]! & FLAT_WRITE) !== 0) return SEG_FLAT;
  const attr = cpu.segAttr(seg);
  if ((attr & (ATTR_P | ATTR_RW)) !== (ATTR_P | ATTR_RW) || (attr & (ATTR_CODE | ATTR_EC)) !== 0) return SEG_OTHER;
  return cpu.segLimit(seg) === -1 ? SEG_BASED : SEG_LIMITED;
}

function fpuEnabled(cpu: Cpu): boolean {
  return (cpu.s32[CR0 >> 2]! & (CR0_EM | CR0_TS)) === 0;
}

function sseEnabled(cpu: Cpu): boolean {
  return fpuEnabled(cpu) && (cpu.s32[CR4 >> 2]! & CR4_OSFXSR) !== 0;
}

function fetchesGuarded(cpu: Cpu): boolean {
  return !cpu.user && (cpu.s32[CR4 >> 2]! & CR4_SMEP) !== 0;
}

/** All of the mode but CS base and limit, as one word. */
export function modeBits(cpu: Cpu): number {
  let bits = (cpu.code32 ? 1 : 0) | (cpu.stackMask === -1 ? 2 : 0) | (cpu.user ? 4 : 0);
  if (fpuEnabled(cpu)) bits |= 1 << 15;
  if (sseEnabled(cpu)) bits |= 1 << 16;
  if (fetchesGuarded(cpu)) bits |= 1 << 17;
  for (let seg = 0; seg < FS; seg++) bits |= segmentKind(cpu, seg) << (3 + seg * 2);
  return bits;
}

/** The mode a vCPU is in. */
export function modeOf(cpu: Cpu): Mode {
  return {
    code32: cpu.code32,
    stack32: cpu.stackMask === -1,
    user: cpu.user,
    ...(fetchesGuarded(cpu) && { smep: true }),
    fpu: fpuEnabled(cpu),
    sse: sseEnabled(cpu),
    csBase: cpu.segBase(CS),
    csLimit: cpu.segLimit(CS) >>> 0,
    segments: [...[ES, CS, SS, DS].map((seg) => segmentKind(cpu, seg)), SEG_ANY, SEG_ANY],
  };
}
