/**
 * ACPI machine language (ACPI specification, chapter "ACPI Machine Language"):
 * a function for each construct that our tables use, each giving its bytes.
 *
 * Names are written as in ASL: `_HID`, `\_SB.PCI0`, padded by themselves.
 */

/** Encoded terms. */
export type Aml = readonly number[];

const NAME_OP = 0x08;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const METHOD_OP = 0x14;
const STORE_OP = 0x70;
const AND_OP = 0x7b;
const OR_OP = 0x7d;
const CREATE_DWORD_FIELD_OP = 0x8a;
const IF_OP = 0xa0;
const RETURN_OP = 0xa4;
const EXTENDED = 0x5b;
const REGION_OP = 0x80;
const FIELD_OP = 0x81;
const DEVICE_OP = 0x82;
const PROCESSOR_OP = 0x83;

export const LOCAL0: Aml = [0x60];
export const ARG0: Aml = [0x68];
export const NULL_TARGET: Aml = [0];

const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => Math.floor(value / 2 ** (8 * n)) & 0xff);

/**
 * A name string.
 * @throws RangeError where a part has more than four characters
 */
export function name(path: string): Aml {
  const rooted = path.startsWith('\\');
  const parts = path.slice(rooted ? 1 : 0).split('.');
  const segments = parts.flatMap((part) => {
    if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(part)) throw new RangeError(`ACPI name '${path}': parts are 1 to 4 characters`);
    return [...part.padEnd(4, '_')].map((character) => character.charCodeAt(0));
  });
  const prefix = parts.length === 1 ? [] : parts.length === 2 ? [0x2e] : [0x2f, parts.length];
  return [...(rooted ? [0x5c] : []), ...prefix, ...segments];
}

/** A package length, which counts its own bytes, and what it is the length of. */
function sized(content: Aml): Aml {
  const { length } = content;
  if (length + 1 < 0x40) return [length + 1, ...content];
  const count = length + 2 < 0x1000 ? 1 : length + 3 < 0x10_0000 ? 2 : 3;
  const total = length + 1 + count;
  return [(count << 6) | (total & 15), ...bytesOf(total >>> 4, count), ...content];
}

/** An integer constant, 0 to 2^32 - 1. */
export function integer(value: number): Aml {
  if (value < 2) return [value];
  if (value <= 0xff) return [0x0a, value];
  return value <= 0xffff ? [0x0b, ...bytesOf(value, 2)] : [0x0c, ...bytesOf(value, 4)];
}

/** A device's ID, compressed: `PNP0A03`. */
export function eisaId(id: string): Aml {
  const [a, b, c] = [...id].map((character) => character.charCodeAt(0) - 0x40) as [number, number, number];
  const letters = (a << 10) | (b << 5) | c;
  const number = Number.parseInt(id.slice(3), 16);
  return integer(
    ((number & 0xff) * 2 ** 24 + (number >> 8) * 2 ** 16 + ((letters & 0xff) << 8) + (letters >> 8)) >>> 0,
  );
}

export function text(value: string): Aml {
  return [0x0d, ...[...value].map((character) => character.charCodeAt(0)), 0];
}

export function named(at: string, value: Aml): Aml {
  return [NAME_OP, ...name(at), ...value];
}

export function buffer(bytes: Aml): Aml {
  return [BUFFER_OP, ...sized([...integer(bytes.length), ...bytes])];
}

export function packageOf(...elements: readonly Aml[]): Aml {
  return [PACKAGE_OP, ...sized([elements.length, ...elements.flat()])];
}

export function scope(at: string, ...terms: readonly Aml[]): Aml {
  return [SCOPE_OP, ...sized([...name(at), ...terms.flat()])];
}

export function device(at: string, ...terms: readonly Aml[]): Aml {
  return [EXTENDED, DEVICE_OP, ...sized([...name(at), ...terms.flat()])];
}

/** @param id the number by which the MADT knows the processor; it has no register block */
export function processor(at: string, id: number): Aml {
  return [EXTENDED, PROCESSOR_OP, ...sized([...name(at), id, 0, 0, 0, 0, 0])];
}

/** A serialized method. @param parameters how many */
export function method(at: string, parameters: number, ...terms: readonly Aml[]): Aml {
  return [METHOD_OP, ...sized([...name(at), parameters | 8, ...terms.flat()])];
}

/** A region of PCI configuration space of the device it stands in. */
export function configRegion(at: string, offset: number, length: number): Aml {
  return [EXTENDED, REGION_OP, ...name(at), 2, ...integer(offset), ...integer(length)];
}

/** Fields of a byte each, accessed as bytes. */
export function byteFields(region: string, ...fields: readonly string[]): Aml {
  const list = fields.flatMap((field) => [...name(field), 8]);
  return [EXTENDED, FIELD_OP, ...sized([...name(region), 1, ...list])];
}

export function store(value: Aml, target: Aml): Aml {
  return [STORE_OP, ...value, ...target];
}

export function and(a: Aml, b: Aml, target: Aml = NULL_TARGET): Aml {
  return [AND_OP, ...a, ...b, ...target];
}

export function or(a: Aml, b: Aml, target: Aml = NULL_TARGET): Aml {
  return [OR_OP, ...a, ...b, ...target];
}

/** A name for the doubleword at byte `at` of a buffer. */
export function dwordField(of: Aml, at: number, field: string): Aml {
  return [CREATE_DWORD_FIELD_OP, ...of, ...integer(at), ...name(field)];
}

export function when(predicate: Aml, ...terms: readonly Aml[]): Aml {
  return [IF_OP, ...sized([...predicate, ...terms.flat()])];
}

export function give(value: Aml): Aml {
  return [RETURN_OP, ...value];
}
