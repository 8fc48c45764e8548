/** The commands of QMP that there are, and what each returns. */

import { keyPosition } from '../keyboard/key-names.ts';
import type { Machine } from '../machine.ts';
import { CommandError, type MonitorContext, type MonitorServices, useService } from '../monitor/command.ts';
import { runMonitorCommand } from '../monitor/commands.ts';
import { dumpScreen } from '../monitor/media-commands.ts';
import { Arguments } from './arguments.ts';
import { QmpError } from './qmp-error.ts';

/** Takes all its arguments before it does anything. */
type Handler = (context: MonitorContext, args: Arguments) => unknown;

/** The interface's version, which clients ask of; the program itself stands in `package`. */
export const QMP_VERSION = { qemu: { major: 7, minor: 2, micro: 0 }, package: 'transvisor' } as const;

const MAX_KEYS = 64;

function status(machine: Machine): unknown {
  const held = machine.isHeld();
  const prelaunch = held && machine.stats().retired.total === 0;
  return { status: prelaunch ? 'prelaunch' : held ? 'paused' : 'running', running: !held, singlestep: false };
}

/** A command without arguments or result. */
const action =
  (act: (machine: Machine) => void): Handler =>
  ({ machine }, args) => {
    args.end();
    act(machine);
    return {};
  };

const screendump: Handler = (context, args) => {
  const filename = args.string('filename');
  const format = args.optionalString('format') ?? (/\.png$/i.test(filename) ? 'png' : 'ppm');
  args.ignore('device', 'head');
  args.end();
  if (format !== 'png' && format !== 'ppm') throw new QmpError(`Parameter 'format' does not accept value '${format}'`);
  dumpScreen(context, filename, format);
  return {};
};

const sendKey: Handler = ({ machine }, args) => {
  const keys = args.list('keys');
  const hold = args.optionalInteger('hold-time');
  args.end();
  if (keys.length > MAX_KEYS) throw new QmpError(`Parameter 'keys' has more than ${MAX_KEYS} elements`);
  machine.input.chord(keys.map(keyOf), hold);
  return {};
};

/** `{"type": "qcode", "data": "ret"}` or `{"type": "number", "data": 28}`. */
function keyOf(value: unknown, index: number): number {
  const { type, data } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const name = type === 'number' ? `0x${Number(data).toString(16)}` : String(data);
  const position = type === 'number' || type === 'qcode' ? keyPosition(name) : undefined;
  if (position === undefined) throw new QmpError(`Parameter 'keys[${index}].data' does not accept value '${data}'`);
  return position;
}

const monitorCommand: Handler = ({ machine, services }, args) => {
  const line = args.string('command-line');
  args.ignore('cpu-index');
  args.end();
  const text = runMonitorCommand(machine, line, services);
  return text === '' ? '' : `${text.trimEnd().replaceAll('\n', '\r\n')}\r\n`;
};

/** The drive that an argument names. */
function driveOf(machine: Machine, args: Arguments) {
  const name = args.optionalString('device') ?? args.string('id');
  const drive = machine.media().find((each) => each.name === name);
  if (drive === undefined) throw new QmpError(`Device '${name}' not found`);
  return drive;
}

const changeMedium: Handler = ({ machine, services }, args) => {
  const drive = driveOf(machine, args);
  const filename = args.string('filename');
  args.ignore('format', 'read-only-mode', 'force');
  args.end();
  if (services.insertMedium === undefined) throw new QmpError('images cannot be opened here');
  useService(() => services.insertMedium!(drive, filename));
  return {};
};

const ejectMedium: Handler = ({ machine }, args) => {
  const drive = driveOf(machine, args);
  const force = args.optionalBoolean('force') ?? false;
  args.end();
  if (!drive.eject(force)) throw new QmpError(`Device '${drive.name}' is locked`);
  return {};
};

const COMMANDS: Readonly<Record<string, Handler>> = {
  qmp_capabilities: (_context, args) => {
    args.ignore('enable');
    return {};
  },
  'query-version': () => QMP_VERSION,
  'query-status': ({ machine }) => status(machine),
  'query-name': () => ({}),
  'query-kvm': () => ({ enabled: false, present: false }),
  'query-commands': () => Object.keys(COMMANDS).map((name) => ({ name })),
  'query-cpus-fast': () => [
    { 'cpu-index': 0, 'qom-path': '/machine/unattached/device[0]', 'thread-id': 0, target: 'i386' },
  ],
  stop: action((machine) => machine.debug().interrupt()),
  cont: action((machine) => machine.debug().resume()),
  system_reset: action((machine) => machine.reset()),
  system_powerdown: action((machine) => machine.input.pressPowerButton()),
  quit: action((machine) => machine.stop()),
  screendump,
  'send-key': sendKey,
  eject: ejectMedium,
  'blockdev-change-medium': changeMedium,
  'human-monitor-command': monitorCommand,
};

/** Carries out a command. @throws QmpError */
export function runQmpCommand(
  machine: Machine,
  services: MonitorServices,
  name: string,
  values: Readonly<Record<string, unknown>>,
): unknown {
  const handler = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (handler === undefined) throw new QmpError(`The command ${name} has not been found`, 'CommandNotFound');
  const args = new Arguments(values);
  try {
    const result = handler({ machine, services }, args);
    args.end();
    return result;
  } catch (error) {
    if (error instanceof CommandError) throw new QmpError(error.message);
    throw error;
  }
}
