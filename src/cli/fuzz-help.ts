/** The text of `transvisor fuzz --help`, made from the table of its options. */
import { FUZZ_OPTIONS } from './fuzz-options.ts';
import { optionText } from './help.ts';

const HEAD = `Usage: transvisor fuzz [OPTION...]

Makes cases, runs them in the interpreter and in other oracles, and compares what they leave behind. What differs is
made small, printed, and kept as a file. Ctrl-C ends a campaign as if it had been as long; a report can be gone on with.

Exit status: 0 no difference; 1 a difference; 2 bad use, or a file that cannot be read or written.
`;

export function fuzzHelpText(): string {
  return `${HEAD}\n${FUZZ_OPTIONS.map((option) => optionText('--', option)).join('\n')}\n`;
}
