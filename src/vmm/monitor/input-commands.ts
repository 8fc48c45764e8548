/** Commands of the monitor that press keys and move the mouse. */
import { parseChord } from '../keyboard/key-names.ts';
import { type Command, CommandError, printable } from './command.ts';

/** The monitor's order of buttons is left, middle, right; the mouse's left, right, middle. */
function mouseButtons(state: number): number {
  return (state & 1) | ((state & 2) << 1) | ((state & 4) >>> 1);
}

function integer(text: string | undefined, what: string): number {
  if (text === undefined || !/^-?(0x[0-9a-f]{1,8}|\d{1,9})$/i.test(text)) {
    throw new CommandError(`${what} '${printable(text ?? '')}': must be a whole number`);
  }
  return text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
}

const sendkey: Command = {
  usage: 'KEYS [HOLD_MS]',
  help: 'press keys together, as ctrl-alt-f1; held for 100 ms',
  run({ machine }, [keys, hold]) {
    if (keys === undefined) throw new CommandError('sendkey: which keys?');
    const chord = parseChord(keys);
    if ('unknown' in chord) throw new CommandError(`unknown key: '${printable(chord.unknown)}'`);
    const ms = hold === undefined ? undefined : integer(hold, 'hold time');
    if (ms !== undefined && (ms < 1 || ms > 65_535)) throw new CommandError(`hold time ${ms}: must be 1 to 65535 ms`);
    machine.input.chord(chord.positions, ms);
    return '';
  },
};

const mouseMove: Command = {
  usage: 'DX DY [DZ]',
  help: 'move the mouse to the right, down, and its wheel up',
  run({ machine }, [dx, dy, dz]) {
    machine.input.moveMouse(integer(dx, 'dx'), integer(dy, 'dy'), dz === undefined ? 0 : integer(dz, 'dz'));
    return '';
  },
};

const mouseButton: Command = {
  usage: 'STATE',
  help: 'press mouse buttons and release the others: 1 left, 2 middle, 4 right, added up',
  run({ machine }, [state]) {
    machine.input.pressButtons(mouseButtons(integer(state, 'state')));
    return '';
  },
};

export const INPUT_COMMANDS = { sendkey, mouse_move: mouseMove, mouse_button: mouseButton } as const;
