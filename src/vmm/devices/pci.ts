/**
 * The PCI bus as configuration mechanism 1 shows it (CF8h/CFCh), with a
 * 440FX-like host bridge, the PIIX3's ISA bridge and the PIIX4's power management
 * function; and the reset control register at CF9h.
 *
 * A function is 256 bytes of configuration space and a mask of the bits that can
 * be written. What is not there reads all ones, by which guests see that.
 */
import { type AccessSize, allOnes, type IoBus } from './io-bus.ts';

/** One PCI function's configuration space. */
export class PciFunction {
  readonly config = new Uint8Array(256);
  readonly writable = new Uint8Array(256);
  /** `config` at reset. */
  readonly initial: Uint8Array;

  /**
   * @param fields bytes at reset, as [offset, ...bytes]
   * @param writable writable bits, as [offset, ...masks]
   */
  constructor(fields: readonly (readonly number[])[], writable: readonly (readonly number[])[]) {
    for (const [at, ...bytes] of fields) {
      this.config.set(bytes, at);
    }
    for (const [at, ...bytes] of writable) {
      this.writable.set(bytes, at);
    }
    this.initial = this.config.slice();
  }

  reset(): void {
    this.config.set(this.initial);
  }
}

const ENABLE = 0x8000_0000;
const RESET_CPU = 0x04;

/** Command register bits of these bridges that stick; latency timer; interrupt line. */
const COMMON_WRITABLE = [[0x04, 0x47, 0x01]] as const;

/** Host bridge 8086:1237; its PAM and SMRAM registers are kept, and change nothing. */
function hostBridge(): PciFunction {
  return new PciFunction(
    [
      [0x00, 0x86, 0x80, 0x37, 0x12, 0x06, 0x00, 0x80, 0x22, 0x02, 0x00, 0x00, 0x06],
      [0x72, 0x02],
    ],
    [
      ...COMMON_WRITABLE,
      [0x0d, 0xf8],
      [0x50, 0xff, 0xff],
      [0x59, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x72, 0x7f],
    ],
  );
}

/** ISA bridge 8086:7000: interrupt routing (60h..63h) off, multifunction. */
function isaBridge(): PciFunction {
  return new PciFunction(
    [
      [0x00, 0x86, 0x80, 0x00, 0x70, 0x07, 0x00, 0x00, 0x02, 0x00, 0x00, 0x01, 0x06, 0x00, 0x00, 0x80],
      [0x4c, 0x4d],
      [0x4e, 0x03],
      [0x60, 0x80, 0x80, 0x80, 0x80],
    ],
    [
      [0x04, 0x08, 0x01],
      [0x4c, 0xff],
      [0x4e, 0xff, 0x03],
      [0x60, 0x8f, 0x8f, 0x8f, 0x8f],
      [0x69, 0xfe],
    ],
  );
}

/** Power management 8086:7113: its base is fixed at 600h and enabled, as firmware would leave it. */
function powerManagement(): PciFunction {
  return new PciFunction(
    [
      [0x00, 0x86, 0x80, 0x13, 0x71, 0x00, 0x00, 0x80, 0x02, 0x03, 0x00, 0x80, 0x06],
      [0x3c, 0x09, 0x01],
      [0x40, 0x01, 0x06, 0x00, 0x00],
      [0x80, 0x01],
    ],
    [
      [0x04, 0x01, 0x00],
      [0x3c, 0xff],
    ],
  );
}

export class PciBus {
  /** CF8h: the configuration address, unsigned. */
  address = 0;
  /** CF9h. */
  resetControl = 0;
  /** Functions of bus 0, by device * 8 + function. */
  private readonly functions = new Map<number, PciFunction>([
    [0, hostBridge()],
    [8, isaBridge()],
    [11, powerManagement()],
  ]);
  private readonly onReset: () => void;

  constructor(onReset: () => void) {
    this.onReset = onReset;
  }

  attach(io: IoBus): void {
    io.register(0xcf8, 4, {
      wide: true,
      read: (port, size) => this.readAddress(port, size),
      write: (port, value, size) => this.writeAddress(port, value, size),
    });
    io.register(0xcfc, 4, {
      wide: true,
      read: (port, size) => this.readData(port & 3, size),
      write: (port, value, size) => this.writeData(port & 3, value, size),
    });
  }

  reset(): void {
    this.address = 0;
    this.resetControl = 0;
    for (const each of this.functions.values()) {
      each.reset();
    }
  }

  private readAddress(port: number, size: AccessSize): number {
    if (port === 0xcf8 && size === 4) {
      return this.address;
    }
    return port === 0xcf9 && size === 1 ? this.resetControl : allOnes(size);
  }

  /** Only a doubleword reaches the address register; a byte at CF9h is reset control. */
  private writeAddress(port: number, value: number, size: AccessSize): void {
    if (port === 0xcf8 && size === 4) {
      this.address = (value & ~0x7f00_0003) >>> 0;
    } else if (port === 0xcf9 && size === 1) {
      const rising = (value & ~this.resetControl & RESET_CPU) !== 0;
      this.resetControl = value & 0x02;
      if (rising) {
        this.onReset();
      }
    }
  }

  /** The function that the address register selects. */
  private selected(): PciFunction | undefined {
    const address = this.address;
    const bus = (address >>> 16) & 0xff;
    return address < ENABLE || bus !== 0 ? undefined : this.functions.get((address >>> 8) & 0xff);
  }

  private readData(lane: number, size: AccessSize): number {
    const selected = this.selected();
    if (selected === undefined) {
      return allOnes(size);
    }
    let value = 0;
    for (let i = 0; i < size; i++) {
      // A doubleword at CFDh runs over the register's end; those lanes float.
      const byte = lane + i < 4 ? (selected.config[(this.address & 0xfc) + lane + i] as number) : 0xff;
      value |= byte << (i * 8);
    }
    return value >>> 0;
  }

  private writeData(lane: number, value: number, size: AccessSize): void {
    const selected = this.selected();
    if (selected === undefined) {
      return;
    }
    for (let i = 0; i < size && lane + i < 4; i++) {
      const at = (this.address & 0xfc) + lane + i;
      const mask = selected.writable[at] as number;
      selected.config[at] = ((selected.config[at] as number) & ~mask) | ((value >>> (i * 8)) & mask);
    }
  }
}
