/**
 * The registers as gdb numbers them, and the description it is given: i386 core
 * with x87, SSE, and the system registers behind them (GDB manual, "Target
 * Descriptions", i386 features).
 */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CS, DS, ES, FLAGS_FIXED, FS, GS, SS, VM } from '../../cpu/registers.ts';

interface Register {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  read(cpu: Cpu): Uint8Array;
  /** Absent: it cannot be written. */
  write?(cpu: Cpu, bytes: Uint8Array): void;
}

const le32 = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
const from32 = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);

function word(name: string, offset: number, type = 'int32', mask = -1, fixed = 0, keep = 0): Register {
  return {
    name,
    size: 4,
    type,
    read: (cpu) => le32(cpu.s32[offset >> 2]!),
    write: (cpu, bytes) => {
      cpu.s32[offset >> 2] = (from32(bytes) & mask & ~keep) | fixed | (cpu.s32[offset >> 2]! & keep);
    },
  };
}

function readOnly(name: string, read: (cpu: Cpu) => number, type = 'int32'): Register {
  return { name, size: 4, type, read: (cpu) => le32(read(cpu)) };
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
const EFLAGS_FIELDS =
  'CF 0,:1,PF 2,:3,AF 4,ZF 6,SF 7,TF 8,IF 9,DF 10,OF 11,NT 14,RF 16,VM 17,AC 18,VIF 19,VIP 20,ID 21';

function pointer(name: string): string {
  return name === 'esp' || name === 'ebp' ? 'data_ptr' : 'int32';
}

const CORE: readonly Register[] = [
  ...GENERAL.map((name, r) => word(name, L.GPR + r * 4, pointer(name))),
  word('eip', L.EIP, 'code_ptr'),
  word('eflags', L.EFLAGS, 'i386_eflags', 0x003f_7fd5, FLAGS_FIXED, VM),
  ...SEGMENTS.map(([name, seg]) => readOnly(name, (cpu) => cpu.segSelector(seg) & 0xffff)),
  ...Array.from({ length: 8 }, (_, n) => stack87(n)),
  word('fctrl', L.FPU_CONTROL, 'int', 0xffff),
  word('fstat', L.FPU_STATUS, 'int', 0xffff),
  readOnly('ftag', fullTags, 'int'),
  word('fiseg', L.FPU_CS, 'int', 0xffff),
  word('fioff', L.FPU_IP, 'int'),
  word('foseg', L.FPU_DS, 'int', 0xffff),
  word('fooff', L.FPU_DP, 'int'),
  word('fop', L.FPU_OPCODE, 'int', 0x7ff),
];

const SSE: readonly Register[] = [
  ...Array.from(
    { length: 8 },
    (_, n): Register => ({
      name: `xmm${n}`,
      size: 16,
      type: 'vec128',
      read: (cpu) => cpu.u8.slice(L.XMM + n * 16, L.XMM + n * 16 + 16),
      write: (cpu, bytes) => cpu.u8.set(bytes, L.XMM + n * 16),
    }),
  ),
  word('mxcsr', L.MXCSR, 'i386_mxcsr', 0xffff),
];

const SYSTEM: readonly Register[] = [
  ...[L.CR0, L.CR2, L.CR3, L.CR4].map((offset, n) =>
    readOnly(['cr0', 'cr2', 'cr3', 'cr4'][n]!, (c) => c.s32[offset >> 2]!),
  ),
  ...SEGMENTS.map(([name, seg]) => readOnly(`${name}_base`, (cpu) => cpu.segBase(seg))),
];

/** st(n): 64-bit significand, then sign and exponent. */
function stack87(n: number): Register {
  const at = (cpu: Cpu) => L.FPU_REGISTERS + ((((cpu.s32[L.FPU_STATUS >> 2]! >>> 11) + n) & 7) << 4);
  return {
    name: `st${n}`,
    size: 10,
    type: 'i387_ext',
    read: (cpu) => cpu.u8.slice(at(cpu), at(cpu) + 10),
    write: (cpu, bytes) => cpu.u8.set(bytes, at(cpu)),
  };
}

/** The tag word with all its classes: 0 valid, 1 zero, 2 special, 3 empty. */
function fullTags(cpu: Cpu): number {
  let tags = 0;
  for (let r = 0; r < 8; r++) {
    const at = (L.FPU_REGISTERS + r * 16) >> 2;
    const exponent = cpu.s32[at + 2]! & 0x7fff;
    const [low, high] = [cpu.s32[at]!, cpu.s32[at + 1]!];
    let tag = 0;
    if (((cpu.s32[L.FPU_TAGS >> 2]! >>> (r * 2)) & 3) === 3) tag = 3;
    else if (exponent === 0 && low === 0 && high === 0) tag = 1;
    else if (exponent === 0 || exponent === 0x7fff || high >= 0) tag = 2;
    tags |= tag << (r * 2);
  }
  return tags;
}

/** All registers by gdb's number. */
export const REGISTERS: readonly Register[] = [...CORE, ...SSE, ...SYSTEM];

function xml(registers: readonly Register[], first: number): string {
  return registers
    .map(
      ({ name, size, type }, n) => `<reg name="${name}" bitsize="${size * 8}" type="${type}" regnum="${first + n}"/>`,
    )
    .join('');
}

function flagFields(): string {
  return EFLAGS_FIELDS.split(',')
    .map((field) => field.split(/[ :]/))
    .map(([name = '', bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`)
    .join('');
}

/** target.xml, for qXfer:features:read. */
export const TARGET_DESCRIPTION = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>i386</architecture>',
  `<feature name="org.gnu.gdb.i386.core"><flags id="i386_eflags" size="4">${flagFields()}</flags>${xml(CORE, 0)}</feature>`,
  '<feature name="org.gnu.gdb.i386.sse"><vector id="v4f" type="ieee_single" count="4"/>',
  '<vector id="v2d" type="ieee_double" count="2"/><vector id="v16i8" type="int8" count="16"/>',
  '<vector id="v8i16" type="int16" count="8"/><vector id="v4i32" type="int32" count="4"/>',
  '<vector id="v2i64" type="int64" count="2"/><union id="vec128"><field name="v4_float" type="v4f"/>',
  '<field name="v2_double" type="v2d"/><field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/>',
  '<field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>',
  '<flags id="i386_mxcsr" size="4"><field name="IE" start="0" end="0"/><field name="DE" start="1" end="1"/>',
  '<field name="ZE" start="2" end="2"/><field name="OE" start="3" end="3"/><field name="UE" start="4" end="4"/>',
  '<field name="PE" start="5" end="5"/></flags>',
  `${xml(SSE, CORE.length)}</feature>`,
  `<feature name="org.transvisor.i386.system">${xml(SYSTEM, CORE.length + SSE.length)}</feature></target>`,
].join('');
