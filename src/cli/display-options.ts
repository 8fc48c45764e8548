/** Options about what the machine shows: -display, -vga, -curses. */
import { choose, type OptionSpec } from './parse-options.ts';
import type { RunConfig } from './run-config.ts';

export const DISPLAY_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  {
    name: 'display',
    value: 'none|curses',
    help: "the guest's screen: not shown, or text modes on the terminal with its keyboard (Ctrl-A x ends)",
    apply(config, value) {
      config.display = choose(value, ['none', 'curses'] as const, 'display');
    },
  },
  {
    name: 'curses',
    help: 'the same as -display curses',
    apply(config) {
      config.display = 'curses';
    },
  },
  {
    name: 'vga',
    value: 'std|none',
    help: 'the display adapter: a VGA with the Bochs VBE interface (default), or none',
    apply(config, value) {
      config.vga = choose(value, ['std', 'none'] as const, 'display adapter');
    },
  },
];
