/**
 * The run loop and its decoded code: budgets, interrupts, traps, fetch faults, self-modifying code.
 */
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { ATTR_CODE } from '../../src/cpu/descriptors.ts';
import { VEC_GP, VEC_PF, VEC_UD } from '../../src/cpu/exceptions.ts';
import { CR0, CR2, CR3, DR, IDTR_LIMIT } from '../../src/cpu/layout.ts';
import { CS } from '../../src/cpu/registers.ts';
import { FLAT_DATA } from '../support/bare-cpu.ts';
import { bytes, load, runProgram } from '../support/program.ts';

/** Maps linear pages 0 to 127 to themselves, but for those in `other` (0: not present); paging on. */
function enablePaging(cpu: Cpu, other: Readonly<Record<number, number>>): void {
  cpu.memory.write32(0x40000, 0x41003);
  for (let p = 0; p < 128; p++) cpu.memory.write32(0x41000 + p * 4, other[p] ?? (p << 12) | 3);
  cpu.s32[CR3 >> 2] = 0x40000;
  cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | (1 << 31);
  cpu.tlb.flush(false);
}

/** A real-mode interrupt table whose vectors all lead to an endless loop at 0:5000h. */
function catchAll(cpu: Cpu): void {
  for (let v = 0; v < 256; v++) cpu.memory.write32(v * 4, 0x5000);
  cpu.memory.writeBytes(0x5000, bytes('eb fe'));
  cpu.s32[IDTR_LIMIT >> 2] = 0x3ff;
}

describe('budget', () => {
  it.each([1, 2, 3, 7, 64, 65, 200])('executes exactly %i instructions', (count) => {
    const { cpu, interpreter } = load({ code: `${'40'.repeat(100)} eb 9a` });
    cpu.remaining = count;
    interpreter.run();
    expect(cpu.gpr[0]).toBe(count - Math.floor(count / 101));
    expect([cpu.remaining, interpreter.retired]).toEqual([0, count]);
  });

  it('does nothing while halted or shut down', () => {
    for (const field of ['halted', 'shutdown'] as const) {
      const { cpu, interpreter } = load({ code: '40 40' });
      cpu[field] = true;
      cpu.remaining = 2;
      interpreter.run();
      expect([cpu.gpr[0], cpu.remaining]).toEqual([0, 2]);
    }
  });

  it('a faulting instruction does not count', () => {
    const { cpu, interpreter } = load({ mode: 'real', code: '40 0f 0b', prepare: catchAll });
    cpu.remaining = 3;
    interpreter.run();
    expect([cpu.eip, interpreter.retired]).toEqual([0x5000, 3]);
    // IP of UD2 is on the stack.
    expect(cpu.memory.read16(cpu.gpr[4]! & 0xffff)).toBe(0x1001);
  });

  it('returns when the guest faults for ever', () => {
    const { cpu, interpreter } = load({
      mode: 'real',
      code: '0f 0b',
      prepare: (c) => {
        catchAll(c);
        c.memory.writeBytes(0x5000, bytes('0f 0b'));
      },
    });
    cpu.remaining = 10;
    interpreter.run();
    expect(cpu.remaining).toBe(10);
  });

  it('runs one block at a time and says which', () => {
    const { cpu, interpreter } = load({ code: '40 40 eb 00 41 eb fe' });
    cpu.remaining = 100;
    const first = interpreter.runBlock();
    expect([first?.eip, first?.instructions.length, first?.count, cpu.eip]).toEqual([0x1000, 3, 1, 0x1004]);
    expect(interpreter.runBlock()?.eip).toBe(0x1004);
    expect(cpu.remaining).toBe(95);
  });

  it('reports a hot block until its count is lowered', () => {
    const { cpu, interpreter } = load({ code: '40 eb fd' });
    const hot: number[] = [];
    interpreter.hotThreshold = 10;
    interpreter.onHot = (block) => {
      hot.push(block.eip);
      if (hot.length === 2) block.count = -1000;
    };
    cpu.remaining = 100;
    interpreter.run();
    expect(hot).toEqual([0x1000, 0x1000]);
  });
});

describe('interrupts and traps', () => {
  it('returns when an interrupt can be taken, not while IF is clear', () => {
    const { cpu, interpreter } = load({ code: '40 eb fd' });
    cpu.interruptPending = true;
    cpu.remaining = 10;
    interpreter.run();
    expect(cpu.remaining).toBe(0);
    cpu.eflags |= 0x200;
    cpu.remaining = 10;
    interpreter.run();
    expect(cpu.remaining).toBe(10);
  });

  it('executes one more instruction in the shadow of STI', () => {
    const { cpu, interpreter } = load({ code: 'fb 40 40 40' });
    cpu.interruptPending = true;
    cpu.remaining = 10;
    interpreter.run();
    expect([cpu.eip, cpu.gpr[0], cpu.remaining, cpu.interruptShadow]).toEqual([0x1002, 1, 8, false]);
  });

  it('traps after each instruction with TF, and not inside a repeated one only at its end', () => {
    const { cpu, interpreter } = load({
      mode: 'real',
      code: 'f3 a4',
      before: { esi: 0x2000, edi: 0x3000, ecx: 5, eflags: 0x100 },
      prepare: catchAll,
    });
    cpu.remaining = 2;
    interpreter.run();
    expect([cpu.gpr[1], cpu.eip]).toEqual([4, 0x5000]);
    expect(cpu.s32[(DR + 24) >> 2]! & 0x4000).toBe(0x4000);
    expect(cpu.memory.read16(cpu.gpr[4]! & 0xffff)).toBe(0x1000);
    expect(cpu.eflags & 0x100).toBe(0);
  });

  it('holds the trap off for the instruction after MOV SS', () => {
    const { cpu, interpreter } = load({
      mode: 'real',
      code: '8e d0 40 40',
      before: { eflags: 0x100 },
      prepare: catchAll,
    });
    cpu.remaining = 3;
    interpreter.run();
    expect(cpu.memory.read16(cpu.gpr[4]! & 0xffff)).toBe(0x1003);
  });
});

describe('fetching', () => {
  it('raises #UD for an undefined opcode and #GP for 16 bytes', () => {
    expect(runProgram({ code: '0f 04' }).fault?.vector).toBe(VEC_UD);
    expect(runProgram({ code: `${'66'.repeat(15)} 90` }).fault).toEqual({ vector: VEC_GP, errorCode: 0 });
    expect(runProgram({ code: `${'66'.repeat(14)} 90` }).fault).toBeUndefined();
  });

  it('executes what lies before an undefined opcode first', () => {
    const run = runProgram({ code: '40 40 0f 04', count: 3 });
    expect([run.fault?.vector, run.cpu.gpr[0], run.cpu.eip]).toEqual([VEC_UD, 2, 0x1002]);
  });

  it('raises #GP(0) for an instruction that ends outside the code segment', () => {
    const run = runProgram({
      code: '40 b8 01 00 00 00',
      count: 2,
      prepare: (c) => c.setSegment(CS, 8, 0, 0x1004, FLAT_DATA | ATTR_CODE),
    });
    expect([run.fault?.vector, run.cpu.gpr[0], run.cpu.eip]).toEqual([VEC_GP, 1, 0x1001]);
  });

  it('executes an instruction that crosses a page, and sees writes to either part', () => {
    const { cpu, interpreter } = load({ code: 'b8 11 22 33 44', before: { eip: 0x1ffe } });
    const again = (): number | undefined => {
      cpu.eip = 0x1ffe;
      cpu.remaining = 1;
      interpreter.run();
      return cpu.gpr[0];
    };
    expect([again(), again()]).toEqual([0x4433_2211, 0x4433_2211]);
    cpu.write8(3, 0x2002, 0x55);
    expect(again()).toBe(0x5533_2211);
    cpu.write8(3, 0x1fff, 0x66);
    expect(again()).toBe(0x5533_2266);
  });

  it('sees that the second page of such an instruction is another one now', () => {
    const { cpu, interpreter } = load({ code: 'b8 11 22 33 44', before: { eip: 0x1ffe } });
    cpu.memory.writeBytes(0x9000, bytes('99 99 99'));
    enablePaging(cpu, {});
    cpu.remaining = 1;
    interpreter.run();
    cpu.memory.write32(0x41000 + 2 * 4, 0x9003);
    cpu.tlb.flushPage(2);
    cpu.eip = 0x1ffe;
    cpu.remaining = 1;
    interpreter.run();
    expect(cpu.gpr[0]! >>> 0).toBe(0x9999_9911);
  });

  it('faults on the missing second page with its address in CR2', () => {
    const run = runProgram({
      code: 'b8 11 22 33 44',
      before: { eip: 0x1ffe },
      prepare: (c) => enablePaging(c, { 2: 0 }),
    });
    expect(run.fault).toEqual({ vector: VEC_PF, errorCode: 0 });
    expect([run.cpu.s32[CR2 >> 2], run.cpu.eip]).toEqual([0x2000, 0x1ffe]);
  });

  it('does not touch the next page for an instruction that ends with the page', () => {
    const run = runProgram({
      code: '90 90',
      count: 2,
      before: { eip: 0x1ffe },
      prepare: (c) => enablePaging(c, { 2: 0 }),
    });
    expect([run.fault, run.cpu.eip]).toEqual([undefined, 0x2000]);
  });
});

describe('code that changes', () => {
  it('an instruction overwriting the next one', () => {
    // mov byte [1007h], 41h; inc eax -> inc ecx
    const { cpu, interpreter } = load({ code: 'c6 05 07 10 00 00 41 40 eb fe' });
    cpu.remaining = 2;
    interpreter.run();
    expect([cpu.gpr[0], cpu.gpr[1]]).toEqual([0, 1]);
  });

  it('a loop that rewrites its own immediate', () => {
    // mov eax, 0; inc dword [1001h]; jmp
    const { cpu, interpreter } = load({ code: 'b8 00 00 00 00 ff 05 01 10 00 00 eb f3' });
    cpu.remaining = 300;
    interpreter.run();
    expect(cpu.gpr[0]).toBe(99);
  });

  it('a write through another linear address of the same page', () => {
    const { cpu, interpreter } = load({ code: '40 eb fd' });
    enablePaging(cpu, { 9: 0x1003 });
    cpu.remaining = 2;
    interpreter.run();
    cpu.write8(3, 0x9000, 0x41);
    cpu.remaining = 2;
    interpreter.run();
    expect([cpu.gpr[0], cpu.gpr[1]]).toEqual([1, 1]);
  });

  it('a write by a device', () => {
    const { cpu, interpreter } = load({ code: '40 eb fd' });
    cpu.remaining = 20;
    interpreter.run();
    cpu.memory.writeBytes(0x1000, bytes('41'));
    cpu.remaining = 2;
    interpreter.run();
    expect(cpu.gpr[1]).toBe(1);
  });

  it('another page mapped at the same address', () => {
    const { cpu, interpreter } = load({ code: '40 eb fd' });
    cpu.memory.writeBytes(0x9000, bytes('41 eb fd'));
    enablePaging(cpu, {});
    cpu.remaining = 20;
    interpreter.run();
    cpu.memory.write32(0x41004, 0x9003);
    cpu.tlb.flushPage(1);
    cpu.remaining = 2;
    interpreter.run();
    expect(cpu.gpr[1]).toBe(1);
  });

  it('the same bytes as 16-bit code', () => {
    const { cpu, interpreter } = load({ code: 'b8 11 22 33 44' });
    cpu.remaining = 1;
    interpreter.run();
    cpu.setSegment(CS, 8, 0, -1, (FLAT_DATA & ~(1 << 22)) | ATTR_CODE);
    cpu.eip = 0x1000;
    cpu.gpr[0] = 0;
    cpu.remaining = 1;
    interpreter.run();
    expect([cpu.gpr[0], cpu.eip]).toEqual([0x2211, 0x1003]);
  });

  it('stays within bounds whatever runs', () => {
    // Every address of a megabyte is an entry: NOPs up to a jump.
    const { cpu, interpreter } = load({ code: '90' });
    cpu.memory.writeBytes(0x10000, new Uint8Array(0x10_0000).fill(0x90));
    for (let at = 0x10000; at < 0x4_0000; at += 5) {
      cpu.eip = at;
      cpu.remaining = 1;
      interpreter.run();
    }
    expect(interpreter.cache.drops).toBeGreaterThan(0);
    expect(interpreter.cache.instructions).toBeLessThan(400_000);
  });
});
