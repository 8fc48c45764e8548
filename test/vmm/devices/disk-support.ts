/** What tests of disks share: a backend that can be slow and can fail, an IDE controller with ports, memory. */
import type { BlockBackend, BlockDone } from '../../../src/vmm/devices/block-backend.ts';
import { SECTOR_SIZE } from '../../../src/vmm/devices/block-backend.ts';
import { BlockQueue, PendingBlocks } from '../../../src/vmm/devices/block-queue.ts';
import type { GuestMemory } from '../../../src/vmm/devices/guest-memory.ts';
import { IdeController } from '../../../src/vmm/devices/ide-controller.ts';
import type { IdeDrive } from '../../../src/vmm/devices/ide-drive.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { TestClock, TestLine } from './support.ts';

/** A disk whose sectors begin with their number; writes are kept by sector. */
export class TestDisk implements BlockBackend {
  readonly sectors: number;
  readOnly = false;
  readonly written = new Map<number, Uint8Array>();
  /** What happened, in order. */
  readonly log: string[] = [];
  /** The error that every operation of a kind ends with. */
  failing: { read?: Error; write?: Error; flush?: Error } = {};
  /** Ends operations later, by `complete`. */
  slow = false;
  private readonly waiting: (() => void)[] = [];

  constructor(sectors: number) {
    this.sectors = sectors;
  }

  read(sector: number, target: Uint8Array, done: BlockDone): void {
    this.log.push(`read ${sector}+${target.length / SECTOR_SIZE}`);
    this.check(sector, target.length);
    for (let n = 0; n * SECTOR_SIZE < target.length; n++) {
      target.set(this.written.get(sector + n) ?? sectorBytes(sector + n), n * SECTOR_SIZE);
    }
    this.finish(() => done(this.failing.read));
  }

  write(sector: number, data: Uint8Array, done: BlockDone): void {
    this.log.push(`write ${sector}+${data.length / SECTOR_SIZE}`);
    this.check(sector, data.length);
    for (let n = 0; n * SECTOR_SIZE < data.length && this.failing.write === undefined; n++) {
      this.written.set(sector + n, data.slice(n * SECTOR_SIZE, (n + 1) * SECTOR_SIZE));
    }
    this.finish(() => done(this.failing.write));
  }

  flush(done: BlockDone): void {
    this.log.push('flush');
    this.finish(() => done(this.failing.flush));
  }

  /** Ends what waits. */
  complete(): void {
    for (const each of this.waiting.splice(0)) each();
  }

  private finish(end: () => void): void {
    if (this.slow) this.waiting.push(end);
    else end();
  }

  private check(sector: number, length: number): void {
    if (sector < 0 || length % SECTOR_SIZE !== 0 || sector + length / SECTOR_SIZE > this.sectors) {
      throw new RangeError(`sectors ${sector} + ${length / SECTOR_SIZE}: outside the disk`);
    }
  }
}

/** What a sector of a TestDisk holds at first. */
export function sectorBytes(sector: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_SIZE).fill(sector);
  new DataView(bytes.buffer).setUint32(0, sector, true);
  return bytes;
}

/** Memory of a megabyte; outside of it bytes read as ones. */
export class TestMemory implements GuestMemory {
  readonly bytes = new Uint8Array(1 << 20);

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    out.set(this.bytes.subarray(address, address + length));
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    if (address < this.bytes.length) this.bytes.set(bytes.subarray(0, this.bytes.length - address), address);
  }
}

/** An IDE controller with drives, seen through its ports. The bus master is at C000h. */
export function ideBench(drives: (queue: BlockQueue) => readonly (IdeDrive | undefined)[]) {
  const clock = new TestClock();
  const io = new IoBus();
  const memory = new TestMemory();
  const pending = new PendingBlocks();
  const lines = new Map([14, 15].map((irq) => [irq, new TestLine()]));
  const controller = new IdeController({ io, memory, lineOf: (irq) => lines.get(irq) as TestLine });
  drives(new BlockQueue(clock, pending)).forEach((drive, place) => {
    if (drive !== undefined) controller.connect(place, drive);
  });
  controller.pci.write(0x20, 0xc001, 4);
  controller.pci.write(0x04, 5, 2);
  const [master] = controller.pci.windows();
  if (master?.bar.kind === 'io') {
    const { handler } = master.bar;
    io.openWindow(0xc000, 16, {
      read: (port, size) => handler.read(port - 0xc000, size),
      write: (port, value, size) => handler.write(port - 0xc000, value, size),
    });
  }
  const out = (register: number, value: number) => io.write(0x1f0 + register, 1, value);
  const into = (register: number) => io.read(0x1f0 + register, 1);
  return {
    clock,
    io,
    memory,
    pending,
    controller,
    irq: lines.get(14) as TestLine,
    irq2: lines.get(15) as TestLine,
    out,
    in: into,
    /** Time passes until nothing is busy, a second at most. */
    settle: () => clock.advance(1e9),
    /** Writes the registers 1 to 6, then a command. */
    command(code: number, ...registers: readonly number[]) {
      for (const [n, value] of registers.entries()) out(n + 1, value);
      out(7, code);
    },
    /** Status and error register, as they are after a command. */
    result: () => [into(7), into(1)],
    readWords(count: number): number[] {
      return Array.from({ length: count }, () => io.read(0x1f0, 2));
    },
  };
}
