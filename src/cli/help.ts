/**
 * The text of --help, made from the option tables.
 */
import type { OptionSpec } from './parse-options.ts';
import { RUN_OPTION_GROUPS } from './run-options.ts';

const COMMANDS = `Usage: transvisor COMMAND [OPTION...]

  run        boot a guest (options below, with QEMU's names; one dash or two)
  guest      boot the bundled guest, CMS; takes the options of run
  disasm     FILE [--16|--32] [--origin A] [--offset N] [--length N]: Intel-syntax listing
  explain    "8b 45 08 ..." or FILE [--mode 16|32] [--user] [--address A] [--no-pass NAME] [--no-chain]
             [--max-region N]: decode, IR after each pass, WebAssembly, callouts and cold exits
  fuzz       hold the translator, a real processor or Unicorn against the interpreter, case by case
             ('transvisor fuzz --help' has its options)
  bench      measure boots, programs and single operations on this monitor and on others
             ('transvisor bench --help' has its options)
  --help     this text
  --version  the version

Exit status of run: 0 the guest powered off or halted for ever; (value << 1) | 1 from
isa-debug-exit; 2 bad use; 3 --max-instructions reached; 4 triple fault with -no-reboot.
Of run -accel verify: 0 no difference; 2 bad use, or no window was reached; 5 a difference.
`;

export function helpText(): string {
  const groups = RUN_OPTION_GROUPS.map(({ title, options }) => {
    const lines = options.map((option) => {
      const dash =
        option.name.length > 3 && /^(max|stats|profile|no-pass|no-chain|hot-turns|code-gen)/.test(option.name)
          ? '--'
          : '-';
      return optionText(dash, option);
    });
    return `${title}:\n${lines.join('\n')}\n`;
  });
  return `${COMMANDS}\n${groups.join('\n')}`;
}

/** An option of a list: what is typed, and beside or below it what that does. */
export function optionText(dash: string, { name, value, inlineValue, help }: Omit<OptionSpec<never>, 'apply'>): string {
  const shown = value ?? (inlineValue === undefined ? '' : `[=${inlineValue}]`);
  const head = `  ${dash}${name}${value === undefined ? '' : ' '}${shown}`;
  return head.length < 30 ? `${head.padEnd(30)}${help}` : `${head}\n${' '.repeat(30)}${help}`;
}
