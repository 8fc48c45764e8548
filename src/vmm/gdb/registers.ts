/**
 * The registers as gdb numbers them: those of i386 with x87, SSE, and the system
 * registers behind them. A read takes them from the vCPU as they are.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CS, DS, ES, FS, GS, SS } from '../../cpu/registers.ts';
import { MXCSR_MASK } from '../../interpreter/semantics/sse-control.ts';
import { setControlWord } from '../../interpreter/semantics/x87/control.ts';
import { summarize } from '../../interpreter/semantics/x87/state.ts';
import { fullTags, storedTags } from '../../interpreter/semantics/x87/tags.ts';
import { setControl, setEflags, setEip, setSegment } from '../debug/write-registers.ts';

export interface Register {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** As the target description has it. */
  readonly type: string;
  read(cpu: Cpu): Uint8Array;
  /** Returns false, and changes nothing, where the register cannot have the value. */
  write(cpu: Cpu, bytes: Uint8Array): boolean;
}

const never = (): boolean => false;

/** A register of 32 bits. */
function word(
  name: string,
  type: string,
  read: (cpu: Cpu) => number,
  write: (cpu: Cpu, value: number) => boolean,
): Register {
  return {
    name,
    size: 4,
    type,
    read: (cpu) => new Uint8Array(Int32Array.of(read(cpu)).buffer),
    write: (cpu, bytes) => write(cpu, new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true)),
  };
}

/** A register that is a word of the state; `mask` has the bits that exist. */
function stored(name: string, type: string, offset: number, mask = -1): Register {
  const at = offset >> 2;
  const write = (cpu: Cpu, value: number) => {
    cpu.s32[at] = value & mask;
    return true;
  };
  return word(name, type, (cpu) => cpu.s32[at]!, write);
}

/** Bytes of the state. */
function wide(name: string, type: string, size: number, at: (cpu: Cpu) => number): Register {
  return {
    name,
    size,
    type,
    read: (cpu) => cpu.u8.slice(at(cpu), at(cpu) + size),
    write(cpu, bytes) {
      cpu.u8.set(bytes, at(cpu));
      return true;
    },
  };
}

const GENERAL = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
const SEGMENTS: readonly (readonly [string, number])[] = [
  ['cs', CS],
  ['ss', SS],
  ['ds', DS],
  ['es', ES],
  ['fs', FS],
  ['gs', GS],
];

/** st(n): 64-bit significand, then sign and exponent. */
function stack87(n: number): Register {
  return wide(`st${n}`, 'i387_ext', 10, (cpu) => {
    const top = cpu.s32[L.FPU_STATUS >> 2]! >>> 11;
    return L.FPU_REGISTERS + (((top + n) & 7) << 4);
  });
}

const X87_CONTROL: readonly Register[] = [
  word(
    'fctrl',
    'int',
    (cpu) => cpu.s32[L.FPU_CONTROL >> 2]!,
    (cpu, value) => {
      setControlWord(cpu, value);
      return true;
    },
  ),
  word(
    'fstat',
    'int',
    (cpu) => cpu.s32[L.FPU_STATUS >> 2]!,
    (cpu, value) => {
      cpu.s32[L.FPU_STATUS >> 2] = value & 0xffff;
      summarize(cpu);
      return true;
    },
  ),
  word('ftag', 'int', fullTags, (cpu, value) => {
    cpu.s32[L.FPU_TAGS >> 2] = storedTags(value & 0xffff);
    return true;
  }),
  stored('fiseg', 'int', L.FPU_CS, 0xffff),
  stored('fioff', 'int', L.FPU_IP),
  stored('foseg', 'int', L.FPU_DS, 0xffff),
  stored('fooff', 'int', L.FPU_DP),
  stored('fop', 'int', L.FPU_OPCODE, 0x7ff),
];

/** Of the feature org.gnu.gdb.i386.core, in its order. */
export const CORE: readonly Register[] = [
  ...GENERAL.map((name, r) => stored(name, name === 'esp' || name === 'ebp' ? 'data_ptr' : 'int32', L.GPR + r * 4)),
  word('eip', 'code_ptr', (cpu) => cpu.eip, setEip),
  word('eflags', 'i386_eflags', (cpu) => cpu.eflags, setEflags),
  ...SEGMENTS.map(([name, seg]) =>
    word(
      name,
      'int32',
      (cpu) => cpu.segSelector(seg) & 0xffff,
      (cpu, value) => setSegment(cpu, seg, value),
    ),
  ),
  ...Array.from({ length: 8 }, (_, n) => stack87(n)),
  ...X87_CONTROL,
];

/** Of org.gnu.gdb.i386.sse. */
export const SSE: readonly Register[] = [
  ...Array.from({ length: 8 }, (_, n) => wide(`xmm${n}`, 'vec128', 16, () => L.XMM + n * 16)),
  word(
    'mxcsr',
    'i386_mxcsr',
    (cpu) => cpu.s32[L.MXCSR >> 2]!,
    (cpu, value) => {
      if ((value & ~MXCSR_MASK) !== 0) return false;
      cpu.s32[L.MXCSR >> 2] = value;
      return true;
    },
  ),
];

function control(register: 0 | 2 | 3 | 4, offset: number, type: string): Register {
  return word(
    `cr${register}`,
    type,
    (cpu) => cpu.s32[offset >> 2]!,
    (cpu, value) => setControl(cpu, register, value),
  );
}

/** What gdb has no feature of its own for. The bases go with the selectors. */
export const SYSTEM: readonly Register[] = [
  control(0, L.CR0, 'i386_cr0'),
  control(2, L.CR2, 'data_ptr'),
  control(3, L.CR3, 'int32'),
  control(4, L.CR4, 'i386_cr4'),
  word('efer', 'int32', (cpu) => cpu.s32[L.EFER >> 2]!, never),
  ...SEGMENTS.map(([name, seg]) => word(`${name}_base`, 'int32', (cpu) => cpu.segBase(seg), never)),
  word('gdt_base', 'int32', (cpu) => cpu.s32[L.GDTR_BASE >> 2]!, never),
  word('idt_base', 'int32', (cpu) => cpu.s32[L.IDTR_BASE >> 2]!, never),
];

/** All registers by gdb's number. */
export const REGISTERS: readonly Register[] = [...CORE, ...SSE, ...SYSTEM];
