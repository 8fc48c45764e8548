/**
 * `-display curses`: the guest's screen and keyboard on the terminal. Graphics modes are a line that says so.
 */
import { AnsiScreen } from '../host/ansi-screen.ts';
import { FullTerminal } from '../host/full-terminal.ts';
import { KeyFilter } from '../host/terminal.ts';
import type { Machine } from '../index.ts';
import { TerminalKeys } from '../vmm/keyboard/terminal-keys.ts';
import type { CharTarget, RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const REFRESH_MS = 33;
/** How long a typed key is held, in ms of the guest's time: some programs look at keys now and then only. */
const HOLD_MS = 25;
/** After an Escape, how long the rest of a sequence may take. */
const ESCAPE_MS = 50;
const HELP = 'Ctrl-A x ends the machine, Ctrl-A Ctrl-A sends Ctrl-A';
const HELP_MS = 3000;

/**
 * @param targets where the machine's character devices go
 * @throws UsageError where there is no terminal, something else has it, or there is no adapter whose screen could be shown
 */
export function requireTerminal({ monitor, qmp, vga }: RunConfig, targets: readonly CharTarget[]): void {
  const taken = [...targets, monitor, qmp].some((at) => at?.kind === 'stdio');
  if (taken) throw new UsageError('-display curses: the terminal is in use as stdio already');
  if (!FullTerminal.available) throw new UsageError('-display curses: standard input and output are no terminal');
  if (vga === 'none') throw new UsageError('-display curses: there is no display adapter (-vga none)');
}

/** Shows the machine from now on. Returns what ends it. */
export function startCurses(machine: Machine): () => void {
  const ansi = new AnsiScreen();
  const keys = new TerminalKeys();
  const filter = new KeyFilter(true);
  let helpUntil = 0;
  let rest: NodeJS.Timeout | undefined;
  const press = (chords: readonly (readonly number[])[]) => {
    for (const chord of chords) machine.input.chord(chord, HOLD_MS);
  };
  const terminal = new FullTerminal({
    onInput(typed) {
      clearTimeout(rest);
      const { bytes, command } = filter.filter(typed);
      press(keys.read(bytes));
      if (keys.waiting) rest = setTimeout(() => press(keys.flush()), ESCAPE_MS);
      if (command === 'quit') machine.stop();
      else if (command === 'help') helpUntil = performance.now() + HELP_MS;
    },
    onResize: () => ansi.forget(),
  });
  const draw = () => {
    if (terminal.busy) return;
    const { rows, columns } = terminal;
    const text = machine.screen?.text();
    if (performance.now() < helpUntil) terminal.write(ansi.drawMessage(HELP, rows, columns));
    else if (text !== undefined) terminal.write(ansi.draw(text, rows, columns));
    else terminal.write(ansi.drawMessage(modeName(machine), rows, columns));
  };
  const timer = setInterval(draw, REFRESH_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    clearTimeout(rest);
    terminal.close();
  };
}

function modeName(machine: Machine): string {
  const size = machine.screen?.size();
  if (size === undefined || size.blank) return 'the screen is blank';
  return `${size.width}x${size.height} graphics mode`;
}
