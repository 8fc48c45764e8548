/**
 * A parallel port with a printer that is always ready: data, status and control at three ports in a row. A byte is
 * printed when the strobe goes active; the printer acknowledges at once, with an interrupt where that is wanted.
 */
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';

/** Base port and IRQ of LPT1 to LPT3. */
export const PARALLEL_PORTS: readonly { readonly base: number; readonly irq: number }[] = [
  { base: 0x378, irq: 7 },
  { base: 0x278, irq: 5 },
  { base: 0x3bc, irq: 7 },
];

/** Status: not busy, no acknowledgement under way, paper, selected, no error. Bits 0 to 2 read one. */
const READY = 0xdf;
/** Control: strobe, the other lines to the printer, interrupt at the acknowledgement; bits 6 and 7 do not exist. */
const STROBE = 0x01;
const INTERRUPT = 0x10;
/** Data lines are inputs: a reader of a bidirectional port sees what the printer drives, which is nothing. */
const INPUT = 0x20;
const CONTROL_ONES = 0xc0;

/** Puts a port with a printer at `base`; each byte printed goes to `sink`. */
export function attachParallelPort(io: IoBus, base: number, line: IrqLine, sink: (byte: number) => void): void {
  let data = 0;
  let control = 0x0c;
  io.register(base, 3, {
    read: (port) => {
      if (port === base) return (control & INPUT) !== 0 ? 0xff : data;
      return port === base + 1 ? READY : control | CONTROL_ONES;
    },
    write: (port, value) => {
      if (port === base) data = value;
      if (port !== base + 2) return;
      const strobed = (value & ~control & STROBE) !== 0;
      control = value & 0x3f;
      if (!strobed) return;
      sink(data);
      if ((control & INTERRUPT) === 0) return;
      line.raise();
      line.lower();
    },
  });
}
