/**
 * The ISA bridge, function 0 of a PIIX3 (Intel 290550): it leads the four PCI
 * interrupt wires to interrupt lines of the controllers.
 *
 * What holds: a line is driven while any wire that is routed to it is active, and no wire reaches
 * a line that the PIIX3 does not allow (0, 1, 2, 8, 13).
 */
import { EMULATOR_SUBSYSTEM } from './i440fx.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { PirqSink } from './pci-bus.ts';
import { PciFunction } from './pci-function.ts';

const PIRQ_ROUTES = 0x60;
const WIRES = 4;
const NOT_ROUTED = 0x80;
/** Lines 3 to 7, 9 to 12, 14 and 15. */
const ALLOWED = 0xdef8;

/** @param lineOf the line of an allowed interrupt number, for PCI alone */
export function createIsaBridge(lineOf: (irq: number) => IrqLine): PciFunction & PirqSink {
  return new IsaBridge(lineOf);
}

class IsaBridge extends PciFunction implements PirqSink {
  /** Bit n: wire n is active. */
  private active = 0;
  /** Lines that are driven now, a bit each. */
  private driven = 0;
  private readonly lines: (IrqLine | undefined)[];

  constructor(lineOf: (irq: number) => IrqLine) {
    super({ vendor: 0x8086, device: 0x7000, classCode: 0x060100, multifunction: true, ...EMULATOR_SUBSYSTEM });
    this.set16(0x04, 0x0007);
    this.set16(0x06, 0x0200);
    this.config.set([0x4d, 0x00, 0x03], 0x4c);
    this.config.fill(NOT_ROUTED, PIRQ_ROUTES, PIRQ_ROUTES + WIRES);
    this.allow(0x04, 0x08, 0x01);
    this.allow(0x0c, 0, 0);
    this.allow(0x4c, 0xff, 0x00, 0xff, 0x03);
    this.allow(PIRQ_ROUTES, 0x8f, 0x8f, 0x8f, 0x8f);
    this.allow(0x69, 0xfe);
    this.lines = Array.from({ length: 16 }, (_, irq) => (ALLOWED & (1 << irq) ? lineOf(irq) : undefined));
    this.onWrite = (first, last) => {
      if (last >= PIRQ_ROUTES && first < PIRQ_ROUTES + WIRES) this.drive();
    };
    this.onReset = () => this.drive();
  }

  setPirq(wire: number, active: boolean): void {
    this.active = active ? this.active | (1 << wire) : this.active & ~(1 << wire);
    this.drive();
  }

  private drive(): void {
    let wanted = 0;
    for (let wire = 0; wire < WIRES; wire++) {
      const route = this.config[PIRQ_ROUTES + wire] as number;
      if ((this.active & (1 << wire)) !== 0 && (route & NOT_ROUTED) === 0) wanted |= 1 << (route & 15);
    }
    wanted &= ALLOWED;
    const changed = wanted ^ this.driven;
    this.driven = wanted;
    for (let irq = 0; changed >> irq !== 0; irq++) {
      if ((changed & (1 << irq)) === 0) continue;
      if ((wanted & (1 << irq)) !== 0) this.lines[irq]?.raise();
      else this.lines[irq]?.lower();
    }
  }
}
