/**
 * The PIIX3's IDE controller, function 1 (Intel 290550): two channels at the
 * ports and interrupt lines where PCs have had them since 1984, and the bus master behind a BAR.
 */
import { BusMasterChannel } from './bus-master.ts';
import type { GuestMemory } from './guest-memory.ts';
import { EMULATOR_SUBSYSTEM } from './i440fx.ts';
import { IdeChannel } from './ide-channel.ts';
import type { IdeDrive } from './ide-drive.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus, IoHandler } from './io-bus.ts';
import { PciFunction } from './pci-function.ts';

const CHANNELS = [
  { command: 0x1f0, control: 0x3f6, irq: 14 },
  { command: 0x170, control: 0x376, irq: 15 },
] as const;
const MASTER_PORTS = 8;
const TIMING = 0x40;

export interface IdeParts {
  readonly io: IoBus;
  readonly memory: GuestMemory;
  readonly lineOf: (irq: number) => IrqLine;
}

export class IdeController {
  readonly pci: PciFunction;
  readonly channels: readonly IdeChannel[];

  constructor({ io, memory, lineOf }: IdeParts) {
    const masters = CHANNELS.map(() => new BusMasterChannel(memory));
    this.channels = masters.map((master, n) => new IdeChannel(lineOf(CHANNELS[n]!.irq), master));
    this.channels.forEach((channel, n) => {
      io.register(CHANNELS[n]!.command, 8, channel.commandBlock);
      io.register(CHANNELS[n]!.control, 1, channel.controlPort);
    });
    this.pci = new PciFunction({
      vendor: 0x8086,
      device: 0x7010,
      classCode: 0x010180,
      ...EMULATOR_SUBSYSTEM,
      bars: [undefined, undefined, undefined, undefined, { kind: 'io', size: 16, handler: masterPorts(masters) }],
    });
    this.pci.set16(0x06, 0x0280);
    this.pci.set32(TIMING, 0x8000_8000);
    this.pci.allow(TIMING, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x0f);
    this.pci.onReset = () => {
      for (const channel of this.channels) channel.reset();
    };
  }

  /** Puts a drive into place 0 to 3: primary master and slave, secondary master and slave. */
  connect(place: number, drive: IdeDrive): void {
    this.channels[place >> 1]?.connect(place & 1, drive);
  }

  /** The drive in a place. */
  drive(place: number): IdeDrive | undefined {
    return this.channels[place >> 1]?.drives[place & 1];
  }
}

/** Each channel's eight ports; drives that are there can do DMA. */
function masterPorts(masters: readonly BusMasterChannel[]): IoHandler {
  return {
    read: (offset) => masters[offset >> 3]?.read(offset % MASTER_PORTS) ?? 0xff,
    write: (offset, value) => masters[offset >> 3]?.write(offset % MASTER_PORTS, value),
  };
}
