/** The text of `transvisor bench --help`, made from the table of its options. */
import { BENCH_OPTIONS } from './bench-options.ts';
import { optionText } from './help.ts';

const HEAD = `Usage: transvisor bench --suite NAME,... [OPTION...]

Measures this monitor against others in interleaved rounds: medians, least..most, and ratios to the first contestant,
as a table on standard output and as JSON. docs/benchmarking.md says what each figure means.

  boot       seconds from starting the process to a text on the serial port, and peak memory of its processes
  programs   static i386 programs in a Linux guest, each timed by the host's clock
  cold       200 different small programs, each started once; the time for all of them
  nano       nanoseconds of single operations (system call, port read, page fault, ...) in a bare-metal guest

Contestants (--on), in the order of the columns; ours, v86, qemu and native unless given:
  ours                        this monitor; built: the same as 'npm run build' compiled it
  v86, qemu, native           v86 under Node, QEMU's TCG, the host's own processor (programs only)
  NAME:SWITCHES               this monitor with switches of 'run':   --on "slow:--max-region 1"
  NAME=WHO:SWITCHES           any of the above:                      --on "icount=qemu:-icount shift=0,sleep=off"
  NAME=PATH:SWITCHES          another Transvisor, by its command:    --on old=../old/bin/transvisor

Exit status: 0 all was measured; 1 something was not; 2 bad use; 5 checksums differ among contestants.
`;

export function benchHelpText(): string {
  return `${HEAD}\n${BENCH_OPTIONS.map((option) => optionText('--', option)).join('\n')}\n`;
}
