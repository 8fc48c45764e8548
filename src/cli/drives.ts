/**
 * Opens what the options name as disks and firmware.
 */
import { readImage } from '../host/files.ts';
import { FIRMWARE_PATH_VARIABLE, findFirmware, SEABIOS_NAMES, VGABIOS_NAMES } from '../host/firmware.ts';
import { OverlayImage } from '../host/overlay-image.ts';
import { RawImage } from '../host/raw-image.ts';
import type { BlockBackend } from '../vmm/devices/block-backend.ts';
import type { DriveSetup } from '../vmm/devices/disk-controllers.ts';
import { FLOPPY_MAX_SECTORS } from '../vmm/devices/floppy-format.ts';
import { ROM_MAX } from '../vmm/loaders/rom.ts';
import type { DriveConfig, RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

/** Largest option ROM that fits into the legacy area. */
const VIDEO_BIOS_MAX = 0x1_0000;

/** The image that the options name, or SeaBIOS where there is nothing else to boot. */
export interface Firmware {
  readonly image: Uint8Array;
  readonly name: string;
}

/**
 * The display adapter's BIOS: firmware runs it, and a kernel that is booted without firmware has its font. A machine
 * without one has a dark screen. @throws FileError
 */
export function openVideoBios(config: RunConfig): Uint8Array | undefined {
  if (config.vga === 'none') return undefined;
  const name = findFirmware(VGABIOS_NAMES, config.firmwareFolders);
  return name === undefined ? undefined : readImage(name, VIDEO_BIOS_MAX);
}

/** @throws FileError, or UsageError that says how to get firmware */
export function openFirmware(config: RunConfig): Firmware | undefined {
  const { bios, kernel, firmwareFolders } = config;
  if (bios !== undefined) {
    // A bare name is looked for where firmware is, unless it is here.
    const found = bios.includes('/') ? undefined : findFirmware([bios], ['.', ...firmwareFolders]);
    const name = found ?? bios;
    return { image: readImage(name, ROM_MAX), name };
  }
  if (kernel !== undefined) return undefined;
  const name = findFirmware(SEABIOS_NAMES, firmwareFolders);
  if (name === undefined) {
    throw new UsageError(
      "no firmware to boot with: install SeaBIOS (Debian: 'apt-get install seabios'), name its folder with -L or " +
        `${FIRMWARE_PATH_VARIABLE}, or give -bios FILE or -kernel FILE`,
    );
  }
  return { image: readImage(name, ROM_MAX), name };
}

export interface OpenDrives {
  readonly drives: readonly DriveSetup[];
  close(): void;
}

/** An open image: of the drives or put in later. */
export type OpenImage = BlockBackend & { close(): void };

/**
 * Opens all images, and gives drives without a place the first free one.
 * @throws FileError, UsageError
 */
export function openDrives(config: RunConfig): OpenDrives {
  const open: OpenImage[] = [];
  const close = () => {
    for (const image of open) image.close();
  };
  try {
    const drives = placed(config).map((drive): DriveSetup => {
      const backend = drive.file === undefined ? undefined : openImage(drive.file, drive, config.snapshot);
      if (backend !== undefined) open.push(backend);
      const { media, index: place } = drive;
      if (media === 'cdrom' || media === 'floppy') return { kind: media, place, ...(backend && { backend }) };
      if (backend === undefined) throw new UsageError(`${drive.interface} drive ${place}: a disk needs a file`);
      return { kind: media, place, backend };
    });
    return { drives, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Opens an image for a drive. @throws FileError, UsageError */
export function openImage(
  path: string,
  { media, readOnly, snapshot, formatGiven }: Pick<DriveConfig, 'media' | 'readOnly' | 'snapshot' | 'formatGiven'>,
  snapshotAll: boolean,
): OpenImage {
  const overlay = (snapshot ?? snapshotAll) && !readOnly;
  const image = new RawImage(path, { readOnly: readOnly || overlay, formatGiven });
  try {
    if (media === 'floppy' && image.sectors > FLOPPY_MAX_SECTORS) {
      throw new UsageError(`${path}: too large for a diskette (2.88 MB at most)`);
    }
    if (media === 'cdrom' && image.sectors < 4) throw new UsageError(`${path}: too small for a CD-ROM`);
    return overlay ? new OverlayImage(image) : image;
  } catch (error) {
    image.close();
    throw error;
  }
}

/** In which order places are given out. */
const PLACES: Readonly<Record<DriveConfig['media'], readonly number[]>> = {
  disk: [0, 1, 2, 3],
  cdrom: [2, 3, 0, 1],
  floppy: [0, 1],
  virtio: Array.from({ length: 16 }, (_, n) => n),
};

type PlacedDrive = DriveConfig & { readonly index: number };

/** Each drive with its place; with firmware there are an empty diskette drive and an empty CD-ROM drive, too. */
function placed(config: RunConfig): PlacedDrive[] {
  const drives: PlacedDrive[] = config.drives.filter((drive): drive is PlacedDrive => drive.index !== undefined);
  const isFree = (bus: string, index: number) => !drives.some((d) => d.interface === bus && d.index === index);
  for (const drive of config.drives) {
    if (drive.index !== undefined) continue;
    const places = PLACES[drive.media];
    const index = places.find((n) => isFree(drive.interface, n));
    if (index === undefined) throw new UsageError(`-drive: all ${places.length} ${drive.interface} drives are taken`);
    drives.push({ ...drive, index });
  }
  if (config.kernel === undefined && !config.noDefaults) {
    const empty = { readOnly: false, formatGiven: false } as const;
    if (isFree('floppy', 0)) drives.push({ ...empty, interface: 'floppy', media: 'floppy', index: 0 });
    if (isFree('ide', 2)) drives.push({ ...empty, interface: 'ide', media: 'cdrom', index: 2 });
  }
  return drives;
}
