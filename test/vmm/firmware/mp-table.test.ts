// MultiProcessor Specification 1.4, chapter 4.
import { expect, test } from 'vitest';
import { DEFAULT_CPU_MODEL } from '../../../src/cpu/cpu-models.ts';
import { mpTables } from '../../../src/vmm/firmware/mp-table.ts';
import { checksum } from '../../../src/vmm/firmware/table-linker.ts';

test('pointer, header and entries', () => {
  const bytes = mpTables(0xf_1230, DEFAULT_CPU_MODEL, { apic: true, serialPorts: [0], pciDevices: [2] });
  const view = new DataView(bytes.buffer);
  const text = (at: number) => Buffer.from(bytes.subarray(at, at + 4)).toString();
  expect([text(0), view.getUint32(4, true), bytes[8], bytes[9]]).toEqual(['_MP_', 0xf_1240, 1, 4]);
  expect(checksum(bytes.subarray(0, 16))).toBe(0);
  expect([text(16), view.getUint16(20, true), bytes[22]]).toEqual(['PCMP', bytes.length - 16, 4]);
  expect(checksum(bytes.subarray(16))).toBe(0);
  expect(view.getUint32(16 + 36, true)).toBe(0xfee0_0000);
  const kinds: number[] = [];
  const interrupts: number[][] = [];
  for (let at = 60; at < bytes.length; at += bytes[at] === 0 ? 20 : 8) {
    kinds.push(bytes[at] as number);
    if ((bytes[at] as number) >= 3) interrupts.push([...bytes.subarray(at, at + 8)]);
  }
  expect(kinds.length).toBe(view.getUint16(16 + 34, true));
  expect(kinds.slice(0, 5)).toEqual([0, 1, 1, 2, 3]);
  // The timer at input 2, power management's level, INTA# of PCI device 2, ExtINT and NMI at the processor.
  expect(interrupts).toContainEqual([3, 0, 0, 0, 1, 0, 1, 2]);
  expect(interrupts).toContainEqual([3, 0, 0x0d, 0, 1, 9, 1, 9]);
  expect(interrupts).toContainEqual([3, 0, 0x0d, 0, 0, 8, 1, 10]);
  expect(interrupts.slice(-2)).toEqual([
    [4, 3, 0, 0, 1, 0, 0xff, 0],
    [4, 1, 0, 0, 1, 0, 0xff, 1],
  ]);
});
