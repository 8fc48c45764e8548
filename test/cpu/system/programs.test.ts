/**
 * System instructions as the interpreter runs them: short programs as bytes, with what must
 * hold after them.
 */
import { describe, expect, test } from 'vitest';
import { CR0, DR, EFLAGS, GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT } from '../../../src/cpu/layout.ts';
import { CS, DS, EAX, EBX, ECX, EDI, EDX, ESI, ESP, FS, SS } from '../../../src/cpu/registers.ts';
import { Interpreter } from '../../../src/interpreter/interpreter.ts';
import {
  descriptor,
  enablePaging,
  GDT,
  idtGate,
  protectedMachine,
  realMachine,
  SEL,
  STACK0,
  STACK3,
  setPage,
  stack,
  type TestMachine,
  TSS,
  virtual8086Machine,
} from './test-machine.ts';

/** Puts bytes (hex) at CS:EIP and runs until `count` instructions have retired. Returns how many did. */
function run(m: TestMachine, hex: string, count: number): number {
  const bytes = Uint8Array.from(hex.split(' ').map((b) => Number.parseInt(b, 16)));
  m.memory.writeBytes(m.cpu.segBase(CS) + m.cpu.eip, bytes);
  m.cpu.remaining = count;
  new Interpreter(m.cpu).run();
  return count - m.cpu.remaining;
}

/** Handlers at 1000h * vector for every exception, each just HLT, at level 0. */
function catchFaults(m: TestMachine): void {
  for (let vector = 0; vector < 32; vector++) {
    idtGate(m, vector, 0x8_0000 + vector * 16);
    m.memory.write8(0x8_0000 + vector * 16, 0xf4);
  }
}

/** The vector whose handler halted, or -1. */
function caught(m: TestMachine): number {
  const at = m.cpu.eip - 1 - 0x8_0000;
  return m.cpu.halted && at % 16 === 0 ? at / 16 : -1;
}

describe('stores and loads', () => {
  test('SGDT and SIDT store limit and base; LGDT with 16-bit operands takes 24 bits of base', () => {
    const m = protectedMachine();
    m.cpu.gpr[EBX] = 0x2_0000;
    // sgdt [ebx]; sidt [ebx+8]; lidt [ebx]; o16 lgdt [ebx+16]
    m.memory.writeBytes(0x2_0010, Uint8Array.of(0x34, 0x12, 0x78, 0x56, 0x34, 0x12));
    expect(run(m, '0f 01 03 0f 01 4b 08 0f 01 1b 66 0f 01 53 10', 4)).toBe(4);
    expect([...m.memory.readBytes(0x2_0000, 14)]).toEqual([0xbf, 0, 0, 0x10, 0, 0, 0, 0, 0xff, 0x07, 0, 0x20, 0, 0]);
    expect([m.cpu.s32[IDTR_BASE >> 2], m.cpu.s32[IDTR_LIMIT >> 2]]).toEqual([GDT, 0xbf]);
    expect([m.cpu.s32[GDTR_BASE >> 2], m.cpu.s32[GDTR_LIMIT >> 2]]).toEqual([0x34_5678, 0x1234]);
  });

  test('SGDT onto a page that is not there stores nothing', () => {
    const m = protectedMachine();
    enablePaging(m);
    catchFaults(m);
    m.cpu.gpr[EBX] = 0x2_0ffe;
    setPage(m, 0x2_1000, 0);
    run(m, '0f 01 03', 2);
    expect(caught(m)).toBe(14);
    expect(m.memory.read16(0x2_0ffe)).toBe(0);
  });

  test('SLDT, STR, SMSW: 16 bits to memory, zero-extended to a 32-bit register, the low half of a 16-bit one', () => {
    const m = protectedMachine();
    m.cpu.gpr[EAX] = m.cpu.gpr[EDX] = m.cpu.gpr[ECX] = -1;
    m.cpu.gpr[EBX] = 0x2_0000;
    m.memory.write32(0x2_0000, -1);
    // str eax; str dx; str [ebx]; smsw ecx
    expect(run(m, '0f 00 c8 66 0f 00 ca 0f 00 0b 0f 01 e1', 4)).toBe(4);
    expect([m.cpu.gpr[EAX], m.cpu.gpr[EDX], m.cpu.gpr[ECX]]).toEqual([0x28, 0xffff_0028 | 0, m.cpu.s32[CR0 >> 2]]);
    expect(m.memory.read32(0x2_0000)).toBe(0xffff_0028 | 0);
  });

  test('MOV from a segment register, PUSH and POP of one', () => {
    const m = protectedMachine();
    m.cpu.gpr[EAX] = m.cpu.gpr[EDX] = -1;
    // mov eax, ds; o16 mov dx, ds; push cs; o16 push ss; o16 pop fs
    expect(run(m, '8c d8 66 8c da 0e 66 16 66 0f a1', 5)).toBe(5);
    expect([m.cpu.gpr[EAX], m.cpu.gpr[EDX]]).toEqual([SEL.data0, 0xffff_0010 | 0]);
    expect(m.cpu.segSelector(FS)).toBe(SEL.data0);
    expect([m.cpu.gpr[ESP], stack(m, 1)[0]]).toEqual([STACK3 - 4, SEL.code0]);
  });

  test('POP SS that faults leaves ESP; MOV CS is undefined', () => {
    const m = protectedMachine();
    catchFaults(m);
    m.cpu.push32(SEL.data3);
    run(m, '17', 2);
    expect(caught(m)).toBe(13);
    expect(stack(m, 5)).toEqual([0x20, 0x10_0000, SEL.code0, 0x1_0202, SEL.data3]);
    const n = protectedMachine();
    catchFaults(n);
    run(n, '8e c8', 2);
    expect(caught(n)).toBe(6);
  });

  test('LES loads the register only with the segment', () => {
    const m = protectedMachine();
    catchFaults(m);
    m.cpu.gpr[EBX] = 0x2_0000;
    m.memory.write32(0x2_0000, 0x1234_5678);
    m.memory.write16(0x2_0004, SEL.data3);
    // les eax, [ebx]; then lss ecx, [ebx] with a selector of another level
    run(m, 'c4 03 0f b2 0b', 3);
    expect(m.cpu.gpr[EAX]).toBe(0x1234_5678);
    expect([caught(m), m.cpu.gpr[ECX]]).toEqual([13, 0]);
  });

  test('LAR and LSL leave the register when ZF is cleared; ARPL in memory', () => {
    const m = protectedMachine();
    m.cpu.gpr[EAX] = SEL.outside;
    m.cpu.gpr[ECX] = 0x1234;
    m.cpu.gpr[EBX] = 0x2_0000;
    m.cpu.gpr[EDX] = 3;
    m.memory.write32(0x2_0000, 0x7777_0008);
    // lar ecx, eax; lsl ecx, eax; arpl [ebx], dx
    expect(run(m, '0f 02 c8 0f 03 c8 63 13', 3)).toBe(3);
    expect(m.cpu.gpr[ECX]).toBe(0x1234);
    expect(m.memory.read32(0x2_0000)).toBe(0x7777_000b);
    expect(m.cpu.eflags & 0x40).toBe(0x40);
  });

  test('ARPL writes only when the RPL changes', () => {
    const m = protectedMachine();
    catchFaults(m);
    m.cpu.setSegment(DS, SEL.readOnly3, 0, -1, 0x00c0_f100);
    m.cpu.gpr[EBX] = 0x2_0000;
    m.cpu.gpr[EDX] = 3;
    m.memory.write32(0x2_0000, 0x0008_000b);
    // arpl [ebx], dx: the RPL is 3 already; arpl [ebx+2], dx: it is not
    run(m, '63 13 63 53 02', 3);
    expect(caught(m)).toBe(13);
    expect(stack(m, 2)).toEqual([0, 0x10_0002]);
    expect(m.cpu.eflags & 0x40).toBe(0);
  });

  test('MOV of control and debug registers ignores the mod field', () => {
    const m = protectedMachine();
    m.cpu.gpr[EAX] = 0x1234;
    // mov dr0, eax; mov ecx, dr0 (mod 0); mov cr2, eax; mov edx, cr2
    expect(run(m, '0f 23 c0 0f 21 01 0f 22 d0 0f 20 d2', 4)).toBe(4);
    expect([m.cpu.gpr[ECX], m.cpu.gpr[EDX], m.cpu.s32[DR >> 2]]).toEqual([0x1234, 0x1234, 0x1234]);
  });
});

describe('privileged instructions at level 3 raise #GP and change nothing', () => {
  test.each([
    ['hlt', 'f4'],
    ['clts', '0f 06'],
    ['lgdt, though its operand is not there', '0f 01 15 00 00 00 f0'],
    ['lidt', '0f 01 1d 00 00 01 00'],
    ['lmsw', '0f 01 f0'],
    ['mov cr0, eax', '0f 22 c0'],
    ['mov eax, cr0', '0f 20 c0'],
    ['mov dr7, eax', '0f 23 f8'],
    ['invlpg', '0f 01 3b'],
    ['invd', '0f 08'],
    ['wbinvd', '0f 09'],
    ['rdmsr', '0f 32'],
    ['wrmsr', '0f 30'],
    ['lldt', '0f 00 d0'],
    ['ltr', '0f 00 d8'],
    ['cli', 'fa'],
    ['sti', 'fb'],
    ['in', 'e4 80'],
    ['out', 'e7 80'],
    ['ins', '6c'],
    ['rep outs', 'f3 6f'],
    ['sysexit', '0f 35'],
  ])('%s', (_name, hex) => {
    const m = protectedMachine(3);
    catchFaults(m);
    m.cpu.gpr[ECX] = 1;
    m.cpu.s32[0x1f0 >> 2] = 8;
    // Port 80h is shut.
    m.cpu.gpr[EDX] = 0x80;
    m.memory.write8(TSS + 0x68 + 0x10, 0xff);
    run(m, hex, 1);
    expect(caught(m)).toBe(13);
    expect(stack(m, 6)).toEqual([0, 0x10_0000, SEL.code3, 0x1_0202, STACK3, SEL.data3]);
    expect(m.written).toEqual([]);
  });

  test.each([
    ['rsm', '0f aa'],
    ['monitor', '0f 01 c8'],
    ['mwait', '0f 01 c9'],
    ['mov cr1, eax', '0f 22 c8'],
  ])('%s is undefined', (_name, hex) => {
    const m = protectedMachine();
    catchFaults(m);
    run(m, hex, 1);
    expect(caught(m)).toBe(6);
  });
});

describe('ports', () => {
  test('IN and OUT in all sizes', () => {
    const m = protectedMachine();
    m.ports.set(0x80, 0x1234_5678);
    m.ports.set(0xabcd, 0x9abc);
    m.cpu.gpr[EDX] = 0xffff_abcd | 0;
    m.cpu.gpr[EAX] = -1;
    // in al, 80h; out 81h, al; o16 in ax, dx; out dx, eax; in eax, 80h; o16 out 82h, ax
    expect(run(m, 'e4 80 e6 81 66 ed ef e5 80 66 e7 82', 6)).toBe(6);
    expect(m.written).toEqual([
      [0x81, 1, 0x78],
      [0xabcd, 4, 0xffff_9abc | 0],
      [0x82, 2, 0x5678],
    ]);
  });

  test('REP INS counts each iteration, and goes on after the budget', () => {
    const m = protectedMachine();
    m.ports.set(0x10, 0x11);
    Object.assign(m.cpu.gpr, { [ECX]: 5, [EDX]: 0x10, [EDI]: 0x2_0000 });
    expect(run(m, 'f3 6c', 3)).toBe(3);
    expect([m.cpu.gpr[ECX], m.cpu.gpr[EDI], m.cpu.eip]).toEqual([2, 0x2_0003, 0x10_0000]);
    expect(run(m, 'f3 6c', 2)).toBe(2);
    expect([m.cpu.gpr[ECX], m.cpu.eip]).toEqual([0, 0x10_0002]);
    expect(m.memory.read32(0x2_0002) >>> 0).toBe(0x0011_1111);
  });

  test('REP INS faults before the port is read, with the finished iterations done', () => {
    const m = protectedMachine();
    let reads = 0;
    m.cpu.environment.readPort = () => {
      reads++;
      return 0x22;
    };
    enablePaging(m);
    catchFaults(m);
    setPage(m, 0x2_1000, 5);
    Object.assign(m.cpu.gpr, { [ECX]: 5, [EDX]: 0x10, [EDI]: 0x2_0ffe });
    // Two iterations, then the handler's HLT.
    expect(run(m, 'f3 6c', 10)).toBe(3);
    expect([caught(m), reads, m.cpu.gpr[ECX], m.cpu.gpr[EDI]]).toEqual([14, 2, 3, 0x2_1000]);
    expect(stack(m, 2)).toEqual([3, 0x10_0000]);
  });

  test('REP OUTS downwards, with a segment override; a count of zero does nothing and counts one', () => {
    const m = protectedMachine();
    m.cpu.setSegment(FS, 0x10, 0x1_0000, -1, 0x00c0_9300);
    m.memory.write32(0x2_0000, 0x4433_2211);
    m.cpu.eflags |= 0x400;
    Object.assign(m.cpu.gpr, { [ECX]: 2, [EDX]: 0x10, [ESI]: 0x1_0002 });
    expect(run(m, 'f3 64 66 6f f3 6e', 3)).toBe(3);
    expect(m.written).toEqual([
      [0x10, 2, 0x4433],
      [0x10, 2, 0x2211],
    ]);
    expect([m.cpu.gpr[ESI], m.cpu.eip]).toEqual([0xfffe, 0x10_0006]);
  });
});

describe('interrupts at instruction boundaries', () => {
  test('STI and MOV SS let one more instruction run', () => {
    const m = protectedMachine();
    m.cpu.eflags = 2;
    m.cpu.interruptPending = true;
    // sti; nop; nop
    expect(run(m, 'fb 90 90', 5)).toBe(2);
    m.cpu.gpr[EAX] = SEL.data0;
    m.cpu.eip = 0x10_0010;
    m.cpu.eflags = 2;
    // popf with IF: the interrupt comes before the next instruction.
    m.cpu.push32(0x202);
    expect(run(m, '9d 8e d0 90 90', 5)).toBe(1);
    m.cpu.interruptPending = false;
    expect(run(m, '8e d0', 1)).toBe(1);
    m.cpu.interruptPending = true;
    expect(run(m, '90 90', 5)).toBe(1);
  });

  test('INT, IRET and HLT count one each; the delivery of a fault none', () => {
    const m = protectedMachine();
    idtGate(m, 0x80, 0x5000, 0xef);
    m.memory.write8(0x5000, 0xcf);
    // int 80h -> iret; hlt
    expect(run(m, 'cd 80 f4', 10)).toBe(3);
    expect(m.cpu.halted).toBe(true);
    const n = protectedMachine();
    catchFaults(n);
    // ud2 -> hlt
    expect(run(n, '0f 0b', 10)).toBe(1);
  });

  test('INTO only with OF; INT3 pushes the next EIP', () => {
    const m = protectedMachine();
    catchFaults(m);
    // into; then with OF set
    expect(run(m, 'ce', 1)).toBe(1);
    m.cpu.eflags |= 0x800;
    run(m, 'ce', 2);
    expect([caught(m), stack(m, 1)[0]]).toEqual([4, 0x10_0002]);
  });

  test('a task without a handler and a stack ends in shutdown, not in a loop', () => {
    const m = protectedMachine();
    m.cpu.s32[IDTR_LIMIT >> 2] = 0;
    expect(run(m, '0f 0b', 1000)).toBe(0);
    expect(m.cpu.shutdown).toBe(true);
  });
});

describe('from mode to mode', () => {
  test('real mode to protected mode and back', () => {
    const m = realMachine();
    descriptor(m, 0x1000 + 8, 0x1_0000, 0xffff, 0x9b);
    descriptor(m, 0x1000 + 16, 0x2_0000, 0xf_ffff, 0x93, 12);
    m.memory.writeBytes(0x2_0000, Uint8Array.of(0x17, 0, 0x00, 0x10, 0, 0));
    m.cpu.setSegment(DS, 0x2000, 0x2_0000, 0xffff, 0x9300);
    // lgdt [0]; mov eax, cr0; or al, 1; mov cr0, eax; jmp 8:14h
    // 14h: mov ax, 16; mov ds, ax; and al, 0; mov eax, cr0; and al, FEh; mov cr0, eax; jmp 1000h:28h
    // 28h: mov dword [12345h], 77h (a32: unreal mode); hlt
    const hex =
      '0f 01 16 00 00 0f 20 c0 0c 01 0f 22 c0 ea 14 00 08 00 90 90 ' +
      'b8 10 00 8e d8 0f 20 c0 24 fe 0f 22 c0 ea 28 00 00 10 90 90 ' +
      '67 66 c7 05 45 23 01 00 77 00 00 00 f4';
    run(m, hex, 100);
    expect(m.cpu.halted).toBe(true);
    expect(m.memory.read32(0x3_2345)).toBe(0x77);
    expect([m.cpu.segSelector(CS), m.cpu.s32[CR0 >> 2]! & 1]).toEqual([0x1000, 0]);
  });

  test('level 0 to level 3 by IRET, back by INT, out again', () => {
    const m = protectedMachine();
    idtGate(m, 0x80, 0x5000, 0xee);
    m.memory.writeBytes(0x5000, Uint8Array.of(0x40, 0xcf)); // inc eax; iret
    m.memory.writeBytes(0x6000, Uint8Array.of(0xcd, 0x80, 0xcd, 0x80, 0xeb, 0xfe)); // int 80h; int 80h; jmp $
    for (const value of [SEL.data3, STACK3, 0x202, SEL.code3, 0x6000]) m.cpu.push32(value);
    expect(run(m, 'cf', 8)).toBe(8);
    expect([m.cpu.cpl, m.cpu.gpr[EAX], m.cpu.eip, m.cpu.gpr[ESP]]).toEqual([3, 2, 0x6004, STACK3]);
  });

  test('a virtual-8086 task: sensitive instructions go to the monitor', () => {
    const m = virtual8086Machine(0);
    catchFaults(m);
    for (const [hex, length] of [
      ['fa', 1],
      ['9c', 1],
      ['9d', 1],
      ['cd 21', 2],
      ['cf', 1],
      ['f4', 1],
    ] as const) {
      m.cpu.eip = 0x100;
      run(m, hex, 1);
      expect([hex, caught(m), m.cpu.gpr[ESP]]).toEqual([hex, 13, STACK0 - 40]);
      expect(stack(m, 3)).toEqual([0, 0x100, 0x2000]);
      // Back, past the instruction, as a monitor does.
      m.cpu.halted = false;
      m.cpu.gpr[ESP] = m.cpu.gpr[ESP]! + 4;
      m.memory.write32(STACK0 - 36, 0x100 + length);
      run(m, 'cf', 1);
      expect([m.cpu.eip, m.cpu.segBase(SS), m.cpu.cpl]).toEqual([0x100 + length, 0x3_0000, 3]);
    }
    expect(m.cpu.s32[EFLAGS >> 2]! & 0x2_0000).toBe(0x2_0000);
  });
});
