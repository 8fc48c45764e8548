/**
 * Registers as a debugger sets them: with what follows from them in the vCPU, without a trace in the guest's tables, and
 * without faults. Each function returns false, and changes nothing, for a value that the register cannot have.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { ATTR_P, attrDpl } from '../../cpu/descriptors.ts';
import { CR2, EFLAGS, EIP } from '../../cpu/layout.ts';
import { CS, FLAGS_FIXED, SS, VM } from '../../cpu/registers.ts';
import { writeCr0, writeCr3, writeCr4 } from '../../cpu/system/control-registers.ts';
import { cacheDescriptor, descriptorAddress, nullSegment, selectorInTable } from '../../cpu/system/descriptor-table.ts';
import { isProtected, isVirtual8086 } from '../../cpu/system/mode.ts';
import {
  isCode,
  isReadable,
  isWritableData,
  loadRealSegment,
  loadVirtual8086Segment,
} from '../../cpu/system/segment-load.ts';
import { readVirtual } from './guest-memory.ts';

const FLAGS_DEFINED = 0x003f_7fd5;

/** EIP. A guest that waits in HLT goes on where it is sent. */
export function setEip(cpu: Cpu, value: number): boolean {
  if (cpu.s32[EIP >> 2] !== value) cpu.halted = false;
  cpu.s32[EIP >> 2] = value;
  return true;
}

/** EFLAGS but for VM: that one changes the meaning of every segment register. */
export function setEflags(cpu: Cpu, value: number): boolean {
  const old = cpu.s32[EFLAGS >> 2]!;
  cpu.s32[EFLAGS >> 2] = (value & FLAGS_DEFINED & ~VM) | (old & VM) | FLAGS_FIXED;
  return true;
}

/**
 * A segment register, with the cache that its descriptor gives. In protected mode CS and SS take a segment of the
 * current privilege only.
 */
export function setSegment(cpu: Cpu, seg: number, selector: number): boolean {
  if (selector >>> 16 !== 0) return false;
  if (selector === cpu.segSelector(seg)) return true;
  if (isVirtual8086(cpu)) loadVirtual8086Segment(cpu, seg, selector);
  else if (!isProtected(cpu)) loadRealSegment(cpu, seg, selector);
  else return setProtectedSegment(cpu, seg, selector);
  return true;
}

function setProtectedSegment(cpu: Cpu, seg: number, selector: number): boolean {
  const privileged = seg === CS || seg === SS;
  if ((selector & 0xfffc) === 0) {
    if (privileged) return false;
    nullSegment(cpu, seg, selector);
    return true;
  }
  if (!selectorInTable(cpu, selector)) return false;
  const bytes = readVirtual(cpu, descriptorAddress(cpu, selector) >>> 0, 8);
  if (bytes.length < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [low, high] = [view.getInt32(0, true), view.getInt32(4, true)];
  const fits = seg === CS ? isCode(high) : seg === SS ? isWritableData(high) : isReadable(high);
  if (!fits || (high & ATTR_P) === 0) return false;
  if (privileged && ((selector & 3) !== cpu.cpl || attrDpl(high) !== cpu.cpl)) return false;
  cacheDescriptor(cpu, seg, selector, low, high);
  return true;
}

/** CR0, CR2, CR3 or CR4, as MOV would at level 0. */
export function setControl(cpu: Cpu, register: 0 | 2 | 3 | 4, value: number): boolean {
  try {
    if (register === 0) writeCr0(cpu, value);
    else if (register === 3) writeCr3(cpu, value);
    else if (register === 4) writeCr4(cpu, value);
    else cpu.s32[CR2 >> 2] = value;
    return true;
  } catch (error) {
    if (error !== cpu.exception) throw error;
    return false;
  }
}
