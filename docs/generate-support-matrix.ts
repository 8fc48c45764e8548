/**
 * Writes docs/support-matrix.md from the opcode table: `node --import tsx docs/generate-support-matrix.ts`.
 * A test compares the file with what this makes of the table.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Encoding, Feature, OpcodeRow } from '../src/decoder/opcode-row.ts';
import { OPCODES } from '../src/decoder/opcode-table.ts';
import { handlingOf } from '../test/support/row-forms.ts';

/** What a feature is called, in the order of the sections. */
const FEATURES: readonly (readonly [Feature, string])[] = [
  ['8086', '8086'],
  ['186', '80186'],
  ['286', '80286'],
  ['386', '80386'],
  ['486', '80486'],
  ['ppro', 'Pentium Pro'],
  ['undocumented', 'Undocumented'],
  ['tsc', 'TSC'],
  ['msr', 'MSR'],
  ['cpuid', 'CPUID'],
  ['cx8', 'CX8'],
  ['sep', 'SEP'],
  ['cmov', 'CMOV'],
  ['fpu', 'x87'],
  ['fcmov', 'x87: FCMOV, FCOMI'],
  ['fisttp', 'x87: FISTTP'],
  ['fxsr', 'FXSR'],
  ['mmx', 'MMX'],
  ['sse', 'SSE'],
  ['sse2', 'SSE2'],
  ['clflush', 'CLFLUSH'],
  ['sse3', 'SSE3'],
  ['monitor', 'MONITOR'],
  ['ssse3', 'SSSE3'],
  ['sse41', 'SSE4.1'],
  ['sse42', 'SSE4.2'],
  ['popcnt', 'POPCNT'],
  ['movbe', 'MOVBE'],
  ['smap', 'SMAP'],
  ['syscall', 'SYSCALL'],
  ['rdtscp', 'RDTSCP'],
];

const MAP_TEXT: readonly string[] = ['', '0F ', '0F 38 ', '0F 3A '];
const PREFIX_TEXT: Readonly<Record<number, string>> = { 1: 'NP ', 2: '66 ', 3: 'NFx ', 4: 'F3 ', 8: 'F2 ' };
const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

function encodingText(encoding: Encoding): string {
  const start = (PREFIX_TEXT[encoding.prefixClasses] ?? '') + MAP_TEXT[encoding.map] + hex(encoding.opcode);
  const span = encoding.span === 8 ? '+r' : encoding.span === 16 ? '+cc' : '';
  const modrm = encoding.modrm >= 0 ? ` ${hex(encoding.modrm)}` : encoding.reg >= 0 ? ` /${encoding.reg}` : '';
  return start + span + modrm;
}

/** Examples of the forms of a translated row that are interpreted all the same. */
function exceptions(row: OpcodeRow): string {
  if (row.handling !== 'translated') return '';
  const { left } = handlingOf(row);
  const shown = left.slice(0, 3).map((text) => `\`${text}\``);
  return left.length === 0 ? '' : `not: ${shown.join('; ')}${left.length > 3 ? ' ...' : ''}`;
}

function line(row: OpcodeRow): string {
  const all = [row.sensitive ? 'sensitive' : '', row.lockable ? 'LOCK' : '', exceptions(row)];
  const notes = all.filter((note) => note !== '').join(', ');
  const encodings = row.encodings.map(encodingText).filter((text, i, all) => all.indexOf(text) === i);
  return `| \`${encodings.join(', ')}\` | ${row.mnemonic} | ${row.operands.join(', ')} | ${row.handling} | ${notes} |`;
}

/** The whole page as Markdown. */
export function supportMatrix(): string {
  const text: string[] = [
    '# Support matrix',
    '',
    'Made from the opcode table (`src/decoder/opcodes/`) by `docs/generate-support-matrix.ts`; do not edit.',
    '',
    'Each row of the table, with what the translator does with it: **translated** to WebAssembly, a **callout** to the',
    'monitor, or **interpreted** (one callout to the interpreter). Mnemonics are size-neutral; operand codes are those',
    "of the SDM, vol. 2, appendix A. *Sensitive* is meant in Popek and Goldberg's sense. A row counts as translated when",
    'any of its forms is; examples of forms that are interpreted all the same stand behind *not*. A test lifts samples of',
    'every row and compares.',
    '',
    '| feature | rows | translated | callout | interpreted |',
    '| --- | ---: | ---: | ---: | ---: |',
  ];
  const sections: string[] = [];
  for (const [feature, title] of FEATURES) {
    const rows = OPCODES.filter((row) => row.feature === feature);
    if (rows.length === 0) continue;
    const count = (handling: string): number => rows.filter((row) => row.handling === handling).length;
    text.push(`| ${title} | ${rows.length} | ${count('translated')} | ${count('callout')} | ${count('interpreted')} |`);
    sections.push(
      '',
      `## ${title}`,
      '',
      '| encoding | mnemonic | operands | handling | |',
      '| --- | --- | --- | --- | --- |',
    );
    sections.push(...rows.map(line));
  }
  return `${[...text, ...sections].join('\n')}\n`;
}

/** Where the page stands. */
export const SUPPORT_MATRIX_FILE = fileURLToPath(new URL('support-matrix.md', import.meta.url));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(SUPPORT_MATRIX_FILE, supportMatrix());
}
