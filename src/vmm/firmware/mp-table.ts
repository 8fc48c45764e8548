/**
 * The tables of the MultiProcessor Specification 1.4, for systems that do not
 * read ACPI's: floating pointer, configuration header, processor, buses, I/O APIC and
 * how interrupts are wired.
 */

import { featureBits } from '../../cpu/cpu-features.ts';
import { type CpuModel, signature } from '../../cpu/cpu-model.ts';
import { IO_APIC_BASE } from '../devices/apic/io-apic.ts';
import { type BoardDescription, IO_APIC_ID, LEVEL_IRQS, pciWire, WIRE_IRQS } from './board-description.ts';
import { checksum } from './table-linker.ts';

const POINTER_SIZE = 16;
const HEADER_SIZE = 44;
const LOCAL_APIC_BASE = 0xfee0_0000;
const PCI_BUS = 0;
const ISA_BUS = 1;
const ALL_APICS = 0xff;
/** Kinds of interrupt. */
const VECTORED = 0;
const NMI = 1;
const EXTERNAL = 3;
/** Active high, level-triggered; as the bus has it. */
const LEVEL_HIGH = 0x0d;
const AS_BUS = 0;

/** The floating pointer and, behind it, the table, to be put at `address`: 16-byte aligned, between F0000h and FFFFFh. */
export function mpTables(address: number, model: CpuModel, { pciDevices }: BoardDescription): Uint8Array {
  const le16 = (value: number) => [value & 0xff, (value >>> 8) & 0xff];
  const le32 = (value: number) => [...le16(value & 0xffff), ...le16(value >>> 16)];
  const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));
  const interrupt = (kind: number, flags: number, bus: number, irq: number, input: number) => [
    ...[3, kind, ...le16(flags), bus, irq, IO_APIC_ID, input],
  ];
  const local = (kind: number, pin: number) => [4, kind, ...le16(AS_BUS), ISA_BUS, 0, ALL_APICS, pin];
  const processor = [0, 0, 0x14, 0x03, ...le32(signature(model)), ...le32(featureBits(model.features, 1, 'edx'))];
  const isa = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  const entries: number[][] = [
    [...processor, ...le32(0), ...le32(0)],
    [1, PCI_BUS, ...ascii('PCI   ')],
    [1, ISA_BUS, ...ascii('ISA   ')],
    [2, IO_APIC_ID, 0x11, 1, ...le32(IO_APIC_BASE)],
    ...isa.map((irq) =>
      interrupt(VECTORED, LEVEL_IRQS.includes(irq) ? LEVEL_HIGH : AS_BUS, ISA_BUS, irq, irq === 0 ? 2 : irq),
    ),
    ...pciDevices.flatMap((slot) =>
      [0, 1, 2, 3].map((pin) =>
        interrupt(VECTORED, LEVEL_HIGH, PCI_BUS, slot * 4 + pin, WIRE_IRQS[pciWire(slot, pin)] as number),
      ),
    ),
    local(EXTERNAL, 0),
    local(NMI, 1),
  ];
  const body = entries.flat();
  const length = HEADER_SIZE + body.length;
  const table = Uint8Array.from([
    ...ascii('PCMP'),
    ...le16(length),
    ...[4, 0],
    ...ascii('TRNSVSOR'),
    ...ascii('TRANSVISOR  '),
    ...le32(0),
    ...le16(0),
    ...le16(entries.length),
    ...le32(LOCAL_APIC_BASE),
    ...le32(0),
    ...body,
  ]);
  table[7] = checksum(table);
  // Virtual wire mode: nothing has to be switched by the IMCR.
  const pointer = Uint8Array.from([...ascii('_MP_'), ...le32(address + POINTER_SIZE), 1, 4, 0, 0, 0, 0, 0, 0]);
  pointer[10] = checksum(pointer);
  const both = new Uint8Array(POINTER_SIZE + length);
  both.set(pointer);
  both.set(table, POINTER_SIZE);
  return both;
}
