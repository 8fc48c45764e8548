/**
 * What a case may be aimed at: outcomes that hardly come up by themselves. An aim bends the surroundings of one
 * instruction; what comes of it is the oracles' affair as ever.
 */
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import type { SegmentState } from '../case.ts';
import type { Draw } from './draw.ts';
import * as S from './segments.ts';

/**
 * `task-switched`, `emulated`, `no-fxsr`: CR0.TS, CR0.EM set, CR4.OSFXSR clear. `pending`: an x87 exception is. `unmasked`:
 * SIMD exceptions are. `unaligned`: AC, and operands that are so. `lock`: a LOCK prefix. `null`: no data segments. `limit`,
 * `stack-limit`: operands at the end of DS and others, of SS. `page`, `stack-page`: on pages that forbid it. `level`: 3, with
 * IOPL 0. `crossing`: operands from one kind of page into another. `absent`: selectors of segments that are not present. `guarded`: DR7.GD. `code-limit`: branches at the end of CS.
 * `bad-task`: tasks, and inner stacks, of which something is wrong. `table-page`: the descriptor tables' page is not there.
 * `table-limit`: the GDT ends at the selectors that are loaded.
 */
export const AIMS = [
  'task-switched',
  'emulated',
  'no-fxsr',
  'pending',
  'unmasked',
  'unaligned',
  'lock',
  'null',
  'limit',
  'stack-limit',
  'page',
  'crossing',
  'stack-page',
  'level',
  'absent',
  'guarded',
  'code-limit',
  'bad-task',
  'table-page',
  'table-limit',
] as const;
export type Aim = (typeof AIMS)[number];

/** Those that a program of the host can meet. */
export const HOST_AIMS: readonly Aim[] = [
  ...([
    'pending',
    'unmasked',
    'unaligned',
    'lock',
    'null',
    'limit',
    'stack-limit',
    'page',
    'stack-page',
    'absent',
  ] as const),
];

const TS = 8;
const EM = 4;
const AM = 1 << 18;
const FXSR = 0x200;
const AC = 1 << 18;
const IOPL = 0x3000;
const NT = 0x4000;

export interface Switches {
  readonly cr0: number;
  readonly cr4: number;
  readonly eflags: number;
}

/** Control registers and flags for an aim. */
export function aimedSwitches(aim: Aim | undefined, { cr0, cr4, eflags }: Switches): Switches {
  switch (aim) {
    case 'task-switched':
      return { cr0: cr0 | TS, cr4, eflags };
    case 'emulated':
      return { cr0: cr0 | EM, cr4, eflags };
    case 'no-fxsr':
      return { cr0, cr4: cr4 & ~FXSR, eflags };
    case 'unaligned':
      return { cr0: cr0 | AM, cr4, eflags: eflags | AC };
    case 'bad-task':
      return { cr0, cr4, eflags: eflags | NT };
    case 'level':
      return { cr0, cr4, eflags: eflags & ~IOPL };
    default:
      return { cr0, cr4, eflags };
  }
}

const ENDING: readonly number[] = [
  S.DATA_ODD_LIMIT,
  S.DATA_ODD_LIMIT,
  S.DATA_16,
  S.DATA_TINY,
  S.DOWN_32,
  S.DATA_PAGE_LIMIT,
];
const ENDING_16: readonly number[] = [S.DATA_ODD_LIMIT, S.DATA_16, S.DATA_TINY, S.DOWN_16, S.STACK_16];
const STACKS: readonly number[] = [S.DATA_ODD_LIMIT, S.DATA_PAGE_LIMIT, S.DOWN_32, S.STACK_16, S.DATA_16];
const DATA = [0, 3, 4, 5];

/** Segments of protected mode for an aim. @param of gives a segment of a kind at the case's level */
export function aimedSegments(
  draw: Draw,
  aim: Aim | undefined,
  segments: readonly SegmentState[],
  code32: boolean,
  of: (kind: number) => SegmentState,
): readonly SegmentState[] {
  const out = [...segments];
  if (aim === 'null') for (const n of DATA) out[n] = S.NULL_SEGMENT;
  if (aim === 'limit') for (const n of DATA) out[n] = of(draw.pick(code32 ? ENDING : ENDING_16));
  if (aim === 'stack-limit') out[2] = of(draw.pick(code32 ? STACKS : [S.STACK_16, S.DATA_16, S.DOWN_16]));
  return out;
}

/** Pages on which something is forbidden; the first of level 3 only, all of them for somebody. */
const FORBIDDEN = [0x4a, 0x4a, 0x53, 0x51, 0x48, 0x48, 0x50, 0x56, 0x4c, 0x4e, 0x55];

/** A linear address at which a page may forbid an operand of `size` bytes. */
export function aimedPage(draw: Draw, size: number): number {
  const page = draw.pick(FORBIDDEN) << 12;
  // What must be aligned would fault for not being so.
  if (size >= 16 && !draw.once(4)) return page + (draw.below(0x1000 - size + 1) & -16);
  return draw.once(4) ? page - draw.between(1, Math.max(1, size - 1)) : page + draw.below(0x1000 - size + 1);
}

const MEMORY_AIMS: readonly Aim[] = ['null', 'limit', 'page', 'crossing', 'unaligned'];
const STACK_AIMS: readonly Aim[] = ['stack-limit', 'stack-page'];
const STACK = /^(push|pop|pusha|popa|pushf|popf|enter|leave|call|ret|callf|retf|iret)$/;
const SELECTORS = /^(les|lds|lss|lfs|lgs|callf|jmpf|retf|iret|lldt|ltr)$/;
const FLOATING = /^(fpu|fcmov|fisttp|mmx|s?sse\d*|fxsr)$/;

/** Can an operand of the row be memory? */
function hasMemory({ encodings, operands }: OpcodeRow): boolean {
  if (operands.some((operand) => /^([XY][bvz]|O.)$/.test(operand))) return true;
  return encodings.some(({ hasModrm, modrm, mod }) => hasModrm && modrm < 0 && mod !== 'register');
}

function aimsOf(row: OpcodeRow): readonly Aim[] {
  const { mnemonic, feature, operands } = row;
  const out: Aim[] = ['lock'];
  const vector = /^s?sse/.test(feature);
  if (FLOATING.test(feature) || mnemonic === 'wait') out.push('task-switched', 'emulated', 'task-switched', 'emulated');
  if (vector || feature === 'fxsr') out.push('no-fxsr', 'no-fxsr', 'no-fxsr');
  if (/^(fpu|fcmov|fisttp|mmx)$/.test(feature) || operands.some((operand) => /^[PQN]/.test(operand)))
    out.push('pending');
  // From and to XMM registers there is nothing else that an exception could hang on.
  if (operands.some((operand) => /^[PQN]/.test(operand)) && operands.some((operand) => /^[VWU]/.test(operand)))
    out.push('pending', 'pending', 'pending');
  if (mnemonic === 'wait' || /^f(freep|stpnce)$/.test(mnemonic)) out.push('pending', 'task-switched');
  if (operands.includes('Dd')) out.push('guarded', 'guarded');
  if (vector) out.push('unmasked');
  const memory = hasMemory(row);
  if (memory) out.push(...MEMORY_AIMS);
  if (STACK.test(mnemonic)) out.push('unaligned', ...STACK_AIMS, ...STACK_AIMS);
  else if (memory) out.push('stack-limit', 'page');
  if (row.sensitive) out.push('level', 'level');
  if (SELECTORS.test(mnemonic) || operands[0] === 'Sw' || /^(pop [DEFGS]S)/.test(row.id)) {
    out.push('absent', 'absent', 'absent', 'level');
    out.push('table-limit', 'table-limit', 'table-limit');
  }
  return out;
}

const OF_ROWS: readonly (readonly Aim[])[] = OPCODES.map(aimsOf);
const OF_ROWS_HOST = OF_ROWS.map((aims) => aims.filter((aim) => HOST_AIMS.includes(aim)));

/** An aim that something can come of in a row. */
export function aimFor(draw: Draw, row: OpcodeRow, host: boolean): Aim {
  return draw.pick((host ? OF_ROWS_HOST : OF_ROWS)[row.index]!);
}

/** Does an aim need a memory operand? */
export function wantsMemory(aim: Aim | undefined): boolean {
  return aim !== undefined && (MEMORY_AIMS.includes(aim) || STACK_AIMS.includes(aim));
}
