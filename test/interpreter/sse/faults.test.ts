/**
 * MMX and SSE: which fault comes when an instruction may not run or its memory operand is not allowed, and that
 * nothing is half done then. These are the rules of SDM vol. 3 section 2.5 and vol. 2 section 2.4.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Cpu } from '../../../src/cpu/cpu.ts';
import {
  GuestException,
  PF_WRITE,
  VEC_AC,
  VEC_GP,
  VEC_MF,
  VEC_NM,
  VEC_PF,
  VEC_SS,
  VEC_UD,
  VEC_XM,
} from '../../../src/cpu/exceptions.ts';
import * as L from '../../../src/cpu/layout.ts';
import {
  AC,
  CR0_AM,
  CR0_EM,
  CR0_PG,
  CR0_TS,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  DS,
  EBX,
  EDI,
  SS,
} from '../../../src/cpu/registers.ts';
import { execute, makeCpu } from '../../support/sse-host/interpreted.ts';

const DIRECTORY = 0x1000;
const TABLE = 0x2000;
const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;

let cpu: Cpu;

/** Runs code given in hex; returns the vector of its fault, or undefined. */
function run(code: string): number | undefined {
  const bytes = new Uint8Array(15);
  bytes.set(Buffer.from(code.replaceAll(' ', ''), 'hex'));
  try {
    execute(cpu, bytes);
    return undefined;
  } catch (error) {
    if (error instanceof GuestException) return error.vector;
    throw error;
  }
}

/** The first 4 MiB mapped to themselves; `pages` have these bits in their entry instead. */
function paging(pages: Record<number, number> = {}): void {
  const entry = (physical: number, value: number): void => cpu.memory.write32(physical, value);
  entry(DIRECTORY, TABLE | PRESENT | WRITABLE | USER);
  for (let page = 0; page < 256; page++) {
    entry(TABLE + 4 * page, (page << 12) | (pages[page] ?? PRESENT | WRITABLE | USER));
  }
  cpu.s32[L.CR3 >> 2] = DIRECTORY;
  cpu.s32[L.CR0 >> 2]! |= CR0_PG;
  cpu.tlb.flush(true);
}

function fill(address: number, size: number, value: number): void {
  for (let b = 0; b < size; b++) cpu.memory.write8(address + b, value);
}
function bytesAt(address: number, size: number): number[] {
  return Array.from(cpu.memory.readBytes(address, size));
}

beforeEach(() => {
  cpu = makeCpu();
});

describe('availability', () => {
  const addps = '0f 58 c1';
  const paddd = '0f fe c1';
  const paddXmm = '66 0f fe c1';

  test('SSE needs CR4.OSFXSR, and CR0.EM clear; MMX only the latter', () => {
    cpu.s32[L.CR4 >> 2] = 0;
    expect([run(addps), run(paddXmm), run(paddd)]).toEqual([VEC_UD, VEC_UD, undefined]);
    cpu.s32[L.CR4 >> 2] = CR4_OSFXSR;
    cpu.s32[L.CR0 >> 2]! |= CR0_EM | CR0_TS;
    expect([run(addps), run(paddXmm), run(paddd), run('0f 77')]).toEqual([VEC_UD, VEC_UD, VEC_UD, VEC_UD]);
  });

  test('CR0.TS makes both #NM', () => {
    cpu.s32[L.CR0 >> 2]! |= CR0_TS;
    expect([run(addps), run(paddd), run('0f ae 15 00 01 08 00')]).toEqual([VEC_NM, VEC_NM, VEC_NM]);
  });

  test('a pending x87 exception comes before an MMX instruction, not before an SSE one', () => {
    cpu.s32[L.FPU_CONTROL >> 2] = 0x37e;
    cpu.s32[L.FPU_STATUS >> 2] = 0x8081;
    cpu.s32[L.FPU_TAGS >> 2] = 0xffff;
    expect([run(addps), run(paddd), run('66 0f 2d c1')]).toEqual([undefined, VEC_MF, VEC_MF]);
    expect(cpu.s32[L.FPU_TAGS >> 2]).toBe(0xffff);
  });

  test('LDMXCSR refuses reserved bits', () => {
    cpu.s32[L.MXCSR >> 2] = 0x1f80;
    cpu.memory.write32(0x80100, 0x11f80);
    expect(run('0f ae 15 00 01 08 00')).toBe(VEC_GP);
    expect(cpu.s32[L.MXCSR >> 2]).toBe(0x1f80);
  });
});

describe('SIMD exceptions', () => {
  /** divsd xmm0, xmm1: 1 / 0 */
  const divide = 'f2 0f 5e c1';
  beforeEach(() => {
    cpu.s32.fill(0, L.XMM >> 2, (L.XMM >> 2) + 8);
    cpu.s32[(L.XMM >> 2) + 1] = 0x3ff00000;
    cpu.s32[L.MXCSR >> 2] = 0x1d80;
  });

  test('unmasked: #XM, the flag set, the destination untouched', () => {
    expect(run(divide)).toBe(VEC_XM);
    expect(cpu.s32[L.MXCSR >> 2]).toBe(0x1d84);
    expect(cpu.s32[(L.XMM >> 2) + 1]).toBe(0x3ff00000);
  });

  test('#UD where CR4.OSXMMEXCPT is clear', () => {
    cpu.s32[L.CR4 >> 2]! &= ~CR4_OSXMMEXCPT;
    expect(run(divide)).toBe(VEC_UD);
  });
});

describe('memory operands', () => {
  test('16 bytes must be aligned, but for the unaligned moves', () => {
    cpu.gpr[EBX] = 0x80108;
    // addps, movaps, paddb, movntps, pshufb; then movups, movdqu, lddqu, movsd, cvtps2pd
    for (const code of ['0f 58 03', '0f 28 03', '0f 29 03', '66 0f fc 03', '0f 2b 03', '66 0f 38 00 03']) {
      expect(run(code)).toBe(VEC_GP);
    }
    cpu.gpr[EBX] = 0x80101;
    for (const code of ['0f 10 03', 'f3 0f 7f 03', 'f2 0f f0 03', 'f2 0f 10 03', '0f 5a 03', '0f fc 03']) {
      expect(run(code)).toBeUndefined();
    }
  });

  test('the whole operand must lie within the segment', () => {
    cpu.setSegment(DS, 0x10, 0, 0x8010b, cpu.segAttr(DS));
    cpu.setSegment(SS, 0x10, 0, 0x8010b, cpu.segAttr(SS));
    cpu.gpr[EBX] = 0x80100;
    expect([run('0f 10 03'), run('0f 11 03'), run('36 0f 10 03')]).toEqual([VEC_GP, VEC_GP, VEC_SS]);
    expect([run('f2 0f 10 03'), run('66 0f d6 43 04')]).toEqual([undefined, undefined]);
  });

  test('a store that crosses into a page it may not write changes nothing', () => {
    paging({ 129: 0 });
    fill(0x80ff0, 16, 0x55);
    cpu.s32.fill(-1, L.XMM >> 2, (L.XMM >> 2) + 4);
    cpu.gpr[EBX] = 0x80ff9;
    for (const code of ['0f 11 03', '66 0f d6 03', '0f 7f 03']) {
      expect(run(code)).toBe(VEC_PF);
      expect(cpu.exception.errorCode).toBe(PF_WRITE);
      expect(cpu.s32[L.CR2 >> 2]! >>> 0).toBe(0x81000);
      expect(bytesAt(0x80ff0, 16)).toEqual(new Array(16).fill(0x55));
    }
  });

  test('a load that faults leaves its register and the x87 state alone', () => {
    paging({ 129: 0 });
    cpu.s32[L.FPU_STATUS >> 2] = 0x3800;
    cpu.s32[L.FPU_TAGS >> 2] = 0xffff;
    cpu.s32.fill(0x1234, L.XMM >> 2, (L.XMM >> 2) + 4);
    cpu.gpr[EBX] = 0x80ffc;
    expect([run('0f 10 03'), run('f2 0f 10 03'), run('0f fc 03')]).toEqual([VEC_PF, VEC_PF, VEC_PF]);
    expect(Array.from(cpu.s32.subarray(L.XMM >> 2, (L.XMM >> 2) + 4))).toEqual([0x1234, 0x1234, 0x1234, 0x1234]);
    expect([cpu.s32[L.FPU_STATUS >> 2], cpu.s32[L.FPU_TAGS >> 2]]).toEqual([0x3800, 0xffff]);
  });

  test('crossing pages works where both are there', () => {
    paging();
    for (let b = 0; b < 16; b++) cpu.memory.write8(0x80ff5 + b, b);
    cpu.gpr[EBX] = 0x80ff5;
    expect(run('0f 10 03')).toBeUndefined();
    cpu.gpr[EBX] = 0x81ffb;
    expect(run('0f 11 03')).toBeUndefined();
    expect(bytesAt(0x81ffb, 16)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test('CLFLUSH faults as a load of a byte, and needs neither SSE nor an x87', () => {
    paging({ 129: 0, 130: PRESENT });
    cpu.s32[L.CR0 >> 2]! |= CR0_EM | CR0_TS;
    const flushAt = (address: number): number | undefined => {
      cpu.gpr[EBX] = address;
      return run('0f ae 3b');
    };
    expect([flushAt(0x80fff), flushAt(0x81000), flushAt(0x82000)]).toEqual([undefined, VEC_PF, undefined]);
    expect(cpu.s32[L.CR2 >> 2]! >>> 0).toBe(0x81000);
  });

  test('alignment checking at privilege 3 finds unaligned 8-byte operands', () => {
    paging();
    cpu.setCpl(3);
    cpu.s32[L.CR0 >> 2]! |= CR0_AM;
    cpu.eflags |= AC;
    cpu.gpr[EBX] = 0x80104;
    expect([run('f2 0f 10 03'), run('66 0f d6 03'), run('f3 0f 10 03')]).toEqual([VEC_AC, VEC_AC, undefined]);
  });
});

describe('masked stores', () => {
  beforeEach(() => {
    fill(0x80ff0, 16, 0x55);
    cpu.u8.fill(0xaa, L.XMM, L.XMM + 16);
    cpu.u8.fill(0, L.XMM + 16, L.XMM + 32);
    cpu.gpr[EDI] = 0x80ff8;
  });

  test('write only the bytes whose mask is set', () => {
    cpu.u8[L.XMM + 16 + 1] = 0x80;
    cpu.u8[L.XMM + 16 + 2] = 0x7f;
    expect(run('66 0f f7 c1')).toBeUndefined();
    expect(bytesAt(0x80ff8, 4)).toEqual([0x55, 0xaa, 0x55, 0x55]);
  });

  test('fault before any byte is written', () => {
    paging({ 129: PRESENT | USER });
    cpu.setCpl(3);
    cpu.u8[L.XMM + 16] = 0x80;
    cpu.u8[L.XMM + 16 + 8] = 0x80;
    expect(run('66 0f f7 c1')).toBe(VEC_PF);
    expect(bytesAt(0x80ff8, 1)).toEqual([0x55]);
  });
});
