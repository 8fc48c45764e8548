/**
 * Cases for cells of the coverage matrix: a cell is drawn, each as often as any other, and a case is made that is of its
 * row, mode and form, and aimed at its outcome. Whether that is what comes of it is the oracles' affair.
 */
import type { Encoding, OpcodeRow } from '../../src/decoder/opcode-row.ts';
import type { Mode } from '../case.ts';
import { type Cell, type CellOutcome, isString } from '../cells.ts';
import { existingCells } from '../matrix.ts';
import { needsLevel0, possibleOutcomes } from '../possible-outcomes.ts';
import type { Aim } from './aims.ts';
import type { Draw } from './draw.ts';
import type { FormWish } from './instruction.ts';
import { isForHost, type RowChoice } from './rows.ts';
import { singleCase } from './single.ts';
import type { Drawn } from './variants.ts';

/** No programs of the host meet these. */
const NOT_ON_HOST: ReadonlySet<CellOutcome> = new Set<CellOutcome>(['#NM', '#DB', '#TS']);
/** Faults of an operand, which the host judges of what depends on the mode too (outside/host/transposed.ts). */
const OF_OPERANDS: ReadonlySet<CellOutcome> = new Set<CellOutcome>(['#UD', '#SS', '#GP', '#PF', '#AC', '#MF']);
const STACK = /^(push|pop|pusha|popa|pushf|popf|enter|leave|call|ret|callf|retf|iret)$/;
const BRANCHES = /^(call|jmp|ret|jcc|loop|loope|loopne|jcxz)$/;
const LOADS_STACK = /^(lss|mov|pop)$/;

/** Aims that may bring an outcome about; undefined is none. */
function aimsFor({ row, mode, form, outcome }: Cell): readonly (Aim | undefined)[] {
  const stack = STACK.test(row.mnemonic);
  const memory = /^(mem|rep)/.test(form) || row.mnemonic === 'xlat' || row.mnemonic.startsWith('maskmov');
  const segmented = mode === 'protected16' || mode === 'protected32';
  switch (outcome) {
    case '#UD':
      // Undefined anyway: everybody says so.
      return possibleOutcomes(row, form, mode).size === 1 ? [undefined] : ['lock'];
    case '#NM':
      return ['task-switched'];
    case '#MF':
      return ['pending'];
    case '#XF':
      return ['unmasked'];
    case '#AC':
      return ['unaligned'];
    case '#DB':
      return ['guarded'];
    case '#NP':
      return ['absent'];
    case '#TS':
      return ['bad-task'];
    case '#PF':
      if (/^(callf|jmpf|retf|iret)$/.test(row.mnemonic) && segmented)
        return memory ? ['page', 'stack-page', 'table-page'] : ['stack-page', 'table-page'];
      return stack ? (memory ? ['page', 'stack-page'] : ['stack-page']) : ['page'];
    case '#SS':
      return LOADS_STACK.test(row.mnemonic) && row.sensitive && segmented ? ['stack-limit', 'absent'] : ['stack-limit'];
    case '#GP': {
      if (BRANCHES.test(row.mnemonic)) return memory ? ['code-limit', 'code-limit', 'limit'] : ['code-limit'];
      const out: (Aim | undefined)[] = [undefined];
      if (memory) out.push('limit', 'limit', ...(segmented ? (['null'] as const) : []));
      if (row.sensitive) out.push('level');
      return out;
    }
    default:
      return [undefined];
  }
}

function wishOf({ row, form }: Cell): FormWish {
  const size = form.endsWith('16') ? 2 : form.endsWith('32') ? 4 : undefined;
  return { memory: !form.startsWith('reg'), size, repeated: form.startsWith('rep') && isString(row) };
}

/** Whether an encoding has the form. */
function hasForm({ hasModrm, modrm, mod }: Encoding, memory: boolean): boolean {
  if (!hasModrm || modrm >= 0) return true;
  return memory ? mod !== 'register' : mod !== 'memory';
}

/** Whether a case for a cell is made at level 0: elsewhere something else would come first. */
function atLevel0(draw: Draw, { row, outcome }: Cell): boolean {
  if (outcome === '#UD' || (outcome === '#GP' && draw.once(2))) return false;
  return needsLevel0(row) || (outcome === '#PF' && /^(ins|outs)$/.test(row.mnemonic));
}

/** Whether a case for a cell is made for the host's processor. */
function forHost(draw: Draw, { row, mode, outcome }: Cell): boolean {
  if (NOT_ON_HOST.has(outcome) || (outcome !== '#UD' && !isForHost(row))) return false;
  const depends = row.sensitive && (mode === 'real' || mode === 'virtual8086');
  if (depends && !OF_OPERANDS.has(outcome)) return false;
  // What the engines do not share they judge themselves.
  return row.handling === 'translated' && outcome !== '#UD' ? draw.once(4) : !draw.once(4);
}

/** The cells that cases are made for. */
export class CellChoice {
  private readonly cells: readonly Cell[];

  /**
   * @param modes which modes take part
   * @param fits which rows
   * @param wanted keys of cells (cells.ts); undefined for all that fit
   */
  constructor(modes: readonly Mode[], fits: (row: OpcodeRow) => boolean, wanted: ReadonlySet<number> | undefined) {
    this.cells = existingCells().filter(
      ({ key, mode, row }) => modes.includes(mode) && fits(row) && (wanted?.has(key) ?? true),
    );
  }

  get empty(): boolean {
    return this.cells.length === 0;
  }

  /** A case of a cell. */
  make(draw: Draw, rows: RowChoice, name: string, background: number): Drawn {
    const cell = draw.pick(this.cells);
    const { row, mode } = cell;
    const form = wishOf(cell);
    const encodings = row.encodings.filter((encoding) => hasForm(encoding, form.memory));
    const choice = { row, encoding: draw.pick(encodings.length > 0 ? encodings : row.encodings) };
    const aim = draw.pick(aimsFor(cell));
    const supervisor = atLevel0(draw, cell);
    const given = { choice, form, aim, supervisor };
    const host = aim !== 'table-page' && !supervisor && (aim === 'code-limit' || forHost(draw, cell));
    const wish = { mode, host, rows, undefinedToo: false, aimed: false, warm: false, given };
    return singleCase(draw, wish, name, background);
  }
}
