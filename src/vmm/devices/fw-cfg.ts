/**
 * The configuration device by which firmware and test kernels learn about the
 * machine (fw_cfg, documented with QEMU): a selector at 510h, data at 511h, and at 514h an
 * interface that transfers to and from memory.
 *
 * An item is bytes under a number; those with a name are files, which the directory lists. What is not there
 * reads as zeros. Nothing can be written.
 */
import { type GuestMemory, NO_MEMORY } from './guest-memory.ts';
import { type AccessSize, allOnes, type IoBus } from './io-bus.ts';

export const FW_CFG_SIGNATURE = 0x00;
export const FW_CFG_ID = 0x01;
export const FW_CFG_DIRECTORY = 0x19;
const FIRST_FILE = 0x20;

const BASE = 0x510;
const DATA = 0x511;
const DMA_HIGH = 0x514;
const DMA_LOW = 0x518;
const PORTS = 12;

/** Keys: bit 15 is part of the number, bit 14 asks to write, which is ignored. */
const KEY_MASK = 0xbfff;
/** Traditional interface, and transfers. */
const FEATURES = 0b11;
/** What the address registers read: `QEMU CFG`. */
const DMA_SIGNATURE = [0x51454d55, 0x20434647] as const;

const CONTROL_ERROR = 1 << 0;
const CONTROL_READ = 1 << 1;
const CONTROL_SKIP = 1 << 2;
const CONTROL_SELECT = 1 << 3;
const CONTROL_WRITE = 1 << 4;

const NAME_SIZE = 56;
const ENTRY_SIZE = 64;
/** Zeros that a transfer writes at most: nobody asks for more who does not want to keep us busy. */
const MOST_ZEROS = 0x10_0000;
const EMPTY = new Uint8Array(0);

export class FwCfg {
  private readonly items = new Map<number, Uint8Array>();
  private readonly files = new Map<string, Uint8Array>();
  private readonly memory: GuestMemory;
  private key = 0;
  private offset = 0;
  private addressHigh = 0;

  constructor(memory: GuestMemory = NO_MEMORY) {
    this.memory = memory;
    this.add(FW_CFG_SIGNATURE, new TextEncoder().encode('QEMU'));
    this.addNumber(FW_CFG_ID, FEATURES, 4);
    this.list();
  }

  /** Sets item `key`; the bytes are not copied. */
  add(key: number, bytes: Uint8Array): void {
    this.items.set(key & KEY_MASK, bytes);
  }

  /** Sets an item to a little-endian number. */
  addNumber(key: number, value: number, size: 2 | 4 | 8): void {
    const bytes = new Uint8Array(size);
    for (let n = 0; n < size; n++) bytes[n] = Math.floor(value / 2 ** (8 * n));
    this.add(key, bytes);
  }

  /**
   * Adds a file or puts other bytes into it.
   * @throws RangeError where the name has more than 55 characters
   */
  addFile(name: string, bytes: Uint8Array): void {
    if (name.length >= NAME_SIZE) throw new RangeError(`fw_cfg file '${name}': names have up to 55 characters`);
    this.files.set(name, bytes);
    this.list();
  }

  /** The bytes of a file, if there is one of the name. */
  file(name: string): Uint8Array | undefined {
    return this.files.get(name);
  }

  attach(io: IoBus): void {
    io.register(BASE, PORTS, {
      wide: true,
      read: (port, size) => this.read(port, size),
      write: (port, value, size) => this.write(port, value, size),
    });
  }

  reset(): void {
    this.key = 0;
    this.offset = 0;
    this.addressHigh = 0;
  }

  /** Numbers the files by name, and writes the directory: big-endian, as all of it that has names. */
  private list(): void {
    const names = [...this.files.keys()].sort();
    const directory = new DataView(new ArrayBuffer(4 + names.length * ENTRY_SIZE));
    directory.setUint32(0, names.length);
    names.forEach((name, n) => {
      const bytes = this.files.get(name) as Uint8Array;
      const at = 4 + n * ENTRY_SIZE;
      directory.setUint32(at, bytes.length);
      directory.setUint16(at + 4, FIRST_FILE + n);
      for (let i = 0; i < name.length; i++) directory.setUint8(at + 8 + i, name.charCodeAt(i));
      this.add(FIRST_FILE + n, bytes);
    });
    this.add(FW_CFG_DIRECTORY, new Uint8Array(directory.buffer));
  }

  private item(): Uint8Array {
    return this.items.get(this.key) ?? EMPTY;
  }

  private select(key: number): void {
    this.key = key & KEY_MASK;
    this.offset = 0;
  }

  private read(port: number, size: AccessSize): number {
    if (port === DATA && size === 1) return this.nextByte();
    if (size === 4 && port === DMA_HIGH) return swap(DMA_SIGNATURE[0]);
    if (size === 4 && port === DMA_LOW) return swap(DMA_SIGNATURE[1]);
    return port === BASE && size === 2 ? 0 : allOnes(size);
  }

  private write(port: number, value: number, size: AccessSize): void {
    if (port === BASE && size <= 2) this.select(value);
    else if (size === 4 && port === DMA_HIGH) this.addressHigh = swap(value);
    else if (size === 4 && port === DMA_LOW) {
      const high = this.addressHigh;
      this.addressHigh = 0;
      if (high === 0) this.transfer(swap(value));
    }
  }

  private nextByte(): number {
    const item = this.item();
    return this.offset < item.length ? (item[this.offset++] as number) : 0;
  }

  /** Carries out the control structure at `address`. */
  private transfer(address: number): void {
    const block = this.memory.read(address, 16);
    const view = new DataView(block.buffer, block.byteOffset, 16);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const to = view.getUint32(12);
    if ((control & CONTROL_SELECT) !== 0) this.select(control >>> 16);
    let failed = 0;
    if ((control & CONTROL_READ) !== 0) {
      if (view.getUint32(8) === 0) this.copy(to, length);
      else failed = CONTROL_ERROR;
    } else if ((control & CONTROL_WRITE) !== 0) failed = CONTROL_ERROR;
    else if ((control & CONTROL_SKIP) !== 0) this.offset = Math.min(this.offset + length, this.item().length);
    this.memory.write(address, Uint8Array.of(0, 0, 0, failed));
  }

  /** Copies from the item to memory, and zeros for what is behind its end. */
  private copy(to: number, length: number): void {
    const bytes = this.item().subarray(this.offset, this.offset + Math.min(length, 2 ** 32 - to));
    this.memory.write(to, bytes);
    this.offset += bytes.length;
    const zeros = Math.min(length - bytes.length, MOST_ZEROS, 2 ** 32 - to - bytes.length);
    if (zeros > 0) this.memory.write(to + bytes.length, new Uint8Array(zeros));
  }
}

/** The bytes of a doubleword in the other order: the registers are big-endian. */
function swap(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
