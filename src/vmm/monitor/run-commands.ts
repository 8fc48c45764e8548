/** Commands of the monitor that stop the guest, let it go on, reset it, or end it. */
import type { Machine } from '../machine.ts';
import type { Command } from './command.ts';

function action(help: string, act: (machine: Machine) => void): Command {
  return {
    usage: '',
    help,
    run({ machine }) {
      act(machine);
      return '';
    },
  };
}

export const RUN_COMMANDS = {
  stop: action('stop the guest, and its time', (machine) => machine.debug().interrupt()),
  cont: action('let it go on', (machine) => machine.debug().resume()),
  system_reset: action('as the reset button', (machine) => machine.reset()),
  system_powerdown: action('as the power button: the guest is asked to shut down', (machine) =>
    machine.input.pressPowerButton(),
  ),
  quit: action('end the machine', (machine) => machine.stop()),
} as const;
