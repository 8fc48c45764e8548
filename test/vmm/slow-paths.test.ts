/** The slow paths of translated code: what they serve themselves, and what they leave to the interpreter. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { CR0, CR2, CR3, EFLAGS, EIP } from '../../src/cpu/layout.ts';
import { AC, CR0_AM, CR0_PG, CR0_WP } from '../../src/cpu/registers.ts';
import { SLOW_FAILED } from '../../src/translator/abi.ts';
import { createSlowPaths, type SlowPaths } from '../../src/vmm/slow-paths.ts';
import { bareCpu } from '../support/bare-cpu.ts';

const DIRECTORY = 0x8000;
const PAGE_TABLE = 0x9000;
const PRESENT = 1;
const WRITE = 2;
const USER = 4;

let cpu: Cpu;
let slow: SlowPaths;

beforeEach(() => {
  cpu = bareCpu('flat32');
  slow = createSlowPaths(cpu);
});

/** Paging on; page numbers to physical page and rights. */
function map(pages: Readonly<Record<number, readonly [physical: number, rights: number]>>): void {
  cpu.memory.write32(DIRECTORY, PAGE_TABLE | 7);
  for (const [linear, [physical, rights]] of Object.entries(pages)) {
    cpu.memory.write32(PAGE_TABLE + Number(linear) * 4, (physical << 12) | rights);
  }
  cpu.s32[CR3 >> 2] = DIRECTORY;
  cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | CR0_PG | CR0_WP;
  cpu.tlb.flush(false);
}

/** Whether the last access was left to the interpreter; forgets it. */
function failed(): boolean {
  const was = cpu.s32[SLOW_FAILED >> 2] !== 0;
  cpu.s32[SLOW_FAILED >> 2] = 0;
  return was;
}

describe('what they serve', () => {
  test('quiet device memory, whole accesses in one page; not where RAM is mapped in its place', () => {
    const log: string[] = [];
    const { memory } = cpu;
    Object.assign((memory as unknown as { mmio: object }).mmio, {
      read: (address: number, size: number) => {
        log.push(`r${address.toString(16)}/${size}`);
        return 0x8765_4321;
      },
      write: (address: number, size: number, value: number) => log.push(`w${address.toString(16)}/${size}=${value}`),
    });
    memory.quietFirst = 0xa0;
    memory.quietLast = 0xbf;
    expect([slow.read8(0xa0001), slow.read16(0xa0002), slow.read32(0xbfffc)]).toEqual([0x21, 0x4321, 0x8765_4321 | 0]);
    slow.write8(0xa0001, 0xff);
    slow.write32(0xb8001, 5);
    expect(failed()).toBe(false);
    expect(log.splice(0)).toEqual(['ra0001/1', 'ra0002/2', 'rbfffc/4', 'wa0001/1=255', 'wb8001/4=5']);
    slow.read16(0xa0fff);
    expect(failed()).toBe(true);
    slow.write8(0xc0000, 1);
    expect(failed()).toBe(true);
    memory.mapPages(0xa0, 1, 0x0180_0000, 0x0180_0000);
    slow.write8(0xa0001, 3);
    expect([memory.read8(1), failed(), log.length]).toEqual([3, false, 0]);
  });

  test.each([0, 1, 2, 3])('reads and writes of any alignment (%d)', (offset) => {
    cpu.memory.writeBytes(0x4000, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0xf8));
    const at = 0x4000 + offset;
    expect(slow.read8(at)).toBe(1 + offset);
    expect(slow.read16(at)).toBe((2 + offset) * 256 + 1 + offset);
    expect(slow.read32(at)).toBe(((4 + offset) << 24) | ((3 + offset) << 16) | ((2 + offset) << 8) | (1 + offset));
    slow.write32(at, -2);
    expect(slow.read32(at)).toBe(-2);
    slow.write16(at, 0x1234);
    slow.write8(at + 2, 0x56);
    expect(slow.read32(at) >>> 0).toBe(0xff56_1234);
    expect(failed()).toBe(false);
  });

  test('page crossings, to pages that lie apart', () => {
    map({ 64: [0x20, PRESENT | WRITE], 65: [0x10, PRESENT | WRITE] });
    slow.write32(0x40ffe, 0x1234_5678);
    expect([...cpu.memory.readBytes(0x20ffe, 2), ...cpu.memory.readBytes(0x10000, 2)]).toEqual([
      0x78, 0x56, 0x34, 0x12,
    ]);
    expect(slow.read32(0x40ffe)).toBe(0x1234_5678);
    expect(slow.read16(0x40fff)).toBe(0x3456);
    expect(slow.probe(0x40ffe, 4)).toBe(0);
    expect(failed()).toBe(false);
  });

  test('they walk, and leave the fast table filled', () => {
    map({ 64: [0x20, PRESENT | WRITE] });
    expect(cpu.read[0x40]! & 1).toBe(1);
    slow.read8(0x40000);
    expect(cpu.read[0x40]! & 1).toBe(0);
    expect(cpu.write[0x40]! & 1).toBe(1);
    slow.write8(0x40000, 1);
    expect(cpu.write[0x40]! & 1).toBe(0);
    // Accessed and dirty were set on the way.
    expect(cpu.memory.read32(PAGE_TABLE + 0x40 * 4) & 0x60).toBe(0x60);
  });

  test('a write beside the code of a page', () => {
    cpu.memory.markCode(4, 0x100, 0x10f);
    cpu.memory.addCodeListener({ forgetCode: () => {}, usesCode: () => true, holdsCode: () => false });
    cpu.tlb.dropWritesTo(4);
    const chunks = cpu.memory.codeChunks[4];
    slow.write32(0x4800, 5);
    expect(failed()).toBe(false);
    expect(cpu.memory.read32(0x4800)).toBe(5);
    expect(cpu.memory.codeChunks[4]).toBe(chunks);
    // Such a page gets no write delta: the next store has to look again.
    expect(cpu.write[4]! & 1).toBe(1);
  });
});

describe('what they leave to the interpreter', () => {
  /** Nothing but SLOW_FAILED may have changed, and the value is 0. */
  function leaves(access: () => number): void {
    const before = [cpu.s32[CR2 >> 2], cpu.s32[EIP >> 2], cpu.s32[EFLAGS >> 2]];
    const ram = Buffer.from(cpu.memory.readBytes(0x1_0000, 0x2_0000));
    expect(access()).toBe(0);
    expect(failed()).toBe(true);
    expect([cpu.s32[EIP >> 2], cpu.s32[EFLAGS >> 2]]).toEqual(before.slice(1));
    expect(ram.equals(cpu.memory.readBytes(0x1_0000, 0x2_0000))).toBe(true);
  }

  test('a page that is not there', () => {
    map({ 64: [0x20, PRESENT | WRITE] });
    leaves(() => slow.read32(0x42000));
    leaves(() => slow.write32(0x42000, 1));
    leaves(() => slow.probe(0x42000, 1));
  });

  test('a crossing whose second page is not there: not half a write', () => {
    map({ 64: [0x20, PRESENT | WRITE] });
    leaves(() => slow.write32(0x40ffe, -1));
    leaves(() => slow.read16(0x40fff));
    leaves(() => slow.probe(0x40ffe, 4));
  });

  test('a read-only page', () => {
    map({ 64: [0x20, PRESENT], 65: [0x11, PRESENT | WRITE] });
    leaves(() => slow.write8(0x40000, 1));
    leaves(() => slow.write32(0x40ffe, 1));
    leaves(() => slow.probe(0x40000, 4));
    slow.read8(0x40000);
    expect(failed()).toBe(false);
  });

  test("a supervisor's page, for the user", () => {
    map({ 64: [0x20, PRESENT | WRITE], 65: [0x11, PRESENT | WRITE | USER] });
    cpu.setCpl(3);
    leaves(() => slow.read8(0x40000));
    leaves(() => slow.write16(0x40fff, 1));
    expect(slow.read8(0x41000)).toBe(0);
    expect(failed()).toBe(false);
  });

  test('device memory, without touching the device', () => {
    let touched = 0;
    const { memory } = cpu;
    Object.assign((memory as unknown as { mmio: object }).mmio, {
      read: () => {
        touched++;
        return -1;
      },
      write: () => touched++,
    });
    for (const address of [0xa0000, 0xb8000, 0xfee0_0000 | 0]) {
      leaves(() => slow.read8(address));
      leaves(() => slow.read32(address));
      leaves(() => slow.write16(address, 1));
      leaves(() => slow.probe(address, 4));
    }
    // Half RAM, half device.
    leaves(() => slow.write32(0x9fffe, -1));
    expect(touched).toBe(0);
  });

  test('a write to code', () => {
    cpu.memory.markCode(0x11, 0x100, 0x13f);
    const holdsCode = (page: number, first: number, last: number) => page === 0x11 && first <= 0x13f && last >= 0x100;
    cpu.memory.addCodeListener({ forgetCode: () => {}, usesCode: () => true, holdsCode });
    leaves(() => slow.write32(0x11100, 1));
    leaves(() => slow.write32(0x110fe, 1));
    leaves(() => slow.probe(0x11120, 1));
    expect(slow.read32(0x11100)).toBe(0);
    expect(failed()).toBe(false);
  });

  test('an unaligned access under alignment checking, at level 3 only', () => {
    cpu.s32[EFLAGS >> 2] = 2 | AC;
    cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | CR0_AM;
    slow.read32(0x4001);
    expect(failed()).toBe(false);
    cpu.setCpl(3);
    leaves(() => slow.read32(0x4001));
    leaves(() => slow.read16(0x4001));
    leaves(() => slow.write32(0x4002, 1));
    leaves(() => slow.probe(0x4002, 4));
    slow.read32(0x4004);
    slow.read8(0x4001);
    expect(failed()).toBe(false);
  });
});
