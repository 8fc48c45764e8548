/**
 * The PCI bus as firmware leaves it: every base address register has a place and
 * is switched on, the interrupt wires lead to interrupts, and each function is told its own.
 */
import { PIIX_DEVICE } from '../devices/chipset.ts';
import type { PciBus } from '../devices/pci-bus.ts';
import { PCI_BAR0, PCI_COMMAND, type PciFunction } from '../devices/pci-function.ts';
import type { Platform } from '../platform.ts';
import { pciWire, WIRE_IRQS } from './board-description.ts';

/** Bits of the command register. */
const IO_AND_MEMORY = 3;
const BARS = 6;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
/** A register of the ISA bridge. */
const PIRQ_ROUTES = 0x60;
/** Which of interrupts 8 to 15 are level-triggered. */
const ELCR_HIGH = 0x4d1;

/** Ports are given out upwards, memory downwards from the I/O APIC. */
const FIRST_PORT = 0xc000;
const MEMORY_END = 0xfec0_0000;

interface Register {
  readonly device: number;
  readonly number: number;
  readonly at: number;
  readonly io: boolean;
  readonly size: number;
}

/** Sets up the bus. At every start, after a reset. */
export function setUpPci(platform: Platform): void {
  assignAddresses(platform);
  routeInterrupts(platform);
}

/** The function at device and number. @throws Error where there is none */
export function pciFunction({ pci }: Platform, device: number, number: number): PciFunction {
  return pciFunctionOf(pci, device, number);
}

function pciFunctionOf(bus: PciBus, device: number, number: number): PciFunction {
  const found = bus.list().find((entry) => entry.device === device && entry.number === number);
  if (found === undefined) throw new Error(`PCI function ${device}.${number}: missing`);
  return found.pci;
}

/** Gives each register a range of its size, the largest first, and has the functions decode them. */
function assignAddresses({ pci: bus }: Platform): void {
  const found: Register[] = [];
  for (const { device, number, pci } of bus.list()) {
    for (let n = 0; n < BARS; n++) {
      const at = PCI_BAR0 + n * 4;
      bus.configure(device, number, at, 0xffff_ffff, 4);
      const mask = pci.get32(at);
      bus.configure(device, number, at, 0, 4);
      const io = (mask & 1) !== 0;
      // What cannot be written is the size.
      const size = io ? (~(mask & ~3) & 0xffff) + 1 : -(mask & ~15) >>> 0;
      if (mask !== 0) found.push({ device, number, at, io, size });
      // The upper half of a register of 64 bits stays 0.
      if (!io && ((mask >> 1) & 3) === 2) n++;
    }
  }
  let port = FIRST_PORT;
  let memory = MEMORY_END;
  for (const { device, number, at, io, size } of found.sort((a, b) => b.size - a.size)) {
    if (io) {
      port = Math.ceil(port / size) * size;
      bus.configure(device, number, at, port, 4);
      port += size;
    } else {
      memory = Math.floor((memory - size) / size) * size;
      bus.configure(device, number, at, memory, 4);
    }
    const command = pciFunctionOf(bus, device, number).get16(PCI_COMMAND);
    bus.configure(device, number, PCI_COMMAND, command | IO_AND_MEMORY, 2);
  }
}

/** Leads the PCI wires to interrupts, and tells each function which is its own. */
function routeInterrupts(platform: Platform): void {
  const { pci: bus, io } = platform;
  const isa = pciFunction(platform, PIIX_DEVICE, 0);
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
