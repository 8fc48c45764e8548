/**
 * Loading segment registers with all checks (SDM vol. 2 MOV, POP, LDS;
 * vol. 3 sections 3.4.2, 5.5, 5.7). A fault leaves the register as it was.
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DB,
  ATTR_EC,
  ATTR_G,
  ATTR_P,
  ATTR_REAL_DATA,
  ATTR_RW,
  ATTR_S,
  ATTR_V86,
  attrDpl,
} from '../descriptors.ts';
import { VEC_GP, VEC_NP, VEC_SS, VEC_UD } from '../exceptions.ts';
import { CS, SS } from '../registers.ts';
import {
  cacheDescriptor,
  descriptorHigh,
  descriptorLow,
  markAccessed,
  nullSegment,
  requireDescriptor,
} from './descriptor-table.ts';
import { errorOf, isReal, isVirtual8086 } from './mode.ts';

/**
 * Loads a segment register in real mode: selector and base. Limit and attributes stay
 * what they were ("unreal mode"), except that CS becomes writable data, as after reset.
 */
export function loadRealSegment(cpu: Cpu, seg: number, selector: number): void {
  const attr = cpu.segAttr(seg);
  const base = (selector & 0xffff) << 4;
  if (seg === CS) cpu.setSegment(CS, selector, base, cpu.segLimit(CS), ATTR_REAL_DATA | (attr & (ATTR_DB | ATTR_G)));
  else if ((attr & ATTR_P) === 0) cpu.setSegment(seg, selector, base, 0xffff, ATTR_REAL_DATA);
  else cpu.setSegment(seg, selector, base, cpu.segLimit(seg), attr);
}

/** Loads a segment register in virtual-8086 mode. */
export function loadVirtual8086Segment(cpu: Cpu, seg: number, selector: number): void {
  cpu.setSegment(seg, selector, (selector & 0xffff) << 4, 0xffff, ATTR_V86);
}

/** Whether a descriptor's high word is a writable data segment. */
export function isWritableData(high: number): boolean {
  return (high & (ATTR_S | ATTR_CODE | ATTR_RW)) === (ATTR_S | ATTR_RW);
}

/** Whether it is a data segment or a readable code segment. */
export function isReadable(high: number): boolean {
  return (high & ATTR_S) !== 0 && (high & (ATTR_CODE | ATTR_RW)) !== ATTR_CODE;
}

export function isCode(high: number): boolean {
  return (high & (ATTR_S | ATTR_CODE)) === (ATTR_S | ATTR_CODE);
}

/** Whether it is a conforming code segment. */
export function isConforming(high: number): boolean {
  return (high & (ATTR_S | ATTR_CODE | ATTR_EC)) === (ATTR_S | ATTR_CODE | ATTR_EC);
}

/**
 * Loads DS, ES, FS, GS or SS in any mode.
 * @param selector 16 bits
 * @throws #GP, #NP, #SS with the selector as error code, #GP(0) for a null SS, #PF
 */
export function loadDataSegment(cpu: Cpu, seg: number, selector: number): void {
  if (isReal(cpu)) loadRealSegment(cpu, seg, selector);
  else if (isVirtual8086(cpu)) loadVirtual8086Segment(cpu, seg, selector);
  else if (seg === SS) loadStackSegment(cpu, selector);
  else loadProtectedData(cpu, seg, selector);
  // The stack's width may be another.
  if (seg === SS) cpu.leaveBlock = true;
}

function loadProtectedData(cpu: Cpu, seg: number, selector: number): void {
  if ((selector & 0xfffc) === 0) {
    nullSegment(cpu, seg, selector);
    return;
  }
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  if (!isReadable(high)) cpu.raise(VEC_GP, errorOf(selector));
  const dpl = attrDpl(high);
  if (!isConforming(high) && ((selector & 3) > dpl || cpu.cpl > dpl)) cpu.raise(VEC_GP, errorOf(selector));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(selector));
  const low = descriptorLow(cpu, address);
  if ((high & ATTR_ACCESSED) === 0) markAccessed(cpu, address, high);
  cacheDescriptor(cpu, seg, selector, low, high);
}

function loadStackSegment(cpu: Cpu, selector: number): void {
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  const cpl = cpu.cpl;
  if ((selector & 3) !== cpl || !isWritableData(high) || attrDpl(high) !== cpl) cpu.raise(VEC_GP, errorOf(selector));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_SS, errorOf(selector));
  const low = descriptorLow(cpu, address);
  markAccessed(cpu, address, high);
  cacheDescriptor(cpu, SS, selector, low, high);
}

/**
 * MOV Sreg: as {@link loadDataSegment}; CS cannot be loaded so; loading SS holds off interrupts for one instruction.
 * @throws #UD for CS
 */
export function moveToSegment(cpu: Cpu, seg: number, selector: number): void {
  if (seg === CS || seg > 5) cpu.raise(VEC_UD);
  loadDataSegment(cpu, seg, selector & 0xffff);
  if (seg === SS) {
    cpu.interruptShadow = true;
    cpu.stackShadow = true;
  }
}

/**
 * After a return to an outer level: data segment registers that the outer level may not use become null
 * (SDM vol. 2 IRET, RET).
 */
export function dropInnerDataSegments(cpu: Cpu): void {
  for (let seg = 0; seg < 6; seg++) {
    if (seg === CS || seg === SS) continue;
    const attr = cpu.segAttr(seg);
    if (attr !== 0 && !isConforming(attr) && attrDpl(attr) < cpu.cpl) nullSegment(cpu, seg);
  }
}
