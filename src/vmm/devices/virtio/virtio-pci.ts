/**
 * A virtio device on the PCI bus, as drivers of both kinds look for it (Virtual
 * I/O Device 1.2, 4.1): registers in ports for those before 1.0, and in memory, named
 * by capabilities, for the others. Its interrupt is the pin; there is no MSI-X.
 */
import type { AccessSize } from '../io-bus.ts';
import { PciFunction } from '../pci-function.ts';
import { commonRegisters } from './common-registers.ts';
import { legacyRegisters } from './legacy-registers.ts';
import type { VirtioDevice } from './virtio-device.ts';

const VENDOR = 0x1af4;
/** Devices of a driver before 1.0 begin here; their number on the subsystem is the type. */
const TRANSITIONAL = 0x1000;
/** The memory BAR, and the parts of it: kind of structure, offset, length. */
const MEMORY_BAR = 4;
const MEMORY_SIZE = 0x4000;
const COMMON = 0x0000;
const ISR = 0x1000;
const DEVICE = 0x2000;
const NOTIFY = 0x3000;
const PARTS = [
  { kind: 1, offset: COMMON, length: 0x38 },
  { kind: 3, offset: ISR, length: 1 },
  { kind: 4, offset: DEVICE, length: 0x1000 },
  { kind: 2, offset: NOTIFY, length: 0x1000 },
] as const;
const NOTIFY_KIND = 2;
const CAPABILITIES = 0x34;
const FIRST_CAPABILITY = 0x40;
const CAPABILITY_SIZE = 16;
const VENDOR_CAPABILITY = 9;
const LEGACY_SIZE = 128;

/** Device numbers of types: network 1, block 2, console 3, entropy 4. */
const TYPE_NUMBERS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 3: 3, 4: 5 };

export function createVirtioFunction(device: VirtioDevice): PciFunction {
  const interrupt = new VirtioInterrupt();
  const common = commonRegisters(device);
  const memory = {
    read(offset: number, size: AccessSize): number {
      const at = offset & 0xfff;
      const part = offset & ~0xfff;
      if (part === COMMON) return common.read(at, size);
      if (part === DEVICE) return readBytes(device.config, at, size);
      return part === ISR && at === 0 ? interrupt.take() : 0;
    },
    write(offset: number, value: number, size: AccessSize): void {
      const part = offset & ~0xfff;
      if (part === COMMON) common.write(offset & 0xfff, value, size);
      else if (part === NOTIFY) device.kick(value & 0xffff);
    },
  };
  const pci = new PciFunction({
    vendor: VENDOR,
    device: TRANSITIONAL + (TYPE_NUMBERS[device.type] ?? 0),
    classCode: device.classCode,
    subsystemVendor: VENDOR,
    subsystem: device.type,
    interruptPin: 1,
    bars: [
      { kind: 'io', size: LEGACY_SIZE, handler: legacyRegisters(device, () => interrupt.take()) },
      undefined,
      undefined,
      undefined,
      { kind: 'memory', size: MEMORY_SIZE, handler: memory },
    ],
  });
  addCapabilities(pci);
  interrupt.pci = pci;
  device.notify = () => interrupt.raise();
  pci.onReset = () => {
    device.reset();
    interrupt.take();
  };
  return pci;
}

/** Bytes of a configuration as a number; behind its end there are zeros. */
export function readBytes(bytes: Uint8Array, at: number, size: AccessSize): number {
  let value = 0;
  for (let i = 0; i < size; i++) value |= (bytes[at + i] ?? 0) << (i * 8);
  return value >>> 0;
}

/** The interrupt status register, and the pin that follows it. */
class VirtioInterrupt {
  pci: PciFunction | undefined;
  private status = 0;

  raise(): void {
    this.status = 1;
    this.pci?.setInterrupt(true);
  }

  /** Reading it takes the interrupt away. */
  take(): number {
    const { status } = this;
    this.status = 0;
    this.pci?.setInterrupt(false);
    return status;
  }
}

function addCapabilities(pci: PciFunction): void {
  pci.set16(0x06, 0x0010);
  pci.config[CAPABILITIES] = FIRST_CAPABILITY;
  let at = FIRST_CAPABILITY;
  for (const [n, { kind, offset, length }] of PARTS.entries()) {
    // The notification structure is four bytes longer: all queues share one address.
    const size = kind === NOTIFY_KIND ? CAPABILITY_SIZE + 4 : CAPABILITY_SIZE;
    const next = n === PARTS.length - 1 ? 0 : at + size;
    pci.config.set([VENDOR_CAPABILITY, next, size, kind, MEMORY_BAR], at);
    pci.set32(at + 8, offset);
    pci.set32(at + 12, length);
    at += size;
  }
}
