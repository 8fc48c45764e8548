// What a kernel finds that is booted without firmware.
import { afterEach, expect, test } from 'vitest';
import { createMachine, type Machine, type MachineOptions } from '../../../src/index.ts';
import { elf } from '../loaders/support.ts';

let machine: Machine;
afterEach(() => machine.dispose());

function start(options: MachineOptions = {}) {
  machine = createMachine({ memory: 8 << 20, kernel: elf(), engine: 'interpret', ...options });
  return machine.inspect().memory;
}

/** Addresses between F0000h and FFFFFh, of 16 bytes each, that begin with a text. */
function find(memory: ReturnType<typeof start>, text: string): number[] {
  const area = Buffer.from(memory.readBytes(0xf_0000, 0x1_0000));
  const found: number[] = [];
  for (let at = 0; at < area.length; at += 16) {
    if (area.subarray(at, at + text.length).toString('latin1') === text) found.push(0xf_0000 + at);
  }
  return found;
}

test('tables in RAM behind the BIOS area, the BIOS data area, and the rest of the area empty', () => {
  const memory = start();
  expect(find(memory, 'RSD PTR ')).toHaveLength(1);
  expect(find(memory, '_MP_')).toHaveLength(1);
  expect([memory.read16(0x40e), memory.read16(0x413), memory.read8(0x9fc00)]).toEqual([0x9fc0, 639, 1]);
  expect(memory.readBytes(0xe_0000, 0x1_0000).every((byte) => byte === 0)).toBe(true);
  memory.write32(0xf_ff00, 0x12345678);
  expect(memory.read32(0xf_ff00)).toBe(0x12345678);
});

test('they are there anew after a reset', () => {
  const memory = start();
  const [rsdp = 0] = find(memory, 'RSD PTR ');
  memory.writeBytes(0xf_0000, new Uint8Array(0x1_0000).fill(0xff));
  machine.reset();
  expect(find(memory, 'RSD PTR ')).toEqual([rsdp]);
  expect(memory.read8(0xf_ffff)).toBe(0);
});

test('without ACPI, and without an APIC', () => {
  const bare = start({ acpi: false });
  expect([find(bare, 'RSD PTR ').length, find(bare, '_MP_').length]).toEqual([0, 1]);
  machine.dispose();
  const old = start({ cpu: '486' });
  expect([find(old, 'RSD PTR ').length, find(old, '_MP_').length]).toEqual([1, 0]);
});

test('with firmware given, nothing of it', () => {
  const memory = start({ bios: new Uint8Array(0x1_0000).fill(0xf4) });
  expect([find(memory, 'RSD PTR ').length, find(memory, '_MP_').length, memory.read16(0x40e)]).toEqual([0, 0, 0]);
});
