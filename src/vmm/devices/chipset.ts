/**
 * The chipset of a PC of 1996, put together: PCI bus, 82441FX host bridge, PIIX
 * with ISA bridge and power management.
 */
import { createHostBridge, type ShadowControl } from './i440fx.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import type { MmioBus } from './mmio-bus.ts';
import { PciBus } from './pci-bus.ts';
import { createIsaBridge } from './piix3.ts';
import { createPowerFunction } from './piix4-power.ts';
import type { Power } from './power.ts';

export type { ShadowControl } from './i440fx.ts';

export interface ChipsetParts {
  readonly io: IoBus;
  readonly mmio: MmioBus;
  readonly power: Power;
  /** An input of an interrupt line, for PCI alone. */
  readonly lineOf: (irq: number) => IrqLine;
  /** What obeys the host bridge's attribute map. */
  readonly setShadow: ShadowControl;
  /** The guest's request, by CF9h. */
  readonly onReset: () => void;
}

/** Where the PIIX's functions are: 1.0, 1.1 (IDE), 1.3. */
export const PIIX_DEVICE = 1;

export function createChipset({ io, mmio, power, lineOf, setShadow, onReset }: ChipsetParts): PciBus {
  const bus = new PciBus(io, mmio, onReset);
  const isa = createIsaBridge(lineOf);
  bus.add(0, 0, createHostBridge(setShadow));
  bus.add(PIIX_DEVICE, 0, isa);
  bus.add(PIIX_DEVICE, 3, createPowerFunction(io, power));
  bus.pirqSink = isa;
  return bus;
}
