/**
 * Resource descriptors (ACPI specification, "Resource Data Types for ACPI"): what
 * a device says that it decodes. `resources` makes the buffer of them.
 */
import { type Aml, buffer } from './aml.ts';

const END_TAG = [0x79, 0x00];

const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => Math.floor(value / 2 ** (8 * n)) & 0xff);

export function resources(...descriptors: readonly Aml[]): Aml {
  return buffer([...descriptors.flat(), ...END_TAG]);
}

/** Ports that are fixed, all 16 bits decoded. */
export function ports(first: number, count: number): Aml {
  return [0x47, 0x01, ...bytesOf(first, 2), ...bytesOf(first, 2), 1, count];
}

/** An ISA interrupt: edge-triggered, of nobody else. */
export function isaInterrupt(irq: number): Aml {
  return [0x22, ...bytesOf(1 << irq, 2)];
}

/** One of these interrupts: level-triggered, shared. A single 0 is a place to be filled in, at byte 5. */
export function levelInterrupts(...numbers: readonly number[]): Aml {
  const list = numbers.flatMap((number) => bytesOf(number, 4));
  return [0x89, ...bytesOf(2 + list.length, 2), 0x09, numbers.length, ...list];
}

/** An address space of its own: minimum and maximum of what a bridge passes on. */
function addressSpace(size: 2 | 4, type: number, flags: number, first: number, last: number): Aml {
  const fields = [0, first, last, 0, last - first + 1].flatMap((value) => bytesOf(value, size));
  // Producer; positive decode; both ends fixed.
  return [size === 2 ? 0x88 : 0x87, ...bytesOf(3 + fields.length, 2), type, 0x0c, flags, ...fields];
}

export function busNumbers(first: number, last: number): Aml {
  return addressSpace(2, 2, 0, first, last);
}

/** Ports of the whole range, ISA's aliases included. */
export function portWindow(first: number, last: number): Aml {
  return addressSpace(2, 1, 3, first, last);
}

/** Memory, read and written, not cached. */
export function memoryWindow(first: number, last: number): Aml {
  return addressSpace(4, 0, 1, first, last);
}
