import { describe, expect, test } from 'vitest';
import { TR } from '../../../src/cpu/registers.ts';
import { checkPort } from '../../../src/cpu/system/io-permission.ts';
import {
  enablePaging,
  faultOf,
  protectedMachine,
  realMachine,
  setPage,
  type TestMachine,
  TSS,
  virtual8086Machine,
} from './test-machine.ts';

/** Opens one port in the map, which begins after the TSS; every other port below 64 is shut. */
function open(m: TestMachine, port: number): void {
  for (let at = 0; at < 8; at++) m.memory.write8(TSS + 0x68 + at, 0xff);
  const at = TSS + 0x68 + (port >> 3);
  m.memory.write8(at, 0xff & ~(1 << (port & 7)));
}
const check = (m: TestMachine, port: number, size: number) => faultOf(m, () => checkPort(m.cpu, port, size));

describe('I/O permission', () => {
  test('real mode and IOPL at or above CPL need no map', () => {
    const none = protectedMachine(3);
    none.cpu.setSegment(TR, 0, 0, 0, 0);
    none.cpu.eflags |= 0x3000;
    expect(check(none, 0x20, 1)).toBe('none');
    expect(check(realMachine(), 0x20, 4)).toBe('none');
    expect(check(protectedMachine(0), 0x20, 4)).toBe('none');
  });

  test.each([
    ['protected mode', () => protectedMachine(3)],
    ['virtual-8086 mode, even with IOPL 3', () => virtual8086Machine(3)],
  ])('the map decides in %s', (_name, create) => {
    const m = create();
    open(m, 0x27);
    expect(check(m, 0x27, 1)).toBe('none');
    expect(check(m, 0x26, 1)).toBe('13(0)');
    // The second port is in the next byte of the map.
    expect(check(m, 0x27, 2)).toBe('13(0)');
    m.memory.write8(TSS + 0x68 + 5, 0xfe);
    expect(check(m, 0x27, 2)).toBe('none');
    expect(check(m, 0x27, 4)).toBe('13(0)');
  });

  test('ports beyond the TSS are shut; two bytes are always read', () => {
    const m = protectedMachine(3);
    open(m, 0);
    m.cpu.setSegment(TR, m.cpu.segSelector(TR), TSS, 0x68, 0x8b00);
    expect(check(m, 0, 1)).toBe('13(0)');
    m.cpu.setSegment(TR, m.cpu.segSelector(TR), TSS, 0x69, 0x8b00);
    expect(check(m, 0, 1)).toBe('none');
    expect(check(m, 0xffff, 1)).toBe('13(0)');
  });

  test('a TSS too short for the field, and a 16-bit TSS', () => {
    const m = protectedMachine(3);
    open(m, 0);
    m.cpu.setSegment(TR, m.cpu.segSelector(TR), TSS, 0x66, 0x8b00);
    expect(check(m, 0, 1)).toBe('13(0)');
    m.cpu.setSegment(TR, m.cpu.segSelector(TR), TSS, 0x2067, 0x8300);
    expect(check(m, 0, 1)).toBe('13(0)');
  });

  test('the map is read with supervisor rights, and may not be there', () => {
    const m = protectedMachine(3);
    open(m, 0);
    enablePaging(m);
    setPage(m, TSS, 3);
    expect(check(m, 0, 1)).toBe('none');
    setPage(m, TSS, 0);
    expect(check(m, 0, 1)).toBe('14(0)');
  });
});
