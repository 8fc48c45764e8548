/** The interrupt controllers on a board of their own, with what they did to the processor written down. */
import { InterruptControllers } from '../../../../src/vmm/devices/interrupt-controllers.ts';
import type { IrqLine } from '../../../../src/vmm/devices/interrupt-line.ts';
import { IoBus } from '../../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../../src/vmm/devices/mmio-bus.ts';
import { TestClock } from '../support.ts';

export const APIC = 0xfee0_0000;
export const IOAPIC = 0xfec0_0000;

export function board(withApic = true) {
  const clock = new TestClock();
  const io = new IoBus();
  const mmio = new MmioBus();
  const log: string[] = [];
  const controllers = new InterruptControllers(clock, withApic, {
    interrupt: (intr) => log.push(intr ? 'intr' : 'no intr'),
    nmi: () => log.push('nmi'),
    init: () => log.push('init'),
    deadlineOver: () => log.push('deadline over'),
    apicMoved: (from, to) => log.push(`apic ${from?.toString(16)} -> ${to?.toString(16)}`),
  });
  controllers.attach(io, mmio);
  log.length = 0;
  const lines = Array.from({ length: 16 }, (_, irq) => controllers.line(irq === 2 ? 0 : irq));
  /** The board's own driver of a line. */
  const line = (irq: number) => lines[irq] as IrqLine;
  const read = (at: number) => mmio.read(APIC + at, 4);
  const write = (at: number, value: number) => mmio.write(APIC + at, 4, value);
  const readIo = (index: number) => {
    mmio.write(IOAPIC, 4, index);
    return mmio.read(IOAPIC + 0x10, 4);
  };
  const writeIo = (index: number, value: number) => {
    mmio.write(IOAPIC, 4, index);
    mmio.write(IOAPIC + 0x10, 4, value);
  };
  /** Takes all that is pending, without ending any of it. */
  const take = () => {
    const vectors: number[] = [];
    while (controllers.intr) vectors.push(controllers.acknowledge());
    return vectors;
  };
  return { clock, io, mmio, log, controllers, line, read, write, readIo, writeIo, take };
}

/** A board whose APIC is switched on as an operating system does, spurious vector FFh, and whose LINT0 is masked. */
export function runningBoard() {
  const made = board();
  made.write(0xf0, 0x1ff);
  made.write(0x350, 0x10700);
  made.log.length = 0;
  return made;
}
