/** Descriptor tables and selectors: LGDT to STR, LAR, LSL, VERR, VERW, ARPL. */
import type { Cpu } from '../../cpu/cpu.ts';
import { GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT } from '../../cpu/layout.ts';
import { LDTR, TR, ZF } from '../../cpu/registers.ts';
import {
  loadAccessRights,
  loadSegmentLimit,
  needsRplAdjusted,
  verifySegment,
} from '../../cpu/system/descriptor-query.ts';
import { requireRing0, requireUnguarded } from '../../cpu/system/mode.ts';
import { loadGdtr, loadIdtr, loadLdtr, loadTr, requireProtectedMode } from '../../cpu/system/system-tables.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Handler, Semantics } from '../handler.ts';
import { ea, first16, second16, setFirst16 } from '../operands.ts';

/** Offset of the base in a pseudo-descriptor, after its limit. */
function baseOffset(cpu: Cpu, i: Instruction): number {
  const at = ea(cpu, i) + 2;
  return i.addressSize === 2 ? at & 0xffff : at | 0;
}

function loadTable(load: (cpu: Cpu, base: number, limit: number) => void): Handler {
  return (cpu, i) => {
    requireRing0(cpu);
    const limit = cpu.read16(i.segment, ea(cpu, i));
    const base = cpu.read32(i.segment, baseOffset(cpu, i));
    load(cpu, i.operandSize === 2 ? base & 0xff_ffff : base, limit);
  };
}

/** Limit and base are both checked before either is stored. */
function storeTable(base: number, limit: number): Handler {
  return (cpu, i) => {
    requireUnguarded(cpu);
    const limitAt = cpu.linearForWrite(i.segment, ea(cpu, i), 2);
    const baseAt = cpu.linearForWrite(i.segment, baseOffset(cpu, i), 4);
    cpu.checkAlignment(limitAt, 2);
    cpu.checkAlignment(baseAt, 4);
    cpu.probeWrite(limitAt, 2);
    cpu.probeWrite(baseAt, 4);
    cpu.writeLinear16(limitAt, cpu.s32[limit >> 2]!);
    cpu.writeLinear32(baseAt, cpu.s32[base >> 2]!);
  };
}

function storeSelector(seg: number): Handler {
  return (cpu, i) => {
    requireProtectedMode(cpu);
    requireUnguarded(cpu);
    if (i.k0 === K.Reg && i.operandSize === 4) cpu.gpr[i.r0] = cpu.segSelector(seg);
    else setFirst16(cpu, i, cpu.segSelector(seg));
  };
}

/** LLDT and LTR check mode and level before they read memory. */
function loadSystemSegment(load: (cpu: Cpu, selector: number) => void): Handler {
  return (cpu, i) => {
    requireProtectedMode(cpu);
    requireRing0(cpu);
    load(cpu, first16(cpu, i));
  };
}

function query(ask: (cpu: Cpu, selector: number, old: number) => number): Handler {
  return (cpu, i) => {
    requireProtectedMode(cpu);
    const value = ask(cpu, second16(cpu, i), cpu.gpr[i.r0]!);
    if (i.operandSize === 2) cpu.gpr16[i.r0 << 1] = value;
    else cpu.gpr[i.r0] = value;
  };
}

function verify(write: boolean): Handler {
  return (cpu, i) => {
    requireProtectedMode(cpu);
    verifySegment(cpu, first16(cpu, i), write);
  };
}

/** Memory is written, and has to be writable, only when the RPL changes. */
const arpl: Handler = (cpu, i) => {
  requireProtectedMode(cpu);
  const source = cpu.gpr16[i.r1 << 1]!;
  const old = first16(cpu, i);
  const adjust = needsRplAdjusted(cpu, old, source);
  if (adjust) setFirst16(cpu, i, (old & ~3) | (source & 3));
  cpu.eflags = adjust ? cpu.eflags | ZF : cpu.eflags & ~ZF;
};

const lgdt = loadTable(loadGdtr);
const lidt = loadTable(loadIdtr);
const sgdt = storeTable(GDTR_BASE, GDTR_LIMIT);
const sidt = storeTable(IDTR_BASE, IDTR_LIMIT);
const sldt = storeSelector(LDTR);
const str = storeSelector(TR);
const lldt = loadSystemSegment(loadLdtr);
const ltr = loadSystemSegment(loadTr);
const lar = query(loadAccessRights);
const lsl = query(loadSegmentLimit);
const verr = verify(false);
const verw = verify(true);

export const SYSTEM_TABLES: Semantics = {
  lgdt: () => lgdt,
  lidt: () => lidt,
  sgdt: () => sgdt,
  sidt: () => sidt,
  sldt: () => sldt,
  str: () => str,
  lldt: () => lldt,
  ltr: () => ltr,
  lar: () => lar,
  lsl: () => lsl,
  verr: () => verr,
  verw: () => verw,
  arpl: () => arpl,
};
