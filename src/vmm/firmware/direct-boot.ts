/**
 * What firmware would have left behind, for a kernel that is booted without any:
 * RAM behind the BIOS area with the ACPI and MultiProcessor tables in it, the BIOS data area's
 * words about memory and screen, PCI interrupts routed, and the display adapter in text mode.
 */
import type { CpuModel } from '../../cpu/cpu-model.ts';
import type { PhysicalMemory } from '../../cpu/physical-memory.ts';
import { PIIX_DEVICE } from '../devices/chipset.ts';
import type { PciBus } from '../devices/pci-bus.ts';
import { PCI_BAR0, PCI_COMMAND } from '../devices/pci-function.ts';
import { findFont } from '../devices/vga/bios-font.ts';
import { VGA_DEVICE, VGA_VENDOR } from '../devices/vga/pci-vga.ts';
import { enterTextMode, TEXT_MODE_NOTES } from '../devices/vga/text-mode.ts';
import { LOW_MEMORY_END } from '../loaders/e820.ts';
import type { Platform } from '../platform.ts';
import { acpiTables } from './acpi-tables.ts';
import { type BoardDescription, pciWire, WIRE_IRQS } from './board-description.ts';
import { mpTables } from './mp-table.ts';
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
/** Registers of the ISA bridge. */
const PIRQ_ROUTES = 0x60;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
/** Where the frame buffer is put, and the command bits that open it. */
const FRAME_BUFFER = 0xe000_0000;
const IO_AND_MEMORY = 3;
const ELCR_HIGH = 0x4d1;

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
  routeInterrupts(platform);
  platform.dma.enableCascade();
  const { pci } = at(platform.pci, 0, 0);
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

function at(bus: PciBus, device: number, number: number) {
  const found = bus.list().find((entry) => entry.device === device && entry.number === number);
  if (found === undefined) throw new Error(`PCI function ${device}.${number}: missing`);
  return found;
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

/** Leads the PCI wires to interrupts, and tells each function which is its own. */
function routeInterrupts({ pci: bus, io }: Platform): void {
  const isa = at(bus, PIIX_DEVICE, 0).pci;
  WIRE_IRQS.forEach((irq, wire) => {
    isa.write(PIRQ_ROUTES + wire, irq, 1);
  });
  io.write(ELCR_HIGH, 1, io.read(ELCR_HIGH, 1) | WIRE_IRQS.reduce((bits, irq) => bits | (1 << (irq - 8)), 0));
  for (const { device, pci } of bus.list()) {
    const pin = pci.config[INTERRUPT_PIN] as number;
    if (device > PIIX_DEVICE && pin > 0) {
      pci.write(INTERRUPT_LINE, WIRE_IRQS[pciWire(device, pin - 1)] as number, 1);
    }
  }
}
