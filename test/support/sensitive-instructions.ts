/**
 * The sensitive instructions of IA-32 that do not trap (Robin and Irvine, 2000), and iret, as data: what each gives in a guest's
 * kernel, and what the same bytes give when the kernel runs directly, at level 3 under the tables and flags of a monitor;
 * and the two ways to run them. The "processor" of the second is the interpreter, which is compared with real ones elsewhere.
 */
import { parseCodeText } from '../../src/cli/code-text.ts';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { CR0, GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT } from '../../src/cpu/layout.ts';
import { CS, DS, EAX, EBX, ECX, ESP, IF, LDTR, SS, TR, ZF } from '../../src/cpu/registers.ts';
import { Interpreter } from '../../src/interpreter/interpreter.ts';
import { bareCpu } from './bare-cpu.ts';
import { GDT, IDT, type Lockstep } from './lockstep.ts';

const RESULT = 0x6_0000;
const STACK = 0x7_0000;
const MARKER = 0x5_0000;
const HANDLER = 0x3000;
/** Selectors of the guest: data with a base of its own, its LDT, its task. */
const BASED = 0x18;
const GUEST_LDT = 0x20;
const GUEST_TASK = 0x28;

/** Tables of the monitor under which a directly executed guest would run. */
const MONITOR = { gdt: 0x9_0000, idt: 0x9_1000, ldt: 0x48, task: 0x50, code: 0x1b, data: 0x23, basedAt: 0x1234_0000 };

function descriptor(base: number, limit: number, attr: number): number[] {
  const low = ((base & 0xffff) << 16) | (limit & 0xffff);
  return [low, (base & 0xff00_0000) | (attr & 0x00f0_ff00) | (limit & 0xf_0000) | ((base >>> 16) & 0xff)];
}

const FLAT_CODE_0 = descriptor(0, 0xf_ffff, 0x00c0_9b00);
const FLAT_DATA_0 = descriptor(0, 0xf_ffff, 0x00c0_9300);

function tables(...entries: readonly number[][]): Uint8Array {
  return new Uint8Array(Int32Array.from([0, 0, ...entries.flat()]).buffer);
}

export interface Sensitive {
  readonly name: string;
  /** As `--stats` counts it. */
  readonly mnemonic: string;
  /** Emulated inline: there is no callout to be counted, but a counter of its own. */
  readonly inline?: true;
  /** What the guest does before it, the instruction, and what it does to show the result. */
  readonly before: string;
  readonly bytes: string;
  readonly after: string;
  /** What its result is. */
  readonly what: string;
  /** The result in the guest. */
  readonly guest: readonly [read: (cpu: Cpu) => number, value: number];
  /** Directly executed at level 3: prepares. */
  readonly prepare?: (cpu: Cpu) => void;
  /** What comes of it then: a result without a trap, or a trap's error code, where the guest would expect none. */
  readonly direct: readonly [read: (cpu: Cpu) => number, value: number] | { readonly faults: number };
}

const word = (address: number) => (cpu: Cpu) => cpu.memory.read32(address) >>> 0;
const half = (address: number) => (cpu: Cpu) => cpu.memory.read16(address);
const result = word(RESULT);
const pushed = (cpu: Cpu, ...values: number[]) => {
  cpu.gpr[ESP] = STACK - values.length * 4;
  values.forEach((value, n) => {
    cpu.memory.write32(STACK - values.length * 4 + n * 4, value);
  });
};
/** It did not trap, and gave this. */
const gives = (read: (cpu: Cpu) => number, value: number) => [read, value] as const;
/** It did not do what the guest's kernel may do. */
const faults = (code: number) => ({ faults: code });

const stack = 'bc 00 00 07 00';
const INTERRUPTS_ON = (cpu: Cpu) => {
  cpu.eflags = 2 | IF;
};

export const SENSITIVE: readonly Sensitive[] = [
  {
    name: 'sgdt tells where the table is, to anybody',
    what: 'base of the GDT',
    mnemonic: 'sgdt',
    before: '',
    bytes: '0f 01 03',
    after: '',
    guest: [word(RESULT + 2), GDT],
    direct: gives(word(RESULT + 2), MONITOR.gdt),
  },
  {
    name: 'sidt',
    what: 'base of the IDT',
    mnemonic: 'sidt',
    before: '',
    bytes: '0f 01 0b',
    after: '',
    guest: [word(RESULT + 2), IDT],
    direct: gives(word(RESULT + 2), MONITOR.idt),
  },
  {
    name: 'sldt',
    what: 'selector of the LDT',
    mnemonic: 'sldt',
    before: '',
    bytes: '0f 00 03',
    after: '',
    guest: [half(RESULT), GUEST_LDT],
    direct: gives(half(RESULT), MONITOR.ldt),
  },
  {
    name: 'str',
    what: 'selector of the task',
    mnemonic: 'str',
    before: '',
    bytes: '0f 00 0b',
    after: '',
    guest: [half(RESULT), GUEST_TASK],
    direct: gives(half(RESULT), MONITOR.task),
  },
  {
    name: "smsw tells the monitor's CR0",
    what: 'CR0 (MP is bit 1)',
    mnemonic: 'smsw',
    before: '',
    bytes: '0f 01 23',
    after: '',
    guest: [half(RESULT), 0x31],
    prepare: (cpu) => {
      cpu.s32[CR0 >> 2] = 0x33; // MP too
    },
    direct: gives(half(RESULT), 0x33),
  },
  {
    name: 'pushf shows the interrupts that the guest has turned off as on',
    what: 'IF that it pushes, after CLI',
    mnemonic: 'pushf',
    inline: true,
    before: `fa ${stack}`,
    bytes: '9c',
    after: '8f 03',
    guest: [(cpu) => result(cpu) & IF, 0],
    prepare: INTERRUPTS_ON,
    direct: gives((cpu) => cpu.memory.read32(STACK - 4) & IF, IF),
  },
  {
    name: 'popf leaves them on, without a word',
    what: 'IF after it popped 0',
    mnemonic: 'popf',
    inline: true,
    before: `fb 90 ${stack} 6a 02`,
    bytes: '9d',
    after: '9c 8f 03',
    guest: [(cpu) => result(cpu) & IF, 0],
    prepare: (cpu) => {
      INTERRUPTS_ON(cpu);
      pushed(cpu, 2);
    },
    direct: gives((cpu) => cpu.eflags & IF, IF),
  },
  {
    name: 'iret too',
    what: 'IF after it returned with 0',
    mnemonic: 'iret',
    inline: true,
    before: `fb 90 ${stack} 6a 02 0e 68 =back`,
    bytes: 'cf',
    after: 'back: 9c 8f 03',
    guest: [(cpu) => result(cpu) & IF, 0],
    prepare: (cpu) => {
      INTERRUPTS_ON(cpu);
      pushed(cpu, 0x1_0000, MONITOR.code, 2);
    },
    direct: gives((cpu) => cpu.eflags & IF, IF),
  },
  {
    name: "lar does not see the kernel's segments",
    what: 'ZF for a segment of level 0',
    mnemonic: 'lar',
    before: 'b9 10 00 00 00',
    bytes: '0f 02 c1',
    after: '0f 94 03',
    guest: [half(RESULT), 1],
    direct: gives((cpu) => cpu.eflags & ZF, 0),
  },
  {
    name: 'lsl',
    what: 'ZF for a segment of level 0',
    mnemonic: 'lsl',
    before: 'b9 10 00 00 00',
    bytes: '0f 03 c1',
    after: '0f 94 03',
    guest: [half(RESULT), 1],
    direct: gives((cpu) => cpu.eflags & ZF, 0),
  },
  {
    name: 'verr',
    what: 'ZF for a segment of level 0',
    mnemonic: 'verr',
    before: 'b9 10 00 00 00',
    bytes: '0f 00 e1',
    after: '0f 94 03',
    guest: [half(RESULT), 1],
    direct: gives((cpu) => cpu.eflags & ZF, 0),
  },
  {
    name: 'verw',
    what: 'ZF for a segment of level 0',
    mnemonic: 'verw',
    before: 'b9 10 00 00 00',
    bytes: '0f 00 e9',
    after: '0f 94 03',
    guest: [half(RESULT), 1],
    direct: gives((cpu) => cpu.eflags & ZF, 0),
  },
  {
    name: 'push of a segment register shows the level at which the guest really runs',
    what: 'CS, or its level',
    mnemonic: 'push',
    inline: true,
    before: stack,
    bytes: '0e',
    after: '8f 03',
    guest: [half(RESULT), 8],
    direct: gives((cpu) => cpu.memory.read16(STACK - 4) & 3, 3),
  },
  {
    name: 'so does mov from one',
    what: 'CS, or its level',
    mnemonic: 'mov',
    inline: true,
    before: '',
    bytes: '8c c8',
    after: '89 03',
    guest: [half(RESULT), 8],
    direct: gives((cpu) => cpu.gpr[EAX]! & 3, 3),
  },
  {
    name: "pop of a segment register loads from the monitor's table",
    what: 'what DS reaches (a word there), or its base',
    mnemonic: 'pop',
    before: `${stack} 6a 18`,
    bytes: '1f',
    after: 'a1 00 00 00 00 36 89 03 16 1f',
    guest: [result, 0xcafe],
    prepare: (cpu) => pushed(cpu, BASED),
    direct: gives((cpu) => cpu.segBase(DS), MONITOR.basedAt),
  },
  {
    name: 'so does mov to one',
    what: 'what DS reaches (a word there), or its base',
    mnemonic: 'mov',
    before: `${stack} b9 18 00 00 00`,
    bytes: '8e d9',
    after: 'a1 00 00 00 00 36 89 03 16 1f',
    guest: [result, 0xcafe],
    direct: gives((cpu) => cpu.segBase(DS), MONITOR.basedAt),
  },
  {
    name: "far call: the kernel's code is out of reach",
    what: "CS in the kernel's procedure",
    mnemonic: 'callf',
    before: stack,
    bytes: '9a =there 08 00',
    after: 'there: 58 8f 03',
    guest: [half(RESULT), 8],
    direct: faults(8),
  },
  {
    name: 'far jmp',
    what: 'CS behind it',
    mnemonic: 'jmpf',
    before: '',
    bytes: 'ea =there 08 00',
    after: 'there: 8c 0b',
    guest: [half(RESULT), 8],
    direct: faults(8),
  },
  {
    name: 'far ret',
    what: 'CS behind it',
    mnemonic: 'retf',
    before: `${stack} 0e 68 =there`,
    bytes: 'cb',
    after: 'there: 8c 0b',
    guest: [half(RESULT), 8],
    prepare: (cpu) => pushed(cpu, 0x1_0000, 8),
    direct: faults(8),
  },
  {
    name: "int n goes through the monitor's gates",
    what: "what the guest's handler has written",
    mnemonic: 'int',
    inline: true,
    before: `${stack} c7 03 00 00 00 00`,
    bytes: 'cd 40',
    after: '',
    // The handler, which iret leaves.
    guest: [result, 0x77],
    direct: faults(0x40 * 8 + 2),
  },
];

/** What came of one. */
export interface Observed {
  readonly value: number;
  /** The trap, as `#13(8)`. */
  readonly fault: string | undefined;
}

/** Puts a loop around the instruction into a guest at level 0, with tables of its own; both engines are ready to run it. */
export function loadInGuest(pair: Lockstep, s: Sensitive): void {
  pair.reset();
  const { bytes, address } = parseCodeText(`again: ${s.before} ${s.bytes} ${s.after} eb >again`);
  const based = descriptor(MARKER, 0xffff, 0x0040_9300);
  pair.load(GDT, tables(FLAT_CODE_0, FLAT_DATA_0, based));
  pair.load(MARKER, Uint8Array.of(0xfe, 0xca, 0, 0));
  // Vector 40h: mov dword [ebx], 77h; iret.
  const gate = Int32Array.of((8 << 16) | HANDLER, 0x8e00);
  pair.load(IDT + 0x40 * 8, new Uint8Array(gate.buffer));
  pair.load(HANDLER, Uint8Array.of(0xc7, 0x03, 0x77, 0, 0, 0, 0xcf));
  pair.load(address, bytes);
  pair.each((cpu) => {
    cpu.s32[GDTR_LIMIT >> 2] = 0x1f;
    cpu.s32[IDTR_LIMIT >> 2] = 0x7ff;
    cpu.setSegment(LDTR, GUEST_LDT, 0x8000, 0xff, 0x8200);
    cpu.setSegment(TR, GUEST_TASK, 0x8100, 0x67, 0x8b00);
    cpu.eip = address;
    cpu.gpr[EBX] = RESULT;
  });
}

/** Executes the bytes at level 3 under a monitor's tables. */
export function runDirectly(s: Sensitive): Observed & { readonly cpu: Cpu } {
  const cpu = bareCpu('flat32');
  const code3 = descriptor(0, 0xf_ffff, 0x00c0_fb00);
  const data3 = descriptor(0, 0xf_ffff, 0x00c0_f300);
  const based3 = descriptor(MONITOR.basedAt, 0xffff, 0x0040_f300);
  // The guest's selector 18h names something else here; 1Bh and 23h are what it really runs on.
  const entries = [FLAT_CODE_0, FLAT_DATA_0, s.mnemonic === 'iret' ? code3 : based3, data3];
  cpu.memory.writeBytes(MONITOR.gdt, tables(...entries));
  const { bytes, address } = parseCodeText(`${s.bytes} there: back: 90`);
  cpu.memory.writeBytes(address, bytes);
  cpu.s32[GDTR_BASE >> 2] = MONITOR.gdt;
  cpu.s32[GDTR_LIMIT >> 2] = 0x27;
  cpu.s32[IDTR_BASE >> 2] = MONITOR.idt;
  cpu.s32[IDTR_LIMIT >> 2] = 0x7ff;
  // The gate of vector 40h is there, for the monitor's own level only.
  cpu.memory.writeBytes(MONITOR.idt + 0x40 * 8, new Uint8Array(Int32Array.of(0x0008_3000, 0x8e00).buffer));
  cpu.setSegment(LDTR, MONITOR.ldt, 0x8000, 0xff, 0x8200);
  cpu.setSegment(TR, MONITOR.task, 0x8100, 0x67, 0x8b00);
  cpu.setSegment(CS, MONITOR.code, 0, -1, 0x00c0_fb00);
  for (const seg of [SS, DS]) cpu.setSegment(seg, MONITOR.data, 0, -1, 0x00c0_f300);
  cpu.setCpl(3);
  cpu.eip = address;
  cpu.gpr[EBX] = RESULT;
  cpu.gpr[ECX] = s.bytes === '8e d9' ? BASED : 0x10;
  cpu.gpr[ESP] = STACK;
  s.prepare?.(cpu);
  cpu.remaining = 1;
  let fault: string | undefined;
  try {
    new Interpreter(cpu).executeOne();
  } catch (error) {
    if (error !== cpu.exception) throw error;
    fault = `#${cpu.exception.vector}(${cpu.exception.errorCode})`;
  }
  const value = 'faults' in s.direct ? 0 : s.direct[0](cpu);
  return { cpu, fault, value };
}
