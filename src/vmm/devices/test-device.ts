/**
 * The device that bare-metal unit tests drive (`-device pc-testdev`, as QEMU has
 * it): a register to try port accesses with, the interrupt lines in software's hand, and a piece of
 * device memory.
 */

import { IO_APIC_PINS } from './apic/io-apic.ts';
import type { InterruptControllers } from './interrupt-controllers.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { AccessSize, IoBus, IoHandler } from './io-bus.ts';
import type { MmioBus, MmioHandler } from './mmio-bus.ts';

/** A register that keeps what is written, byte by byte; another that takes single bytes only. */
const ECHO = 0xe0;
/** A write has a page of memory forgotten by whoever holds it for the guest: here nobody does. */
const FLUSH = 0xe4;
const BYTE_ECHO = 0xe8;
const IRQ_LINES = 0x2000;
const MEMORY = 0xff00_0000;
const MEMORY_SIZE = 0x1_0000;
const ISA_LINES = 16;
const CASCADE = 2;

/** Four ports that read what was written to them. */
function echo(first: number, wide: boolean): IoHandler {
  const bytes = new Uint8Array(4);
  return {
    wide,
    read(port, size) {
      let value = 0;
      for (let n = 0; n < size; n++) value += (bytes[(port - first + n) & 3] as number) * 2 ** (8 * n);
      return value;
    },
    write(port, value, size) {
      for (let n = 0; n < size; n++) bytes[(port - first + n) & 3] = value >>> (8 * n);
    },
  };
}

/** Puts the device on its ports and pages. */
export function attachTestDevice(io: IoBus, mmio: MmioBus, interrupts: InterruptControllers): void {
  io.register(ECHO, 4, echo(ECHO, true));
  io.register(FLUSH, 4, { wide: true, read: () => 0, write() {} });
  io.register(BYTE_ECHO, 4, echo(BYTE_ECHO, false));
  const lines = Array.from({ length: IO_APIC_PINS }, (_, pin) => lineOf(interrupts, pin));
  io.register(IRQ_LINES, IO_APIC_PINS, {
    read: () => 0,
    write(port, value) {
      const line = lines[port - IRQ_LINES];
      if (value !== 0) line?.raise();
      else line?.lower();
    },
  });
  mmio.register(MEMORY, MEMORY_SIZE, deviceMemory());
}

/** ISA's lines go to both kinds of controller, those above to the I/O APIC alone. */
function lineOf(interrupts: InterruptControllers, pin: number): IrqLine | undefined {
  if (pin < ISA_LINES) return pin === CASCADE ? undefined : interrupts.line(pin);
  return {
    raise: () => interrupts.ioApic.setInput(pin, true),
    lower: () => interrupts.ioApic.setInput(pin, false),
  };
}

function deviceMemory(): MmioHandler {
  const bytes = new Uint8Array(MEMORY_SIZE);
  return {
    read(offset: number, size: AccessSize) {
      let value = 0;
      for (let n = 0; n < size; n++) value += (bytes[offset + n] ?? 0xff) * 2 ** (8 * n);
      return value;
    },
    write(offset: number, value: number, size: AccessSize) {
      for (let n = 0; n < size; n++) bytes[offset + n] = value >>> (8 * n);
    },
  };
}
