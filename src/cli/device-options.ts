/**
 * Options that put devices into the machine and say where their bytes go:
 * -serial, -debugcon, -chardev, -device, -global.
 */
import { choose, type OptionSpec, parseList, parseNumber, shorten } from './parse-options.ts';
import type { CharTarget, RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const TARGETS = ['stdio', 'mon:stdio', 'file:', 'null', 'none', 'chardev:'];
const DEVICES = [
  'isa-debugcon',
  'isa-debug-exit',
  'isa-serial',
  'pc-testdev',
  'pci-testdev',
  'virtio-rng-pci',
] as const;
const BACKENDS = ['file', 'stdio', 'null'] as const;

/** `stdio`, `mon:stdio`, `file:F`, `null`, `none`, `chardev:ID`. @throws UsageError */
export function parseTarget(text: string): CharTarget {
  if (text === 'stdio' || text === 'mon:stdio') return { kind: 'stdio', mux: text !== 'stdio' };
  if (text === 'none' || text === 'null') return { kind: text };
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) };
  if (text.startsWith('chardev:') && text.length > 8) return { kind: 'chardev', id: text.slice(8) };
  throw new UsageError(`'${shorten(text)}': must be one of stdio, mon:stdio, file:F, null, none, chardev:ID`);
}

function applyChardev(config: RunConfig, text: string): void {
  const list = parseList(text, ['id', 'path', 'mux', 'signal', 'append', 'backend']);
  const backend = choose(list.keys.get('backend') ?? list.first ?? '', BACKENDS, 'backend');
  const id = list.keys.get('id');
  if (id === undefined || id === '') throw new UsageError(`'${shorten(text)}': needs id=NAME`);
  if (config.chardevs.has(id)) throw new UsageError(`id '${shorten(id)}' is given twice`);
  const path = list.keys.get('path');
  if (backend === 'file') {
    if (path === undefined || path === '') throw new UsageError(`'${shorten(text)}': needs path=FILE`);
    config.chardevs.set(id, { kind: 'file', path });
  } else {
    const mux = list.keys.get('mux') === 'on';
    config.chardevs.set(id, backend === 'stdio' ? { kind: 'stdio', mux } : { kind: 'null' });
  }
}

function applyDevice(config: RunConfig, text: string): void {
  const list = parseList(text, ['driver', 'id', 'iobase', 'iosize', 'chardev', 'index', 'irq', 'readback']);
  const device = choose(list.keys.get('driver') ?? list.first ?? '', DEVICES, 'device');
  const port = (key: string, otherwise: number) => {
    const value = list.keys.get(key);
    return value === undefined ? otherwise : parseNumber(value, 0, 0xffff, key);
  };
  const id = list.keys.get('chardev');
  const target: CharTarget | undefined = id === undefined ? undefined : { kind: 'chardev', id };
  if (device === 'isa-debug-exit') {
    const iosize = list.keys.get('iosize');
    const size = iosize === undefined ? 2 : parseNumber(iosize, 1, 4, 'iosize');
    config.debugExits.push({ iobase: port('iobase', 0x501), iosize: size });
    return;
  }
  if (device === 'pc-testdev') {
    config.testDevice = true;
    return;
  }
  if (device === 'virtio-rng-pci') {
    config.entropyDevice = true;
    return;
  }
  if (device === 'pci-testdev') {
    config.pciTestDevice = true;
    return;
  }
  if (target === undefined) throw new UsageError(`${device}: needs chardev=ID`);
  if (device === 'isa-debugcon') config.debugcons.push({ iobase: port('iobase', 0xe9), target });
  else config.serials.push(target);
}

function applyGlobal(config: RunConfig, text: string): void {
  const match = /^(isa-debugcon|isa-debug-exit)\.(iobase|iosize)=(.*)$/.exec(text);
  if (match === null) {
    throw new UsageError(
      `'${shorten(text)}': only isa-debugcon.iobase and isa-debug-exit.iobase and .iosize can be set`,
    );
  }
  const [, driver, key, value = ''] = match;
  if (driver === 'isa-debugcon') {
    const iobase = parseNumber(value, 0, 0xffff, 'iobase');
    for (const device of config.debugcons) device.iobase = iobase;
  } else if (key === 'iobase') {
    const iobase = parseNumber(value, 0, 0xffff, 'iobase');
    for (const device of config.debugExits) device.iobase = iobase;
  } else {
    const iosize = parseNumber(value, 1, 4, 'iosize');
    for (const device of config.debugExits) device.iosize = iosize;
  }
}

export const DEVICE_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  {
    name: 'serial',
    value: TARGETS.slice(0, 5).join('|').replace('file:', 'file:F'),
    help: 'where COM1 goes; given again: COM2',
    apply(config, value) {
      if (config.serials.length === 2) throw new UsageError('given three times: there are two serial ports');
      config.serials.push(parseTarget(value));
    },
  },
  {
    name: 'parallel',
    value: TARGETS.slice(0, 5).join('|').replace('file:', 'file:F'),
    help: 'what is printed on LPT1 goes there; given again: LPT2, LPT3',
    apply(config, value) {
      if (config.parallels.length === 3) throw new UsageError('given four times: there are three parallel ports');
      config.parallels.push(parseTarget(value));
    },
  },
  {
    name: 'debugcon',
    value: 'stdio|file:F|null',
    help: 'a debug console at port E9h',
    apply: (config, value) => {
      config.debugcons.push({ iobase: 0xe9, target: parseTarget(value) });
    },
  },
  {
    name: 'chardev',
    value: 'file|stdio|null,id=ID[,path=F]',
    help: 'a place that devices name with chardev=ID',
    apply: applyChardev,
  },
  {
    name: 'device',
    value:
      'isa-debugcon|isa-debug-exit|isa-serial|virtio-rng-pci|pc-testdev|pci-testdev[,iobase=P][,iosize=N][,chardev=ID]',
    help: 'a device; any number of them',
    apply: applyDevice,
  },
  {
    name: 'global',
    value: 'DEVICE.PROPERTY=VALUE',
    help: 'sets iobase or iosize of the debug devices given so far',
    apply: applyGlobal,
  },
];
