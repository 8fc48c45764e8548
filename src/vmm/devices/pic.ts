/**
 * The PC's pair of 8259s: master at 20h/21h, slave at A0h/A1h cascaded to the
 * master's input 2, ELCR at 4D0h/4D1h.
 *
 * `intr` is the wire to the processor, kept current on every change;
 * `acknowledge` is the processor's INTA cycle.
 */
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import { PicChip } from './pic-chip.ts';

const CASCADE = 2;

export class Pic {
  readonly master = new PicChip(1 << CASCADE, 0xf8);
  readonly slave = new PicChip(0, 0xde);
  /** The INTR output. */
  intr = false;
  /** Told of each change of `intr`. */
  onChange: ((intr: boolean) => void) | undefined;

  constructor(onChange?: (intr: boolean) => void) {
    this.onChange = onChange;
  }

  /** Claims the pair's ports. */
  attach(io: IoBus): void {
    io.register(0x20, 2, this.portsOf(this.master));
    io.register(0xa0, 2, this.portsOf(this.slave));
    io.register(0x4d0, 2, {
      read: (port) => (port & 1 ? this.slave.elcr : this.master.elcr),
      write: (port, value) => {
        (port & 1 ? this.slave : this.master).writeElcr(value);
        this.update();
      },
    });
  }

  /**
   * The line of IRQ 0..15 (not 2, the cascade).
   * @throws RangeError for any other number.
   */
  line(irq: number): IrqLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === CASCADE) {
      throw new RangeError(`IRQ ${irq}: lines are 0 to 15 except 2`);
    }
    return { raise: () => this.setIrq(irq, true), lower: () => this.setIrq(irq, false) };
  }

  /** Drives IRQ `irq`. */
  setIrq(irq: number, active: boolean): void {
    (irq < 8 ? this.master : this.slave).setInput(irq & 7, active);
    this.update();
  }

  /** The INTA cycle: acknowledges the highest request and returns its vector (IRQ 7's or 15's if spurious). */
  acknowledge(): number {
    const level = this.master.acknowledge();
    let vector = this.master.vectorBase + level;
    // A spurious 7 leaves the master's in-service bits alone and never reaches the slave.
    if (level === CASCADE) {
      vector = this.slave.vectorBase + this.slave.acknowledge();
      // INTA drops the slave's output: what is still requested makes a new edge.
      this.master.setInput(CASCADE, false);
    }
    this.update();
    return vector & 0xff;
  }

  /** Power-on state. */
  reset(): void {
    this.slave.reset();
    this.master.reset();
    this.update();
  }

  private portsOf(chip: PicChip) {
    return {
      read: (port: number) => {
        const value = chip.read(port & 1);
        this.update(); // a poll acknowledges
        return value;
      },
      write: (port: number, value: number) => {
        chip.write(port & 1, value);
        this.update();
      },
    };
  }

  /** The registers of both as text. */
  describe(): string {
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    const line = (chip: PicChip, n: number) =>
      `pic${n}: irr=${hex(chip.irr)} imr=${hex(chip.imr)} isr=${hex(chip.isr)}`;
    return [this.master, this.slave].map(line).join('\n');
  }

  private update(): void {
    this.master.setInput(CASCADE, this.slave.pendingLevel() >= 0);
    const intr = this.master.pendingLevel() >= 0;
    if (intr !== this.intr) {
      this.intr = intr;
      this.onChange?.(intr);
    }
  }
}
