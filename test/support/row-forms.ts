/**
 * Sample instructions of each opcode row, and what the translator does with
 * them: found out by lifting, to be compared with what the table says.
 */
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import type { Encoding, Handling, OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { format } from '../../src/decoder/print.ts';
import { plainMode } from '../../src/translator/code-regions.ts';
import { formHandling } from '../../src/translator/form-handling.ts';

const MAP_BYTES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
/** Prefixes by their bit in an encoding's prefix classes. */
const CLASS_PREFIXES: readonly (readonly [number, readonly number[]])[] = [
  [1, []],
  [2, [0x66]],
  [4, [0xf3]],
  [8, [0xf2]],
];
const IMMEDIATES = [0, 1, 5, 0x21];

function modrmBytes(encoding: Encoding): number[] {
  if (!encoding.hasModrm) return [-1];
  if (encoding.modrm >= 0) return [encoding.modrm];
  const reg = (encoding.reg < 0 ? 3 : encoding.reg) << 3;
  // A register operand, [edx], and [edi].
  return [0xc2 | reg, 0x02 | reg, 0x07 | reg];
}

/** Instructions that decode to the row: operand kinds, prefixes and immediates varied; 32-bit flat code. */
export function formsOf(row: OpcodeRow): Instruction[] {
  const forms = new Map<string, Instruction>();
  for (const encoding of row.encodings) {
    for (const [bit, prefix] of CLASS_PREFIXES) {
      if ((encoding.prefixClasses & bit) === 0) continue;
      for (const opcode of encoding.span === 1 ? [encoding.opcode] : [encoding.opcode, encoding.opcode + 3]) {
        for (const modrm of modrmBytes(encoding)) {
          for (const imm of IMMEDIATES) {
            const tail = [...(modrm < 0 ? [] : [modrm]), imm, 0, 0, 0, 0, 0, 0, 0];
            const bytes = Uint8Array.of(...prefix, ...(MAP_BYTES[encoding.map] ?? []), opcode, ...tail);
            const i = new Instruction();
            if (decode(bytes, 0, bytes.length, true, i) !== DecodeStatus.Ok || i.row !== row) continue;
            forms.set(`${format(i, 0)}/${i.length}`, i);
          }
        }
      }
    }
  }
  return [...forms.values()];
}

export interface RowHandling {
  /** `translated` where any form is; otherwise `callout` for sensitive rows, `interpreted` for the others. */
  readonly handling: Handling;
  /** Forms of a translated row that are not translated, in Intel syntax. */
  readonly left: readonly string[];
  readonly forms: number;
}

/** What the translator does with a row. */
export function handlingOf(row: OpcodeRow): RowHandling {
  const mode = plainMode(true);
  const forms = formsOf(row);
  const left = forms.filter((i) => formHandling(mode, i) !== 'translated').map((i) => format(i, 0));
  if (left.length < forms.length) return { handling: 'translated', left, forms: forms.length };
  // UD0, UD1 and UD2 are meant to fault: nothing a translator could do.
  const callout = row.sensitive || /^ud\d$/.test(row.mnemonic);
  return { handling: callout ? 'callout' : 'interpreted', left, forms: forms.length };
}
