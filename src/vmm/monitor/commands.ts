/**
 * The monitor's commands, with QEMU's names: a line in, text out. They are carried out between two slices; those that
 * look leave no trace in the guest.
 */
import type { Machine } from '../machine.ts';
import { type Command, CommandError, type Commands, type MonitorServices, printable } from './command.ts';
import { examine, examinePhysical, print } from './examine.ts';
import { INFO } from './info.ts';
import { INPUT_COMMANDS } from './input-commands.ts';
import { MEDIA_COMMANDS } from './media-commands.ts';
import { RUN_COMMANDS } from './run-commands.ts';

const help: Command = { usage: '', help: 'this list', run: () => helpText() };

const info: Command = {
  usage: Object.keys(INFO).join('|'),
  help: 'about the machine',
  run({ machine }, [what = '']) {
    const topic = Object.hasOwn(INFO, what) ? INFO[what] : undefined;
    if (topic !== undefined) return topic(machine);
    const known = Object.keys(INFO).join(', ');
    throw new CommandError(`info: ${what === '' ? 'about what?' : `unknown: '${printable(what)}';`} ${known}`);
  },
};

const COMMANDS: Commands = {
  help,
  info,
  x: {
    usage: '/FMT ADDR',
    help: 'memory at a virtual address',
    run: ({ machine }, args, name) => examine(machine.inspect(), name, args),
  },
  xp: {
    usage: '/FMT ADDR',
    help: 'memory at a physical address',
    run: ({ machine }, args, name) => examinePhysical(machine.inspect(), name, args),
  },
  print: {
    usage: '/FMT EXPRESSION',
    help: 'the value of an expression of numbers and $registers',
    run: ({ machine }, args, name) => print(machine.inspect(), name, args),
  },
  ...RUN_COMMANDS,
  ...INPUT_COMMANDS,
  ...MEDIA_COMMANDS,
};
const ALIASES: Readonly<Record<string, string>> = {
  '?': 'help',
  c: 'cont',
  s: 'stop',
  q: 'quit',
  i: 'info',
  p: 'print',
};

/** Carries out a line. Returns what it prints; an error is a line of text, too. */
export function runMonitorCommand(machine: Machine, line: string, services: MonitorServices = {}): string {
  const [first = '', ...args] = line.trim().split(/\s+/);
  if (first === '') return '';
  // The format may follow the name at once: x/4i.
  const word = /^[^/]*/.exec(first)?.[0] ?? '';
  const name = Object.hasOwn(ALIASES, word) ? ALIASES[word]! : word;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return `unknown command: '${printable(word)}'; 'help' lists all`;
  try {
    return command.run({ machine, services }, args, first);
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

function helpText(): string {
  return Object.entries(COMMANDS)
    .map(([name, { usage, help: what }]) => `${`${name} ${usage}`.trimEnd().padEnd(44)} ${what}`)
    .join('\n');
}
