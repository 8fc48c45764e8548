/**
 * The monitor's commands, with QEMU's names: a line in, text out. They look at the
 * machine between two slices and leave no trace in the guest.
 */
import type { Machine } from '../machine.ts';
import { examine, examinePhysical } from './examine.ts';
import { INFO } from './info.ts';

interface Command {
  /** What follows the name, for `help`. */
  readonly usage: string;
  readonly help: string;
  run(machine: Machine, args: readonly string[], name: string): string;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  help: { usage: '', help: 'this list', run: () => helpText() },
  info: {
    usage: Object.keys(INFO).join('|'),
    help: 'about the machine',
    run: (machine, [what = '']) => info(machine, what),
  },
  x: {
    usage: '/FMT ADDR',
    help: 'memory at a virtual address',
    run: (machine, args, name) => examine(machine.inspect(), name, args),
  },
  xp: {
    usage: '/FMT ADDR',
    help: 'memory at a physical address',
    run: (machine, args, name) => examinePhysical(machine.inspect(), name, args),
  },
  stop: {
    usage: '',
    help: 'stop the guest, and its time',
    run: (machine) => silent(() => machine.debug().interrupt()),
  },
  cont: { usage: '', help: 'let it go on', run: (machine) => silent(() => machine.debug().resume()) },
  nmi: { usage: '', help: 'a non-maskable interrupt', run: (machine) => silent(() => machine.nmi()) },
  system_reset: { usage: '', help: 'as the reset button', run: (machine) => silent(() => machine.reset()) },
  quit: { usage: '', help: 'end the machine', run: (machine) => silent(() => machine.stop()) },
};
const ALIASES: Readonly<Record<string, string>> = { '?': 'help', c: 'cont', s: 'stop', q: 'quit', i: 'info' };

/** Carries out a line. Returns what it prints; an error is a line of text, too. */
export function runMonitorCommand(machine: Machine, line: string): string {
  const [first = '', ...args] = line.trim().split(/\s+/);
  if (first === '') return '';
  // The format may follow the name at once: x/4i.
  const word = /^[^/]*/.exec(first)?.[0] ?? '';
  const name = ALIASES[word] ?? word;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return `unknown command: '${printable(word)}'; 'help' lists all`;
  return command.run(machine, args, first);
}

function silent(action: () => void): string {
  action();
  return '';
}

function helpText(): string {
  return Object.entries(COMMANDS)
    .map(([name, { usage, help }]) => `${`${name} ${usage}`.trimEnd().padEnd(44)} ${help}`)
    .join('\n');
}

function info(machine: Machine, what: string): string {
  const topic = Object.hasOwn(INFO, what) ? INFO[what] : undefined;
  if (topic !== undefined) return topic(machine);
  return `info: ${what === '' ? 'about what?' : `unknown: '${printable(what)}';`} ${Object.keys(INFO).join(', ')}`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
}
