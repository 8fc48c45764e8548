/** What firmware's tables say of a machine that is not the same in all of them. */
export interface BoardDescription {
  /** Whether the processor has a local APIC; then there is an I/O APIC, too. */
  readonly apic: boolean;
  /** Which serial ports there are: 0 is COM1, 1 is COM2. */
  readonly serialPorts: readonly number[];
  /** Devices of PCI bus 0 that there are. */
  readonly pciDevices: readonly number[];
}

/** The number of the I/O APIC; the processor's is 0. */
export const IO_APIC_ID = 1;
/** ISA interrupts that are level-triggered: power management's, and those that PCI can be led to. */
export const LEVEL_IRQS: readonly number[] = [5, 9, 10, 11];
/** Where the four PCI interrupt wires lead as long as nobody leads them elsewhere. */
export const WIRE_IRQS: readonly number[] = [10, 10, 11, 11];

/** The wire of a device's pin, both from 0: INTA# of device 1 is wire 0, and each device is one further on. */
export function pciWire(device: number, pin: number): number {
  return (device + pin + 3) & 3;
}
