/**
 * INT n, IRETD, SYSENTER and SYSEXIT between levels 3 and 0, and within level 0, in the form that systems use all the time: protected mode,
 * flat segments of the GDT, 32-bit gates and stacks, tables and stack in pages that need no walk. Each is
 * carried out as a whole, or nothing has happened and the caller does it by the rules of
 * interrupt-gates.ts, iret.ts and fast-system-call.ts, which are written apart from these. Tables are read anew each time.
 *
 * One closure a vCPU, with its views and the places of words as constants: V8 makes of that a third of the time that
 * the same with imported names takes (docs/decisions.md).
 */
import { type Cpu, FLAT_READ, FLAT_WRITE } from '../cpu.ts';
import * as D from '../descriptors.ts';
import * as L from '../layout.ts';
import * as R from '../registers.ts';
import { missingFlags } from './mode.ts';

/** High words of descriptors of accessed flat segments at level 0, without bits that mean nothing to the processor. */
const FLAT_CODE = 0x00cf_9b00;
const FLAT_DATA = 0x00cf_9300;
const LEVEL_3 = 3 << 13;
const MEANINGLESS = 0x0030_0000;
const { ATTR_MASK } = D;

const EIP = L.EIP >> 2;
const EFLAGS = L.EFLAGS >> 2;
const CPL = L.CPL >> 2;
const CR0 = L.CR0 >> 2;
const ESP = (L.GPR >> 2) + R.ESP;
const GDTR_BASE = L.GDTR_BASE >> 2;
const GDTR_LIMIT = L.GDTR_LIMIT >> 2;
const IDTR_BASE = L.IDTR_BASE >> 2;
const IDTR_LIMIT = L.IDTR_LIMIT >> 2;
const SYSENTER_CS = L.SYSENTER_CS >> 2;
const SYSENTER_ESP = L.SYSENTER_ESP >> 2;
const SYSENTER_EIP = L.SYSENTER_EIP >> 2;
const ECX = (L.GPR >> 2) + R.ECX;
const EDX = (L.GPR >> 2) + R.EDX;
const INTERRUPT_PENDING = L.INTERRUPT_PENDING >> 2;
/** Segment caches: selector, base, limit, attributes. */
const cache = (seg: number) => (L.SEGMENTS + seg * L.SEGMENT_SIZE) >> 2;
const CS = cache(R.CS);
const SS = cache(R.SS);
const TR = cache(R.TR);
const SS_INDEX = R.SS;
const CS_INDEX = R.CS;
const DATA_ATTRIBUTES = [R.ES, R.DS, R.FS, R.GS].map((seg) => cache(seg) + 3);
const [ES_ATTRIBUTES, DS_ATTRIBUTES, FS_ATTRIBUTES, GS_ATTRIBUTES] = DATA_ATTRIBUTES as [
  number,
  number,
  number,
  number,
];
const READABLE = FLAT_READ;
const WRITABLE = FLAT_WRITE;
const BOTH = FLAT_READ | FLAT_WRITE;

const { CR0_PE, IF, FLAGS_FIXED, AC, NT } = R;
const UNUSUAL = R.VM | R.TF | R.RF;
const CLEARED = R.TF | R.NT | R.RF | R.VM;
/** Flags that not every model has. */
const OF_MODELS = R.ID | R.VIF | R.VIP;
/** What IRETD at level 0 takes from the stack. */
const RETURNED = R.FLAGS_ARITH | R.TF | R.DF | R.NT | R.RF | R.AC | R.ID | R.IF | R.IOPL | R.VIF | R.VIP;

export interface QuickTransfers {
  /**
   * INT n from level 3 or 0 to level 0.
   * @param next EIP behind the instruction
   * @returns whether it was carried out
   */
  interrupt(vector: number, next: number): boolean;
  /**
   * IRETD from level 0 to level 3 or 0. It leaves flags that the next instruction has to be watched for, and interrupts
   * that can be taken behind it, to the others.
   * @returns whether it was carried out
   */
  interruptReturn(): boolean;
  /** SYSENTER. @returns whether it was carried out */
  systemEnter(): boolean;
  /** SYSEXIT at level 0. @returns whether it was carried out */
  systemExit(): boolean;
}

/** Index of `bytes` bytes of words at a linear address; -1 where they are not aligned, in one page and in the delta table. */
function words(table: Int32Array, linear: number, bytes: number): number {
  const delta = table[linear >>> 12]!;
  return ((linear | delta) & 3) === 0 && (linear & 0xfff) + bytes <= 0x1000 ? (linear + delta) >>> 2 : -1;
}

/** Whether a data segment register would be made null on the way to level 3: its DPL is below, and it is not conforming. */
function isInner(attributes: number): boolean {
  if (attributes === 0 || (attributes & LEVEL_3) === LEVEL_3) return false;
  return (attributes & (D.ATTR_CODE | D.ATTR_EC)) !== (D.ATTR_CODE | D.ATTR_EC);
}

export function quickTransfers(cpu: Cpu): QuickTransfers {
  const { s32, segFlat, segPlain } = cpu;
  const { readSupervisor, writeSupervisor, readUser, writeUser } = cpu.tlb;

  /** Attributes of the flat segment that a selector stands for; 0 where it is no such segment, or not of this type and level. */
  const flatAttributes = (selector: number, wanted: number): number => {
    if (selector < 4 || (selector & 4) !== 0 || (selector | 7) > s32[GDTR_LIMIT]!) return 0;
    const at = words(readSupervisor, (s32[GDTR_BASE]! + (selector & 0xfff8)) | 0, 8);
    if (at < 0 || s32[at] !== 0xffff) return 0;
    const high = s32[at + 1]!;
    return (high & ~MEANINGLESS) === wanted ? high & ATTR_MASK : 0;
  };

  /** A flat code segment, and the level. */
  const enterCode = (selector: number, attributes: number): void => {
    s32[CS] = selector;
    s32[CS + 1] = 0;
    s32[CS + 2] = -1;
    s32[CS + 3] = attributes;
    segFlat[CS_INDEX] = READABLE;
    segPlain[CS_INDEX] = 0;
    cpu.code32 = true;
    cpu.modeVersion++;
  };
  const enterStack = (selector: number, attributes: number): void => {
    s32[SS] = selector;
    s32[SS + 1] = 0;
    s32[SS + 2] = -1;
    s32[SS + 3] = attributes;
    segFlat[SS_INDEX] = BOTH;
    segPlain[SS_INDEX] = 1;
    cpu.stackMask = -1;
  };

  const toLevel0 = (): void => {
    s32[CPL] = 0;
    cpu.user = false;
    cpu.read = readSupervisor;
    cpu.write = writeSupervisor;
  };
  const toLevel3 = (): void => {
    s32[CPL] = 3;
    cpu.user = true;
    cpu.read = readUser;
    cpu.write = writeUser;
  };

  const interrupt = (vector: number, next: number): boolean => {
    const flags = s32[EFLAGS]!;
    const cpl = s32[CPL]!;
    if ((flags & UNUSUAL) !== 0 || (s32[CR0]! & CR0_PE) === 0 || vector * 8 + 7 > s32[IDTR_LIMIT]!) return false;
    // Who listens is told by interrupts.ts.
    if (cpu.environment.delivering !== undefined) return false;
    const gate = words(readSupervisor, (s32[IDTR_BASE]! + vector * 8) | 0, 8);
    if (gate < 0) return false;
    const gateLow = s32[gate]!;
    const gateHigh = s32[gate + 1]!;
    // Present, a 32-bit interrupt or trap gate, open to this level.
    if ((gateHigh & 0x9e00) !== 0x8e00 || ((gateHigh >>> 13) & 3) < cpl) return false;
    const selector = gateLow >>> 16;
    const code = flatAttributes(selector, FLAT_CODE);
    if (code === 0) return false;
    let pointer: number;
    if (cpl === 3) {
      // ESP0 and SS0, bytes 4 to 9 of the task-state segment.
      if (((s32[TR + 3]! >>> 8) & 15) !== 11 || s32[TR + 2]! >>> 0 < 9) return false;
      const task = words(readSupervisor, (s32[TR + 1]! + 4) | 0, 8);
      if (task < 0) return false;
      const stackSelector = s32[task + 1]! & 0xffff;
      const stack = (stackSelector & 3) === 0 ? flatAttributes(stackSelector, FLAT_DATA) : 0;
      if (stack === 0) return false;
      pointer = (s32[task]! - 20) | 0;
      const at = words(writeSupervisor, pointer, 20);
      if (at < 0) return false;
      s32[at] = next;
      s32[at + 1] = s32[CS]!;
      s32[at + 2] = flags;
      s32[at + 3] = s32[ESP]!;
      s32[at + 4] = s32[SS]!;
      enterStack(stackSelector, stack);
      toLevel0();
    } else {
      if (cpl !== 0 || cpu.stackMask !== -1 || (segFlat[SS_INDEX]! & WRITABLE) === 0) return false;
      pointer = (s32[ESP]! - 12) | 0;
      const at = words(writeSupervisor, pointer, 12);
      if (at < 0) return false;
      s32[at] = next;
      s32[at + 1] = s32[CS]!;
      s32[at + 2] = flags;
    }
    s32[ESP] = pointer;
    // A gate of an even type masks interrupts.
    s32[EFLAGS] = flags & ~((gateHigh & 0x100) === 0 ? CLEARED | IF : CLEARED);
    enterCode(selector & 0xfffc, code);
    s32[EIP] = (gateLow & 0xffff) | (gateHigh & 0xffff_0000);
    return true;
  };

  const toOuter = (at: number, selector: number): boolean => {
    const stackSelector = s32[at + 4]! & 0xffff;
    if ((stackSelector & 3) !== 3) return false;
    const code = flatAttributes(selector, FLAT_CODE | LEVEL_3);
    const stack = flatAttributes(stackSelector, FLAT_DATA | LEVEL_3);
    if (code === 0 || stack === 0) return false;
    if (isInner(s32[ES_ATTRIBUTES]!) || isInner(s32[DS_ATTRIBUTES]!)) return false;
    if (isInner(s32[FS_ATTRIBUTES]!) || isInner(s32[GS_ATTRIBUTES]!)) return false;
    s32[ESP] = s32[at + 3]!;
    enterCode(selector, code);
    enterStack(stackSelector, stack);
    toLevel3();
    return true;
  };

  const interruptReturn = (): boolean => {
    const flags = s32[EFLAGS]!;
    if ((flags & (UNUSUAL | NT)) !== 0 || (s32[CR0]! & CR0_PE) === 0 || s32[CPL] !== 0) return false;
    if (cpu.stackMask !== -1 || (segFlat[SS_INDEX]! & READABLE) === 0) return false;
    const pointer = s32[ESP]!;
    const at = words(readSupervisor, pointer, 12);
    if (at < 0) return false;
    const eip = s32[at]!;
    const selector = s32[at + 1]! & 0xffff;
    const popped = s32[at + 2]!;
    if ((popped & UNUSUAL) !== 0 || ((popped ^ flags) & AC) !== 0 || cpu.nmiBlocked) return false;
    if ((popped & OF_MODELS) !== 0 && (popped & missingFlags(cpu)) !== 0) return false;
    if ((popped & IF) !== 0 && s32[INTERRUPT_PENDING] !== 0) return false;
    if ((selector & 3) === 3) {
      // ESP and SS lie in the same page too.
      if ((pointer & 0xfff) > 0x1000 - 20 || !toOuter(at, selector)) return false;
    } else {
      const code = (selector & 3) === 0 ? flatAttributes(selector, FLAT_CODE) : 0;
      if (code === 0) return false;
      enterCode(selector, code);
      s32[ESP] = (pointer + 12) | 0;
    }
    s32[EIP] = eip;
    s32[EFLAGS] = (flags & ~RETURNED) | (popped & RETURNED) | FLAGS_FIXED;
    return true;
  };

  const isFastUsual = (flags: number): boolean =>
    (flags & UNUSUAL) === 0 && (s32[CR0]! & CR0_PE) !== 0 && (s32[SYSENTER_CS]! & 0xfffc) !== 0;

  const systemEnter = (): boolean => {
    const flags = s32[EFLAGS]!;
    if (!isFastUsual(flags)) return false;
    const selector = s32[SYSENTER_CS]!;
    s32[EFLAGS] = flags & ~IF;
    enterCode(selector & 0xfffc, FLAT_CODE & ATTR_MASK);
    enterStack((selector + 8) & 0xfffc, FLAT_DATA & ATTR_MASK);
    toLevel0();
    s32[ESP] = s32[SYSENTER_ESP]!;
    s32[EIP] = s32[SYSENTER_EIP]!;
    return true;
  };

  const systemExit = (): boolean => {
    if (!isFastUsual(s32[EFLAGS]!) || s32[CPL] !== 0) return false;
    const selector = (s32[SYSENTER_CS]! + 16) | 3;
    enterCode(selector & 0xffff, (FLAT_CODE & ATTR_MASK) | LEVEL_3);
    enterStack((selector + 8) & 0xffff, (FLAT_DATA & ATTR_MASK) | LEVEL_3);
    toLevel3();
    s32[ESP] = s32[ECX]!;
    s32[EIP] = s32[EDX]!;
    return true;
  };

  return { interrupt, interruptReturn, systemEnter, systemExit };
}
