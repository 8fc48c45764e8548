// The tables as a guest finds them: from the root pointer on, by addresses and checksums; and read by ACPICA's own tools.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acpiTables } from '../../../src/vmm/firmware/acpi-tables.ts';
import type { BoardDescription } from '../../../src/vmm/firmware/board-description.ts';
import { checksum, link } from '../../../src/vmm/firmware/table-linker.ts';

const BOARD: BoardDescription = { apic: true, serialPorts: [0, 1], pciDevices: [1, 3] };
const BASE = 0xf_0000;

/** The tables in memory from F0000h on: signature to address and bytes. */
function placed(board: BoardDescription) {
  const memory = new Uint8Array(0x1_0000);
  let next = BASE;
  for (const { address, bytes } of link(acpiTables(board), (size, align) => {
    const at = Math.ceil(next / align) * align;
    next = at + size;
    return at;
  })) {
    memory.set(bytes, address - BASE);
  }
  const view = new DataView(memory.buffer);
  const word = (at: number) => view.getUint32(at - BASE, true);
  const text = (at: number, length: number) => Buffer.from(memory.subarray(at - BASE, at - BASE + length)).toString();
  let rsdp = BASE;
  while (text(rsdp, 8) !== 'RSD PTR ') rsdp += 16;
  expect(checksum(memory.subarray(rsdp - BASE, rsdp - BASE + 20))).toBe(0);
  const found = new Map<string, Uint8Array>();
  const take = (at: number) => {
    const bytes = memory.subarray(at - BASE, at - BASE + word(at + 4));
    found.set(text(at, 4), bytes);
    return bytes;
  };
  const rsdt = take(word(rsdp + 16));
  for (let n = 36; n < rsdt.length; n += 4) take(new DataView(rsdt.buffer, rsdt.byteOffset).getUint32(n, true));
  const fadt = found.get('FACP') as Uint8Array;
  const fields = new DataView(fadt.buffer, fadt.byteOffset, fadt.length);
  take(fields.getUint32(36, true));
  take(fields.getUint32(40, true));
  expect(fields.getUint32(36, true) % 64).toBe(0);
  return { found, fields };
}

test('all are found from the root pointer, and their checksums are right', () => {
  const { found } = placed(BOARD);
  expect([...found.keys()].sort()).toEqual(['APIC', 'DSDT', 'FACP', 'FACS', 'RSDT']);
  for (const [signature, bytes] of found)
    if (signature !== 'FACS') expect([signature, checksum(bytes)]).toEqual([signature, 0]);
  expect([...placed({ ...BOARD, apic: false }).found.keys()].sort()).toEqual(['DSDT', 'FACP', 'FACS', 'RSDT']);
});

test('FADT: where power management is', () => {
  const { fields } = placed(BOARD);
  expect(fields.byteLength).toBe(244);
  expect(fields.getUint16(46, true)).toBe(9);
  expect([48, 56, 64, 76].map((at) => fields.getUint32(at, true))).toEqual([0, 0x600, 0x604, 0x608]);
  expect([fields.getUint32(120, true), fields.getUint8(128)]).toEqual([0xcf9, 6]);
});

test('MADT: one processor, one I/O APIC, overrides, NMI', () => {
  const madt = placed(BOARD).found.get('APIC') as Uint8Array;
  const entries: number[][] = [];
  for (let at = 44; at < madt.length; at += madt[at + 1] as number) {
    entries.push([...madt.subarray(at, at + (madt[at + 1] as number))]);
  }
  expect(entries.map(([type]) => type)).toEqual([0, 1, 2, 2, 2, 2, 2, 4]);
  expect(entries[1]).toEqual([1, 12, 1, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
  expect(entries[2]).toEqual([2, 10, 0, 0, 2, 0, 0, 0, 0, 0]);
  expect(entries[4]).toEqual([2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0]);
});

const hasIasl = spawnSync('iasl', ['-v']).status === 0;

test.skipIf(!hasIasl)('ACPICA disassembles the DSDT and compiles it again without an error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dsdt-'));
  try {
    writeFileSync(join(folder, 'dsdt.aml'), placed(BOARD).found.get('DSDT') as Uint8Array);
    expect(spawnSync('iasl', ['-d', 'dsdt.aml'], { cwd: folder }).status).toBe(0);
    const source = readFileSync(join(folder, 'dsdt.dsl'), 'latin1');
    for (const expected of [
      'Device (COM2)',
      'Method (_SRS, 1, Serialized)',
      'Package (0x04)  // _S5_',
      'Device (LNKC)',
    ]) {
      expect(source).toContain(expected);
    }
    expect(source).not.toMatch(/Unknown|error/i);
    const compiled = spawnSync('iasl', ['-tc', 'dsdt.dsl'], { cwd: folder, encoding: 'utf8' });
    expect(compiled.stdout + compiled.stderr).toContain('0 Errors');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
