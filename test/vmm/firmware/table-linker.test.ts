import { expect, test } from 'vitest';
import { checksum, encodeCommands, type LinkableTables, link } from '../../../src/vmm/firmware/table-linker.ts';

const tables: LinkableTables = {
  files: new Map([
    ['a', Uint8Array.of(4, 0, 0, 0, 0, 1)],
    ['b', new Uint8Array(40)],
  ]),
  commands: [
    { kind: 'allocate', file: 'b', align: 64, low: false },
    { kind: 'allocate', file: 'a', align: 16, low: true },
    { kind: 'pointer', file: 'a', offset: 0, to: 'b' },
    { kind: 'checksum', file: 'a', offset: 4, start: 0, length: 6 },
  ],
};

test('linked: addresses are added, checksums made, and the files stay as they are', () => {
  const asked: number[][] = [];
  const [b, a] = link(tables, (size, align) => {
    asked.push([size, align]);
    return asked.length * 0x1000;
  });
  expect(asked).toEqual([
    [40, 64],
    [6, 16],
  ]);
  expect(b).toEqual({ address: 0x1000, bytes: new Uint8Array(40) });
  expect(a).toEqual({ address: 0x2000, bytes: Uint8Array.of(4, 0x10, 0, 0, 0xeb, 1) });
  expect(checksum(a?.bytes ?? new Uint8Array(1).fill(1))).toBe(0);
  expect(tables.files.get('a')?.[1]).toBe(0);
});

test('encoded: entries of 128 bytes', () => {
  const bytes = encodeCommands(tables.commands);
  const view = new DataView(bytes.buffer);
  expect(bytes.length).toBe(4 * 128);
  expect([0, 128, 256, 384].map((at) => view.getUint32(at, true))).toEqual([1, 1, 2, 3]);
  const text = (at: number) =>
    Buffer.from(bytes.subarray(at, at + 56))
      .toString('latin1')
      .replace(/\0+$/, '');
  expect([text(4), text(132), text(260), text(316), text(388)]).toEqual(['b', 'a', 'a', 'b', 'a']);
  expect([view.getUint32(60, true), bytes[64], view.getUint32(188, true), bytes[192]]).toEqual([64, 1, 16, 2]);
  expect([view.getUint32(256 + 116, true), bytes[256 + 120]]).toEqual([0, 4]);
  expect([444, 448, 452].map((at) => view.getUint32(at, true))).toEqual([4, 0, 6]);
});
