/**
 * Options for firmware, disks and what is booted from: names and grammar are QEMU's.
 */
import { DEFAULT_BOOT_ORDER, isBootOrder } from '../vmm/devices/cmos-setup.ts';
import { choose, type OptionSpec, parseList, parseNumber, shorten } from './parse-options.ts';
import type { DriveConfig, RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const ON_OFF = ['on', 'off'] as const;
const DRIVE_KEYS = [
  'file',
  'format',
  'if',
  'index',
  'bus',
  'unit',
  'media',
  'readonly',
  'read-only',
  'snapshot',
  'id',
  'cache',
  'aio',
  'discard',
  'werror',
  'rerror',
];
const CACHE_MODES = ['none', 'writeback', 'unsafe', 'writethrough', 'directsync'] as const;
const BOOT_KEYS = ['order', 'once', 'menu', 'strict', 'splash', 'splash-time', 'reboot-timeout'];

/** Adds a drive; one that names a place that another has is refused. @throws UsageError */
function addDrive(config: RunConfig, drive: DriveConfig): void {
  const { interface: bus, index } = drive;
  if (index !== undefined && config.drives.some((other) => other.interface === bus && other.index === index)) {
    throw new UsageError(`${bus} drive ${index} is there already`);
  }
  config.drives.push(drive);
}

function applyDrive(config: RunConfig, text: string): void {
  const { first, keys } = parseList(text, DRIVE_KEYS);
  if (first !== undefined) throw new UsageError(`'${shorten(first)}': must be KEY=VALUE, as file=FILE`);
  const bus = choose(keys.get('if') ?? 'ide', ['ide', 'floppy', 'virtio'] as const, 'interface');
  const media = choose(keys.get('media') ?? 'disk', ['disk', 'cdrom'] as const, 'medium');
  if (bus !== 'ide' && media === 'cdrom') throw new UsageError(`media=cdrom: not with if=${bus}`);
  if (keys.has('format')) choose(keys.get('format') ?? '', ['raw'] as const, 'format');
  choose(keys.get('cache') ?? 'writeback', CACHE_MODES, 'cache mode');
  const file = keys.get('file');
  if (file === undefined && media === 'disk' && bus !== 'floppy') throw new UsageError('needs file=FILE');
  const readOnly = choose(keys.get('readonly') ?? keys.get('read-only') ?? 'off', ON_OFF, 'readonly') === 'on';
  if (readOnly && media === 'disk' && bus === 'ide') {
    throw new UsageError('readonly=on: an IDE disk cannot be read-only; snapshot=on leaves the file alone, too');
  }
  addDrive(config, {
    interface: bus,
    media: bus === 'ide' ? media : bus,
    ...(file !== undefined && { file }),
    ...placeOf(keys, bus),
    readOnly: readOnly || media === 'cdrom',
    ...(keys.has('snapshot') && { snapshot: choose(keys.get('snapshot') ?? '', ON_OFF, 'snapshot') === 'on' }),
    formatGiven: keys.has('format'),
  });
}

/** index=N, or bus=B,unit=U. */
function placeOf(keys: ReadonlyMap<string, string>, bus: DriveConfig['interface']): { readonly index?: number } {
  const last = { ide: 3, floppy: 1, virtio: 15 }[bus];
  const index = keys.get('index');
  if (index !== undefined) return { index: parseNumber(index, 0, last, 'index') };
  if (!keys.has('bus') && !keys.has('unit')) return {};
  const unit = parseNumber(keys.get('unit') ?? '0', 0, 1, 'unit');
  const number = parseNumber(keys.get('bus') ?? '0', 0, bus === 'ide' ? 1 : 0, 'bus');
  return { index: number * 2 + unit };
}

function applyBoot(config: RunConfig, text: string): void {
  const { first, keys } = parseList(text, BOOT_KEYS);
  const order = keys.get('once') ?? keys.get('order') ?? first ?? DEFAULT_BOOT_ORDER;
  if (!isBootOrder(order)) {
    throw new UsageError(`order '${shorten(order)}': must be of the letters a, b, c, d and n, each once at most`);
  }
  config.bootOrder = order;
  choose(keys.get('strict') ?? 'off', ON_OFF, 'strict');
  if (keys.has('menu')) config.bootMenu = choose(keys.get('menu') ?? '', ON_OFF, 'menu') === 'on';
}

function place(
  name: string,
  drive: Pick<DriveConfig, 'interface' | 'media' | 'readOnly'> & { readonly index: number },
  help: string,
): OptionSpec<RunConfig> {
  return {
    name,
    value: 'FILE',
    help,
    apply: (config, file) => addDrive(config, { ...drive, file, formatGiven: false }),
  };
}

const floppy = (index: number) => ({ interface: 'floppy', media: 'floppy', readOnly: false, index }) as const;
const disk = (index: number) => ({ interface: 'ide', media: 'disk', readOnly: false, index }) as const;

export const DISK_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  place('fda', floppy(0), 'a diskette image in drive A'),
  place('fdb', floppy(1), 'the same in drive B'),
  place('hda', disk(0), 'a raw image as the first IDE disk'),
  place('hdb', disk(1), 'the second'),
  place('hdc', disk(2), 'the third'),
  place('hdd', disk(3), 'the fourth'),
  place('cdrom', { interface: 'ide', media: 'cdrom', readOnly: true, index: 2 }, 'an ISO image in the CD-ROM drive'),
  {
    name: 'drive',
    value: 'file=F[,if=ide|floppy|virtio][,media=disk|cdrom][,index=N][,format=raw][,readonly=on][,snapshot=on]',
    help: 'a drive; any number of them',
    apply: applyDrive,
  },
  {
    name: 'snapshot',
    help: 'write to temporary files: the images stay as they are',
    apply: (config) => {
      config.snapshot = true;
    },
  },
  {
    name: 'boot',
    value: '[order=]ORDER[,menu=on|off]',
    help: `what firmware boots from, in order: a diskette, c disk, d CD-ROM, n network (default ${DEFAULT_BOOT_ORDER})`,
    apply: applyBoot,
  },
  {
    name: 'L',
    value: 'FOLDER',
    help: 'look for firmware here first; any number of them',
    apply: (config, value) => {
      config.firmwareFolders.push(value);
    },
  },
];
