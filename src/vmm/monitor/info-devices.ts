/** What the monitor tells of devices: PCI functions, the physical address space, drives, the display, input. */

import type { Machine } from '../machine.ts';
import { hex32 } from '../trace-log.ts';
import { limited } from './info-memory.ts';

const CLASSES: Readonly<Record<number, string>> = {
  256: 'SCSI controller',
  257: 'IDE controller',
  258: 'Floppy controller',
  384: 'SATA controller',
  512: 'Ethernet controller',
  768: 'VGA controller',
  896: 'Display controller',
  1536: 'Host bridge',
  1537: 'ISA bridge',
  1664: 'Bridge',
  1920: 'Communication controller',
  255: 'Device',
};

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

export function pci(machine: Machine): string {
  const lines: string[] = [];
  for (const { device, number, pci: f } of machine.devices().pci.list()) {
    const classCode = f.get16(0x0a);
    const id = `${hex(f.get16(0), 4)}:${hex(f.get16(2), 4)}`;
    lines.push(`  Bus  0, device ${String(device).padStart(3)}, function ${number}:`);
    lines.push(`    ${CLASSES[classCode] ?? `Class ${hex(classCode, 4)}`}: PCI device ${id}`);
    if (f.interruptPin !== 0) lines.push(`      IRQ ${f.config[0x3c]}, pin ${'ABCD'[f.interruptPin - 1]}`);
    for (const { bar, base } of f.windows()) {
      const at = hex(base, bar.kind === 'io' ? 4 : 8);
      const end = hex(base + bar.size - 1, bar.kind === 'io' ? 4 : 8);
      lines.push(`      ${bar.kind === 'io' ? 'I/O' : '32 bit memory'} at 0x${at} [0x${end}].`);
    }
  }
  return limited(lines);
}

/** The physical address space as runs of pages. */
export function memoryMap(machine: Machine): string {
  const { memory } = machine.inspect();
  const { mmio } = machine.devices();
  const devicePages = new Set(mmio.claimedPages());
  const kind = (page: number): string => {
    if (!memory.isReadable(page)) return devicePages.has(page) || mmio.claims(page) ? 'device' : '';
    if (!memory.canKeepCode(page)) return 'video memory';
    return memory.isRam(page) ? 'ram' : 'rom';
  };
  const lines: string[] = [];
  let start = 0;
  let current = kind(0);
  for (let page = 1; page <= 0x10_0000; page++) {
    const next = page < 0x10_0000 ? kind(page) : 'end';
    if (next === current) continue;
    if (current !== '') lines.push(`${hex32(start << 12)}-${hex32((page << 12) - 1)}: ${current}`);
    start = page;
    current = next;
  }
  return limited(lines);
}

export function blocks(machine: Machine): string {
  const media = machine.media();
  if (media.length === 0) return 'no drives with media that can be changed';
  return media
    .map(({ name, backend }) => {
      if (backend === undefined) return `${name}: [not inserted]`;
      return `${name}: ${backend.sectors * 512} bytes${backend.readOnly ? ' (read-only)' : ''}`;
    })
    .join('\n');
}

export function vga(machine: Machine): string {
  const { screen } = machine;
  const adapter = machine.devices().vga;
  if (screen === undefined || adapter === undefined) return 'no display adapter';
  const { width, height, blank } = screen.size();
  const text = screen.text();
  const what = blank ? 'blank' : text === undefined ? 'graphics' : `text ${text.columns}x${text.rows}`;
  const { dispi } = adapter;
  const vbe = dispi.active ? `, VBE interface with ${dispi.bits} bits a pixel` : '';
  return `${width}x${height}, ${what}${vbe}`;
}

export function keyboardAndMouse(machine: Machine): string {
  const { keyboard, mouse } = machine.devices().i8042;
  const on = (enabled: boolean) => (enabled ? 'enabled' : 'disabled');
  return `keyboard: ${on(keyboard.enabled)}, scan code set ${keyboard.scanSet}\nmouse: ${on(mouse.enabled)}`;
}
