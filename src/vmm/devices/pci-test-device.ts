/**
 * QEMU's PCI test device (`-device pci-testdev`, its documentation docs/specs/pci-testdev):
 * BAR 0 is memory, BAR 1 ports, and each has registers that say which access to make, and count how often
 * it was made.
 *
 * There is one test for each BAR: the others that QEMU has are about how it is told of a write.
 */
import type { AccessSize } from './io-bus.ts';
import { PciFunction } from './pci-function.ts';

const MEMORY_SIZE = 0x1000;
const PORTS = 0x100;
/** Registers: the test to begin, the width of its access, where, with what value, how often it came; the name. */
const WIDTH = 1;
const OFFSET = 4;
const DATA = 8;
const COUNT = 12;
const NAME = 16;
/** Where the access goes, in either BAR, and what it writes. */
const TARGET = 0x80;
const VALUE = 0xfa;
const NO_TEST = 0xff;

/** The registers of one BAR. */
class TestRegisters {
  private readonly bytes = new DataView(new ArrayBuffer(TARGET));
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.begin(NO_TEST);
  }

  /** Puts what test `number` is into the registers; a width of 0 says that there is none. */
  begin(number: number): void {
    const exists = number === 0;
    for (let at = 0; at < TARGET; at++) this.bytes.setUint8(at, 0);
    this.bytes.setUint8(WIDTH, exists ? 1 : 0);
    if (!exists) return;
    this.bytes.setUint32(OFFSET, TARGET, true);
    this.bytes.setUint32(DATA, VALUE, true);
    [...this.name].forEach((letter, n) => {
      this.bytes.setUint8(NAME + n, letter.charCodeAt(0));
    });
  }

  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let n = 0; n < size && offset + n < TARGET; n++) value += this.bytes.getUint8(offset + n) * 2 ** (8 * n);
    return value;
  }

  write(offset: number, value: number, size: AccessSize): void {
    if (offset === 0) this.begin(value & 0xff);
    else if (offset === TARGET && size === 1 && this.bytes.getUint8(WIDTH) === 1) {
      this.bytes.setUint32(COUNT, this.bytes.getUint32(COUNT, true) + 1, true);
    }
  }
}

export function createPciTestDevice(): PciFunction {
  const memory = new TestRegisters('mmio-no-eventfd');
  const ports = new TestRegisters('portio-no-eventfd');
  const handler = (registers: TestRegisters) => ({
    wide: true,
    read: (offset: number, size: AccessSize) => registers.read(offset, size),
    write: (offset: number, value: number, size: AccessSize) => registers.write(offset, value, size),
  });
  const pci = new PciFunction({
    vendor: 0x1b36,
    device: 0x0005,
    classCode: 0xff0000,
    subsystemVendor: 0x1af4,
    subsystem: 0x1100,
    interruptPin: 1,
    bars: [
      { kind: 'memory', size: MEMORY_SIZE, handler: handler(memory) },
      { kind: 'io', size: PORTS, handler: handler(ports) },
    ],
  });
  pci.onReset = () => {
    memory.begin(NO_TEST);
    ports.begin(NO_TEST);
  };
  return pci;
}
