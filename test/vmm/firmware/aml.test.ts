// ACPI specification, "ACPI Machine Language": encodings as the specification gives them.
import { expect, test } from 'vitest';
import {
  buffer,
  device,
  eisaId,
  integer,
  method,
  name,
  named,
  packageOf,
  scope,
} from '../../../src/vmm/firmware/aml.ts';
import { isaInterrupt, levelInterrupts, ports, resources } from '../../../src/vmm/firmware/aml-resources.ts';

const hex = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex');
const ascii = (text: string) => Buffer.from(text).toString('hex');

test('names: padded, rooted, with one, two and more parts', () => {
  expect(hex(name('A'))).toBe(ascii('A___'));
  expect(hex(name('\\_SB'))).toBe(`5c${ascii('_SB_')}`);
  expect(hex(name('\\_SB.PCI0'))).toBe(`5c2e${ascii('_SB_PCI0')}`);
  expect(hex(name('\\_SB.PCI0.ISA'))).toBe(`5c2f03${ascii('_SB_PCI0ISA_')}`);
  expect(() => name('LONGER')).toThrow(/1 to 4 characters/);
});

test('integers take as few bytes as there are', () => {
  expect([0, 1, 2, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff].map((value) => hex(integer(value)))).toEqual([
    '00',
    '01',
    '0a02',
    '0aff',
    '0b0001',
    '0bffff',
    '0c00000100',
    '0cffffffff',
  ]);
});

test('EISA IDs', () => {
  expect(hex(eisaId('PNP0A03'))).toBe('0c41d00a03');
  expect(hex(eisaId('PNP0501'))).toBe('0c41d00501');
});

test('package lengths count themselves, at every size', () => {
  // 4 bytes of the name, then terms.
  const lengthOf = (terms: number) => scope('S', new Array<number>(terms).fill(0xa3)).slice(1, -4 - terms);
  expect(hex(lengthOf(58))).toBe('3f');
  expect(hex(lengthOf(59))).toBe('4104');
  expect(hex(lengthOf(4089))).toBe('4fff');
  expect(hex(lengthOf(4090))).toBe('810001');
  for (const terms of [0, 58, 59, 4089, 4090, 70_000]) {
    const bytes = scope('S', new Array<number>(terms).fill(0xa3));
    const first = bytes[1] as number;
    const more = first >> 6;
    let length = more === 0 ? first & 0x3f : first & 15;
    for (let n = 0; n < more; n++) length += (bytes[2 + n] as number) << (4 + 8 * n);
    expect(length).toBe(bytes.length - 1);
  }
});

test('definitions', () => {
  expect(hex(named('_ADR', integer(0)))).toBe(`08${ascii('_ADR')}00`);
  expect(hex(packageOf(integer(1), integer(5)))).toBe('120502010a05');
  expect(hex(buffer([1, 2, 3]))).toBe('11060a03010203');
  expect(hex(device('D', named('_UID', integer(1))))).toBe(`5b820b${ascii('D___')}08${ascii('_UID')}01`);
  expect(hex(method('M', 1))).toBe(`1406${ascii('M___')}09`);
});

test('resources', () => {
  expect(hex(resources(ports(0x70, 2), isaInterrupt(8)))).toBe('11100a0d4701700070000102220001' + '7900');
  expect(hex(levelInterrupts(10, 11))).toBe('890a000902' + '0a0000000b000000');
});
