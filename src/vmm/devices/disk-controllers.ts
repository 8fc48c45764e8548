/**
 * The disk controllers of a PC with the drives that are plugged in: IDE,
 * diskettes and virtio.
 *
 * Drives have the names that QEMU gives them: ide0-hd0, ide1-cd0, floppy0; media of those that take them out are
 * changed by name.
 */
import { AtaDisk } from './ata-disk.ts';
import { AtapiDrive } from './atapi-drive.ts';
import type { BlockBackend } from './block-backend.ts';
import { BlockQueue, type PendingBlocks } from './block-queue.ts';
import type { Clock } from './clock.ts';
import type { Dma8237 } from './dma8237.ts';
import { FLOPPY_IRQ, FloppyController } from './floppy-controller.ts';
import { FloppyDrive } from './floppy-drive.ts';
import type { GuestMemory } from './guest-memory.ts';
import { IdeController } from './ide-controller.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import type { PciBus } from './pci-bus.ts';
import { VirtioBlock } from './virtio/virtio-block.ts';
import { createVirtioFunction } from './virtio/virtio-pci.ts';

/** A drive and what is in it. */
export type DriveSetup =
  /** Places 0 to 3: primary master and slave, secondary master and slave. */
  | { readonly kind: 'disk'; readonly place: number; readonly backend: BlockBackend }
  | { readonly kind: 'cdrom'; readonly place: number; readonly backend?: BlockBackend }
  /** Places 0 and 1. */
  | { readonly kind: 'floppy'; readonly place: number; readonly backend?: BlockBackend }
  /** Places of its own; in their order on the PCI bus. */
  | { readonly kind: 'virtio'; readonly place: number; readonly backend: BlockBackend };

export interface DiskParts {
  readonly clock: Clock;
  readonly io: IoBus;
  readonly pci: PciBus;
  readonly dma: Dma8237;
  readonly memory: GuestMemory;
  readonly lineOf: (irq: number) => IrqLine;
  readonly pending: PendingBlocks;
  readonly drives: readonly DriveSetup[];
}

/** A drive whose medium can be changed. */
export interface MediumDrive {
  readonly name: string;
  /** What is in it. */
  readonly backend: BlockBackend | undefined;
  /** Takes the medium out. @returns false where the guest has locked it in */
  eject(force: boolean): boolean;
  insert(backend: BlockBackend | undefined): void;
}

export interface DiskControllers {
  readonly media: readonly MediumDrive[];
  /** Types of the diskette drives 0 and 1, as CMOS byte 10h numbers them; 0: none. */
  readonly floppyTypes: readonly [number, number];
  /** Power-on state; the IDE controller is reset with the PCI bus. */
  reset(): void;
}

/** Each kind's bus, and the last place on it. */
const PLACES = {
  disk: ['ide', 3],
  cdrom: ['ide', 3],
  floppy: ['floppy', 1],
  virtio: ['virtio', 15],
} as const;

/** PIIX device 1, function 1. */
const IDE_PLACE = [1, 1] as const;

/**
 * Builds the controllers that the drives need; none where there is no drive for it.
 * @throws RangeError for a place that does not exist or is taken
 */
export function createDiskControllers(parts: DiskParts): DiskControllers {
  const queue = new BlockQueue(parts.clock, parts.pending);
  requirePlaces(parts.drives);
  const media: MediumDrive[] = [];
  const ide = parts.drives.filter(({ kind }) => kind === 'disk' || kind === 'cdrom');
  if (ide.length > 0) attachIde(parts, ide, queue, media);
  attachVirtio(parts, queue);
  const floppies = [0, 1].map((place) => {
    const setup = parts.drives.find((drive) => drive.kind === 'floppy' && drive.place === place);
    return setup === undefined ? undefined : new FloppyDrive(setup.backend);
  });
  let controller: FloppyController | undefined;
  if (floppies.some((drive) => drive !== undefined)) {
    const { clock, dma, lineOf, io } = parts;
    controller = new FloppyController({ clock, queue, dma, irq: lineOf(FLOPPY_IRQ), drives: floppies });
    controller.attach(io);
  }
  floppies.forEach((drive, place) => {
    if (drive !== undefined) media.push(floppyMedium(`floppy${place}`, drive));
  });
  return {
    media,
    floppyTypes: [floppies[0]?.type ?? 0, floppies[1]?.type ?? 0],
    reset: () => controller?.reset(),
  };
}

function attachIde(
  { io, memory, lineOf, pci }: DiskParts,
  drives: readonly DriveSetup[],
  queue: BlockQueue,
  media: MediumDrive[],
): void {
  const controller = new IdeController({ io, memory, lineOf });
  for (const setup of drives) {
    if (setup.kind === 'disk') {
      controller.connect(setup.place, new AtaDisk(setup.backend, queue, serialOf(setup.place)));
      continue;
    }
    const drive = new AtapiDrive(setup.backend, queue);
    controller.connect(setup.place, drive);
    const { medium } = drive;
    media.push({
      name: `ide${setup.place >> 1}-cd${setup.place & 1}`,
      get backend() {
        return medium.disc;
      },
      eject: (force) => medium.eject(force),
      insert: (backend) => medium.insert(backend),
    });
  }
  pci.add(...IDE_PLACE, controller.pci);
}

function serialOf(place: number): string {
  return `TV${String(place + 1).padStart(5, '0')}`;
}

function attachVirtio({ memory, pci, drives }: DiskParts, queue: BlockQueue): void {
  const disks = drives.filter((drive) => drive.kind === 'virtio').sort((a, b) => a.place - b.place);
  for (const { place, backend } of disks) {
    pci.addNext(createVirtioFunction(new VirtioBlock(memory, backend, queue, serialOf(16 + place))));
  }
}

function floppyMedium(name: string, drive: FloppyDrive): MediumDrive {
  return {
    name,
    get backend() {
      return drive.backend;
    },
    eject() {
      drive.insert(undefined);
      return true;
    },
    insert: (backend) => drive.insert(backend),
  };
}

function requirePlaces(drives: readonly DriveSetup[]): void {
  const taken = new Set<string>();
  for (const { kind, place } of drives) {
    const [bus, last] = PLACES[kind];
    const name = `${bus} ${place}`;
    if (!Number.isInteger(place) || place < 0 || place > last || taken.has(name)) {
      throw new RangeError(`drive at ${name}: taken, or not from 0 to ${last}`);
    }
    taken.add(name);
  }
}
