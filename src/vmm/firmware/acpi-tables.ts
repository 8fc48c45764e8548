/**
 * The ACPI tables (ACPI specification, "ACPI System Description Tables"): RSDP,
 * RSDT, FADT, FACS, MADT and DSDT, to be linked by table-linker.ts.
 *
 * There is no system management mode: ACPI is always on, and no SMI command is told.
 */

import { IO_APIC_BASE } from '../devices/apic/io-apic.ts';
import { SCI_IRQ } from '../devices/power.ts';
import { type BoardDescription, IO_APIC_ID, LEVEL_IRQS } from './board-description.ts';
import { dsdtTerms } from './dsdt.ts';
import type { LinkableTables, LinkCommand } from './table-linker.ts';

/** Names of the files, as firmware knows them in fw_cfg. */
export const TABLES_FILE = 'etc/acpi/tables';
export const RSDP_FILE = 'etc/acpi/rsdp';
export const LOADER_FILE = 'etc/table-loader';

const HEADER_SIZE = 36;
const CHECKSUM_AT = 9;
const RSDP_SIZE = 20;
const RSDP_CHECKSUM_AT = 8;
const RSDP_RSDT_AT = 16;
const FACS_SIZE = 64;
const OEM = 'TRNSVS';
const OEM_TABLE = 'TRANSVIS';
const CREATOR = 'TRVS';

const FADT_SIZE = 244;
const FADT_FACS_AT = 36;
const FADT_DSDT_AT = 40;
const PM_BASE = 0x600;
const LOCAL_APIC_BASE = 0xfee0_0000;

/** Interrupt overrides: active high and level-triggered; as the bus has it. */
const LEVEL_HIGH = 0x0d;
const AS_BUS = 0;

/** All tables of a machine. */
export function acpiTables(board: BoardDescription): LinkableTables {
  const tables: number[] = [...facs()];
  const commands: LinkCommand[] = [
    { kind: 'allocate', file: TABLES_FILE, align: 64, low: false },
    { kind: 'allocate', file: RSDP_FILE, align: 16, low: true },
  ];
  const point = (file: string, offset: number) => commands.push({ kind: 'pointer', file, offset, to: TABLES_FILE });
  /** Appends a table whose doublewords at `pointers` point to other tables. Returns its offset. */
  const append = (bytes: Uint8Array, pointers: readonly number[] = []): number => {
    const start = tables.length;
    tables.push(...bytes);
    for (const at of pointers) point(TABLES_FILE, start + at);
    commands.push({
      kind: 'checksum',
      file: TABLES_FILE,
      offset: start + CHECKSUM_AT,
      start,
      length: bytes.length,
    });
    return start;
  };
  const dsdt = append(table('DSDT', 1, Uint8Array.from(dsdtTerms(board))));
  const listed = [append(fadt(0, dsdt), [FADT_FACS_AT, FADT_DSDT_AT])];
  if (board.apic) listed.push(append(table('APIC', 1, madt())));
  const entries = new Uint8Array(listed.length * 4);
  listed.forEach((at, n) => {
    new DataView(entries.buffer).setUint32(n * 4, at, true);
  });
  const rsdt = append(
    table('RSDT', 1, entries),
    listed.map((_, n) => HEADER_SIZE + n * 4),
  );
  point(RSDP_FILE, RSDP_RSDT_AT);
  commands.push({ kind: 'checksum', file: RSDP_FILE, offset: RSDP_CHECKSUM_AT, start: 0, length: RSDP_SIZE });
  return {
    files: new Map([
      [TABLES_FILE, Uint8Array.from(tables)],
      [RSDP_FILE, rsdp(rsdt)],
    ]),
    commands,
  };
}

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

/** A table with its header, without its checksum. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii(signature), 0);
  view.setUint32(4, bytes.length, true);
  bytes[8] = revision;
  bytes.set(ascii(OEM), 10);
  bytes.set(ascii(OEM_TABLE), 16);
  view.setUint32(24, 1, true);
  bytes.set(ascii(CREATOR), 28);
  view.setUint32(32, 1, true);
  bytes.set(body, HEADER_SIZE);
  return bytes;
}

/** The pointer by which the others are found: of ACPI 1.0. */
function rsdp(rsdt: number): Uint8Array {
  const bytes = new Uint8Array(RSDP_SIZE);
  bytes.set(ascii('RSD PTR '), 0);
  bytes.set(ascii(OEM), 9);
  new DataView(bytes.buffer).setUint32(RSDP_RSDT_AT, rsdt, true);
  return bytes;
}

/** The firmware control structure: a lock that nobody else takes. */
function facs(): Uint8Array {
  const bytes = new Uint8Array(FACS_SIZE);
  bytes.set(ascii('FACS'), 0);
  new DataView(bytes.buffer).setUint32(4, FACS_SIZE, true);
  return bytes;
}

/** The fixed description: where power management's registers are. */
function fadt(facsAt: number, dsdtAt: number): Uint8Array {
  const bytes = table('FACP', 3, new Uint8Array(FADT_SIZE - HEADER_SIZE));
  const view = new DataView(bytes.buffer);
  const fields: readonly (readonly [at: number, size: 1 | 2 | 4, value: number])[] = [
    [FADT_FACS_AT, 4, facsAt],
    [FADT_DSDT_AT, 4, dsdtAt],
    [46, 2, SCI_IRQ],
    [56, 4, PM_BASE], // PM1a events
    [64, 4, PM_BASE + 4], // PM1a control
    [76, 4, PM_BASE + 8], // timer
    [88, 1, 4],
    [89, 1, 2],
    [91, 1, 4],
    [96, 2, 0xfff], // no C2,
    [98, 2, 0xfff], // no C3
    [108, 1, 0x32], // the century in the CMOS
    [109, 2, 0x0003], // legacy devices, an 8042
    // WBINVD works, C1 exists, no sleep button and RTC wake among the fixed events, a reset register.
    [112, 4, (1 << 0) | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 10)],
    // The reset register: I/O, 8 bits, CF9h; and what to write.
    [116, 4, 0x0100_0801],
    [120, 4, 0xcf9],
    [128, 1, 0x06],
  ];
  for (const [at, size, value] of fields) {
    if (size === 4) view.setUint32(at, value, true);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint8(at, value);
  }
  return bytes;
}

/** The interrupt controllers: one processor, one I/O APIC, where ISA's interrupts are, NMI at LINT1. */
function madt(): Uint8Array {
  const le32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
  const override = (irq: number, input: number, flags: number) => [2, 10, 0, irq, ...le32(input), flags, 0];
  return Uint8Array.from([
    ...le32(LOCAL_APIC_BASE),
    ...le32(1), // there are 8259s, too
    ...[0, 8, 0, 0, ...le32(1)],
    ...[1, 12, IO_APIC_ID, 0, ...le32(IO_APIC_BASE), ...le32(0)],
    ...override(0, 2, AS_BUS),
    ...LEVEL_IRQS.flatMap((irq) => override(irq, irq, LEVEL_HIGH)),
    ...[4, 6, 0xff, 0, 0, 1],
  ]);
}
