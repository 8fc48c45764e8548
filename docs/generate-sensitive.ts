/**
 * Makes docs/sensitive.md: for each sensitive instruction that does not trap, what a guest's kernel sees when it is translated and
 * what it would see without. What stands there is observed, by the same code that test/vmm/sensitive.test.ts tests.
 *
 *     node --import tsx docs/generate-sensitive.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseCodeText } from '../src/cli/code-text.ts';
import { decode } from '../src/decoder/decode.ts';
import { Instruction } from '../src/decoder/instruction.ts';
import { format } from '../src/decoder/print.ts';
import { loadBinaryen } from '../src/translator/lower/binaryen-raw.ts';
import { Lockstep } from '../test/support/lockstep.ts';
import { loadInGuest, runDirectly, SENSITIVE, type Sensitive } from '../test/support/sensitive-instructions.ts';

/** What was seen of one instruction. */
interface Sight {
  readonly sensitive: Sensitive;
  /** In the guest, translated. */
  readonly translated: number;
  /** Directly executed. */
  readonly direct: string;
}

/** Enough for the loop around the instruction to be translated, and run. */
const COUNTS = [1, 2, 20_000, 20_000];

const hex = (value: number) => `${(value >>> 0).toString(16).toUpperCase()}h`;

/** A general-protection fault in the manual's notation. */
function faultText(fault: string): string {
  return fault.replace(/^#13\((\d+)\)$/, (_, code: string) => `#GP(${hex(Number(code))})`);
}

/** Runs all of them, in both ways. */
export async function observeAll(): Promise<Sight[]> {
  const pair = new Lockstep(await loadBinaryen());
  return SENSITIVE.map((sensitive) => {
    loadInGuest(pair, sensitive);
    for (const count of COUNTS) pair.run(count);
    const { fault, value } = runDirectly(sensitive);
    return {
      sensitive,
      translated: sensitive.guest[0](pair.translate.cpu),
      direct: fault === undefined ? hex(value) : `traps: ${faultText(fault)}`,
    };
  });
}

/** The instruction as text. */
function textOf({ bytes }: Sensitive): string {
  const i = new Instruction();
  const code = parseCodeText(`${bytes} there: back: 90`).bytes;
  decode(code, 0, code.length, true, i);
  return format(i, 0x10_0000);
}

/** The whole page as Markdown. */
export function sensitivePage(sights: readonly Sight[]): string {
  const rows = sights.map(({ sensitive: s, translated, direct }) => {
    const how = s.inline ? 'inline' : 'callout';
    return `| \`${textOf(s)}\` | ${s.what} | ${hex(translated)} | ${direct} | ${how} |`;
  });
  return `${[
    '# Why IA-32 needs translation',
    '',
    'Made from what `test/vmm/sensitive.test.ts` runs, by `docs/generate-sensitive.ts`; do not edit.',
    '',
    'Popek and Goldberg (1974) call an instruction *sensitive* when it reads or changes what belongs to the machine rather than the',
    'program, or behaves by the level at which it runs. A processor can be virtualized by running the guest directly, its kernel without',
    'privileges, when every sensitive instruction traps there, so that a monitor can do what it should. Of IA-32, Robin and Irvine',
    '(2000) list seventeen that do not; IRET, which loads IF, is an eighteenth. Each is run below in two ways:',
    '',
    "- *directly*: at level 3, as a guest's kernel would run under a monitor that has level 0, with the monitor's tables, flags and task;",
    "- *translated*: in a guest's kernel that believes to be at level 0, and is, for the code that runs for it carries out the instruction on",
    "  the guest's own state: by a callout to the monitor, or inline.",
    '',
    "Most give something else directly, without a word, and the guest's kernel goes on with it. The far transfers and INT n do trap in these",
    'cases, for the monitor has no descriptors of level 0 for its guests; but where it has a descriptor that fits they go there, and their',
    'selectors and levels are not those of the guest.',
    '',
    '| instruction | what is looked at | translated | directly | how |',
    '| --- | --- | ---: | ---: | --- |',
    ...rows,
  ].join('\n')}\n`;
}

/** Where the page stands. */
export const SENSITIVE_FILE = fileURLToPath(new URL('sensitive.md', import.meta.url));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(SENSITIVE_FILE, sensitivePage(await observeAll()));
}
