/** What the monitor's `info` tells, by topic. */
import type { Machine } from '../machine.ts';
import { blocks, keyboardAndMouse, memoryMap, pci, vga } from './info-devices.ts';
import { gdt, idt, mappings, tlb } from './info-memory.ts';

function jit(machine: Machine): string {
  const { engine, retired, counters } = machine.stats();
  const lines = [`engine ${engine}`];
  for (const [name, count] of Object.entries(retired)) lines.push(`retired.${name} ${count}`);
  for (const [name, value] of Object.entries(counters)) {
    if (typeof value === 'number') lines.push(`${name} ${value}`);
    else for (const [part, count] of Object.entries(value)) lines.push(`${name}.${part} ${count}`);
  }
  return lines.join('\n');
}

function status(machine: Machine): string {
  return machine.isHeld() ? 'VM status: paused' : 'VM status: running';
}

function cpus(machine: Machine): string {
  const cpu = machine.inspect();
  return `* CPU #0: eip=0x${(cpu.eip >>> 0).toString(16).padStart(8, '0')}${cpu.halted ? ' (halted)' : ''}`;
}

export const INFO: Readonly<Record<string, (machine: Machine) => string>> = {
  registers: (machine) => machine.describe(),
  cpus,
  status,
  tlb: (machine) => tlb(machine.inspect()),
  mem: (machine) => mappings(machine.inspect()),
  mtree: memoryMap,
  gdt: (machine) => gdt(machine.inspect()),
  idt: (machine) => idt(machine.inspect()),
  pic: (machine) => machine.describePic(),
  pci,
  block: blocks,
  vga,
  mice: keyboardAndMouse,
  snapshots: () => 'There is no snapshot available.',
  jit,
};
