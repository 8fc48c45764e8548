/**
 * What firmware would have left behind, for a kernel that is booted without any:
 * RAM behind the BIOS area with the ACPI and MultiProcessor tables in it, the BIOS data area's
 * words about memory and screen, the PCI bus set up, and the display adapter in text mode.
 */
import type { CpuModel } from '../../cpu/cpu-model.ts';
import type { PhysicalMemory } from '../../cpu/physical-memory.ts';
import { PCI_BAR0, PCI_COMMAND } from '../devices/pci-function.ts';
import { findFont } from '../devices/vga/bios-font.ts';
import { VGA_DEVICE, VGA_VENDOR } from '../devices/vga/pci-vga.ts';
import { enterTextMode, TEXT_MODE_NOTES } from '../devices/vga/text-mode.ts';
import { LOW_MEMORY_END } from '../loaders/e820.ts';
import type { Platform } from '../platform.ts';
import { acpiTables } from './acpi-tables.ts';
import type { BoardDescription } from './board-description.ts';
import { mpTables } from './mp-table.ts';
import { pciFunction, setUpPci } from './pci-setup.ts';
import { link } from './table-linker.ts';

const AREA = 0xe_0000;
const TABLES = 0xf_0000;
const AREA_END = 0x10_0000;

/** Words of the BIOS data area: the segment of its extension, and KiB of conventional memory. */
const EBDA_SEGMENT = 0x40e;
const MEMORY_KIB = 0x413;

/** Registers of the host bridge: attributes of F0000h, of E0000h and E8000h. */
const PAM_BIOS = 0x59;
const PAM_EXTENSION = 0x5e;
/** Where the frame buffer is put, and the command bits that open it. */
const FRAME_BUFFER = 0xe000_0000;
const IO_AND_MEMORY = 3;

/** The machine as the tables describe it. */
export function describeBoard(platform: Platform): BoardDescription {
  return {
    apic: platform.interrupts.localApic !== undefined,
    serialPorts: [0, 1].filter((port) => (port === 0 ? platform.uart1 : platform.uart2) !== undefined),
    pciDevices: [...new Set(platform.pci.list().map(({ device }) => device))].filter((device) => device > 0),
  };
}

/** Leaves the machine as firmware would. At every start. */
export function prepareDirectBoot(platform: Platform, memory: PhysicalMemory, model: CpuModel, acpi = true): void {
  setUpPci(platform);
  platform.dma.enableCascade();
  const pci = pciFunction(platform, 0, 0);
  pci.write(PAM_BIOS, 0x30, 1);
  pci.write(PAM_EXTENSION, 0x3333, 2);
  memory.writeBytes(AREA, new Uint8Array(AREA_END - AREA));
  const board = describeBoard(platform);
  let next = TABLES;
  const place = (size: number, align: number) => {
    const start = Math.ceil(next / align) * align;
    next = start + size;
    return start;
  };
  if (acpi) for (const { address, bytes } of link(acpiTables(board), place)) memory.writeBytes(address, bytes);
  if (board.apic) {
    const start = Math.ceil(next / 16) * 16;
    memory.writeBytes(start, mpTables(start, model, board));
  }
  memory.write16(EBDA_SEGMENT, LOW_MEMORY_END >>> 4);
  memory.write16(MEMORY_KIB, LOW_MEMORY_END / 1024);
  prepareScreen(platform, memory);
  // The extension's first byte is its size in KiB.
  memory.write8(LOW_MEMORY_END, 1);
}

/** Text mode 3, and the frame buffer where kernels that do not look for it expect it. */
function prepareScreen({ pci: bus, vga }: Platform, memory: PhysicalMemory): void {
  if (vga === undefined) return;
  enterTextMode(vga, vga.bios === undefined ? undefined : findFont(vga.bios));
  for (const [address, ...bytes] of TEXT_MODE_NOTES) memory.writeBytes(address, Uint8Array.from(bytes));
  const found = bus.list().find(({ pci }) => pci.get16(0) === VGA_VENDOR && pci.get16(2) === VGA_DEVICE);
  if (found === undefined) return;
  bus.configure(found.device, found.number, PCI_BAR0, FRAME_BUFFER, 4);
  bus.configure(found.device, found.number, PCI_COMMAND, IO_AND_MEMORY, 2);
}
