/**
 * What the machine tells by fw_cfg: its size, what it boots, its memory map and
 * its ACPI tables. Keys as QEMU documents them.
 */
import type { FwCfg } from '../devices/fw-cfg.ts';
import { isBzImage, parseSetupHeader } from '../loaders/bzimage.ts';
import { E820_RAM } from '../loaders/e820.ts';
import { LoadError, zeroTerminated } from '../loaders/load-target.ts';
import { acpiTables, LOADER_FILE } from './acpi-tables.ts';
import type { BoardDescription } from './board-description.ts';
import { encodeCommands } from './table-linker.ts';

const UUID = 0x02;
const RAM_SIZE = 0x03;
const NO_GRAPHIC = 0x04;
const CPUS = 0x05;
const MACHINE_ID = 0x06;
const NUMA = 0x0d;
const BOOT_MENU = 0x0e;
const MAX_CPUS = 0x0f;
const KERNEL = { address: 0x07, size: 0x08, data: 0x11 } as const;
const INITRD = { address: 0x0a, size: 0x0b, data: 0x12 } as const;
const COMMAND_LINE = { address: 0x13, size: 0x14, data: 0x15 } as const;
const SETUP = { address: 0x16, size: 0x17, data: 0x18 } as const;
const KERNEL_ENTRY = 0x10;
const IRQ0_OVERRIDE = 0x8002;

/** Where a boot loader that takes kernel and command line from here puts them. */
const KERNEL_ADDRESS = 0x10_0000;
const SETUP_ADDRESS = 0x1_0000;
const COMMAND_LINE_ADDRESS = 0x2_0000;

export interface ConfiguredMachine {
  readonly ramSize: number;
  readonly board: BoardDescription;
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly append?: string;
  /** Whether firmware offers its menu of boot devices. Default false. */
  readonly bootMenu?: boolean;
  /** Whether there are ACPI tables. Default true. */
  readonly acpi?: boolean;
}

/** Fills in all items. */
export function configure(fwCfg: FwCfg, machine: ConfiguredMachine): void {
  const { ramSize, board } = machine;
  fwCfg.add(UUID, new Uint8Array(16));
  fwCfg.addNumber(RAM_SIZE, ramSize, 8);
  fwCfg.addNumber(NO_GRAPHIC, 0, 2);
  fwCfg.addNumber(CPUS, 1, 2);
  fwCfg.addNumber(MAX_CPUS, 1, 2);
  fwCfg.addNumber(MACHINE_ID, 0, 4);
  fwCfg.addNumber(NUMA, 0, 8);
  fwCfg.addNumber(BOOT_MENU, machine.bootMenu === true ? 1 : 0, 2);
  fwCfg.add(IRQ0_OVERRIDE, Uint8Array.of(1));
  fwCfg.addFile('etc/e820', memoryMap(ramSize));
  // S3 and S4 are not there; S5 is, as sleep type 0.
  fwCfg.addFile('etc/system-states', Uint8Array.of(0x80, 0, 0, 1, 2, 0x80));
  if (machine.acpi !== false) {
    const tables = acpiTables(board);
    for (const [name, bytes] of tables.files) fwCfg.addFile(name, bytes);
    fwCfg.addFile(LOADER_FILE, encodeCommands(tables.commands));
  }
  addKernel(fwCfg, machine);
}

type Item = { readonly address: number; readonly size: number; readonly data: number };

function addKernel(fwCfg: FwCfg, { kernel, initrd, append = '' }: ConfiguredMachine): void {
  const put = (item: Item, address: number, bytes: Uint8Array) => {
    fwCfg.addNumber(item.address, address, 4);
    fwCfg.addNumber(item.size, bytes.length, 4);
    fwCfg.add(item.data, bytes);
  };
  const setup = kernel === undefined ? 0 : setupSize(kernel);
  const image = kernel ?? new Uint8Array(0);
  put(KERNEL, KERNEL_ADDRESS, image.subarray(setup));
  put(SETUP, SETUP_ADDRESS, image.subarray(0, setup));
  put(COMMAND_LINE, COMMAND_LINE_ADDRESS, zeroTerminated(append));
  put(INITRD, 0, initrd ?? new Uint8Array(0));
  fwCfg.addNumber(KERNEL_ENTRY, KERNEL_ADDRESS, 4);
}

/** Bytes of real-mode code before a Linux kernel; none in any other. */
function setupSize(kernel: Uint8Array): number {
  if (!isBzImage(kernel)) return 0;
  try {
    return parseSetupHeader(kernel, '').kernelOffset;
  } catch (error) {
    // It will be said by whoever loads it.
    if (error instanceof LoadError) return 0;
    throw error;
  }
}

/** RAM in one piece from 0 on: firmware takes out what it reserves, and the hole below 1 MiB. */
function memoryMap(ramSize: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint32(8, ramSize, true);
  view.setUint32(16, E820_RAM, true);
  return new Uint8Array(view.buffer);
}
