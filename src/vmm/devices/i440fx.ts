/**
 * The host bridge, an 82441FX (Intel 290549): its programmable attribute map
 * says for each piece of C0000h to FFFFFh whether reads and writes go to RAM or to
 * the bus, where ROMs are. SMRAM control is kept, and changes nothing: this processor has no
 * system management mode.
 */
import { PciFunction } from './pci-function.ts';

/** Where an access to a piece of the legacy area goes. */
export interface ShadowMode {
  readonly readRam: boolean;
  readonly writeRam: boolean;
}

/** Applies the attributes of [start, start + size), multiples of 16 KiB. */
export type ShadowControl = (start: number, size: number, mode: ShadowMode) => void;

/** By these IDs firmware sees that it runs in an emulator that has a fw_cfg device and CMOS as QEMU has. */
export const EMULATOR_SUBSYSTEM = { subsystemVendor: 0x1af4, subsystem: 0x1100 } as const;

const PAM0 = 0x59;
const PAM6 = 0x5f;
const SMRAM = 0x72;
const READ_RAM = 1;
const WRITE_RAM = 2;
const BIOS_START = 0xf_0000;
const PIECE = 0x4000;

export function createHostBridge(setShadow: ShadowControl): PciFunction {
  const pci = new PciFunction({
    vendor: 0x8086,
    device: 0x1237,
    classCode: 0x060000,
    revision: 2,
    ...EMULATOR_SUBSYSTEM,
  });
  pci.set16(0x04, 0x0006);
  pci.set16(0x06, 0x2280);
  pci.config[SMRAM] = 0x02;
  pci.allow(0x50, 0xff, 0xff);
  pci.allow(PAM0, 0x30, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33);
  pci.allow(SMRAM, 0x78);

  const applied = new Map<number, number>();
  const apply = (start: number, size: number, bits: number) => {
    if ((applied.get(start) ?? 0) === bits) return;
    applied.set(start, bits);
    setShadow(start, size, { readRam: (bits & READ_RAM) !== 0, writeRam: (bits & WRITE_RAM) !== 0 });
  };
  const applyAll = () => {
    apply(BIOS_START, 0x1_0000, (pci.config[PAM0] as number) >> 4);
    for (let n = 0; n < 12; n++) {
      const byte = pci.config[PAM0 + 1 + (n >> 1)] as number;
      apply(0xc_0000 + n * PIECE, PIECE, (n & 1 ? byte >> 4 : byte) & 3);
    }
  };
  pci.onWrite = (first, last) => {
    if (last >= PAM0 && first <= PAM6) applyAll();
  };
  pci.onReset = applyAll;
  return pci;
}
