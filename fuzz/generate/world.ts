/**
 * The surroundings of a case: mode, privilege, paging, segments, control registers and
 * the tables in memory that they need.
 */
import type { Mode, Patch, SegmentState, TableRegister } from '../case.ts';
import { type Aim, aimedSegments, aimedSwitches } from './aims.ts';
import type { Draw } from './draw.ts';
import { PAGE_DIRECTORY, PAGE_TABLE, pageTables } from './pages.ts';
import * as S from './segments.ts';

/** Where code is, and the data that it works on (filled with pseudo-random words). */
export const CODE = 0x1_0000;
export const DATA = 0x4_0000;
export const DATA_SIZE = 0x2_0000;
export const IDT = 0x2000;
/** Top of the level-0 stack. */
export const STACK_0 = 0x8ff0;

const PE = 1;
const MP = 2;
const EM = 4;
const TS = 8;
const ET = 0x10;
const NE = 0x20;
const WP = 1 << 16;
const AM = 1 << 18;
const PG = 1 << 31;
const VME = 1;
const PVI = 2;
const TSD = 4;
const DE = 8;
const PGE = 0x80;
const PCE = 0x100;
const FXSR = 0x200;
const XMMEXCPT = 0x400;
/** CR4.UMIP, SMEP and SMAP: what level 3 may not see, and what the supervisor may not touch. */
const GUARDS = [1 << 11, 1 << 20, 1 << 21, (1 << 20) | (1 << 21)] as const;

export interface World {
  readonly mode: Mode;
  readonly level: number;
  readonly paging: boolean;
  /** The host's processor can run it: level 3, Linux' selectors. */
  readonly host: boolean;
  readonly code32: boolean;
  /** In the order of ArchState. */
  readonly segments: readonly SegmentState[];
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly gdtr: TableRegister;
  readonly sysenter: readonly [number, number, number];
  /** IOPL, NT, VM and the like: what EFLAGS has beyond the flags of arithmetic. */
  readonly eflags: number;
  readonly patches: readonly Patch[];
  readonly aim: Aim | undefined;
}

export interface WorldWish {
  readonly mode: Mode;
  readonly host: boolean;
  /** No oddities (flags that trap, CR0.EM): for code that should run for a while. */
  readonly calm: boolean;
  readonly aim?: Aim | undefined;
  /** At level 0, where there are levels. */
  readonly supervisor?: boolean | undefined;
}

function tss(host: boolean, bitmap: boolean): Patch {
  const bytes = new Uint8Array(S.TSS_LIMIT + 1);
  const words = new Int32Array(bytes.buffer, 0, 26);
  words[1] = STACK_0;
  words[2] = 0x18;
  words[3] = STACK_0 - 0x400;
  words[4] = S.selectorOf(S.DATA_FLAT, 1, false);
  words[5] = STACK_0 - 0x800;
  words[6] = S.selectorOf(S.DATA_FLAT, 2, false);
  words[25] = host || !bitmap ? 0xffff_0000 | 0 : 0x0088_0000;
  // Every fourth interrupt is redirected, every eighth port forbidden: sparsely, so that both happen.
  for (let n = 0; n < 0x20; n++) bytes[0x68 + n] = 0x11;
  for (let n = 0; n < 0x40; n++) bytes[0x88 + n] = n & 1 ? 0x10 : 0;
  bytes[S.TSS_LIMIT] = 0xff;
  return { at: S.TSS, bytes: host ? bytes.slice(0, 0x68) : bytes };
}
/** Inner stacks that cannot be loaded, and a link to a task that is none. */
function badTask(draw: Draw): Patch {
  const bytes = Uint8Array.from(TSS_PLAIN.bytes);
  const words = new Int32Array(bytes.buffer, 0, 26);
  const bad = () => draw.pick([0, 0x08, 0x1b, 0xfff8, S.selectorOf(S.DATA_FLAT, 3, false)]);
  for (const n of [2, 4, 6]) words[n] = bad();
  words[0] = draw.pick([0, 0x28, 0x40, 0xfff8, S.taskSelector(draw, 0)]);
  return { at: S.TSS, bytes };
}

const TSS_HOST = tss(true, false);
const TSS_PLAIN = tss(false, false);
const TSS_BITMAP = tss(false, true);

/** Data segments of protected mode by how often they are wanted; -1 is a null selector. */
const DATA_KINDS: readonly number[] = [
  ...[S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_16, S.DATA_ODD_LIMIT, S.DATA_ODD_LIMIT],
  ...[S.DATA_PAGE_LIMIT, S.DOWN_32, S.DOWN_16, S.DATA_READ_ONLY, S.CODE_FLAT, S.DATA_TINY, S.DATA_WRAPPING, -1],
];
/** Of 16-bit code: most often one that 16-bit offsets reach. */
const DATA_KINDS_16: readonly number[] = [
  ...[S.DATA_16, S.DATA_16, S.DATA_16, S.DATA_16, S.DATA_16, S.DATA_16, S.DATA_ODD_LIMIT, S.DATA_ODD_LIMIT],
  ...[S.STACK_16, S.STACK_16, S.DATA_TINY, S.DOWN_16, S.DATA_FLAT, S.CODE_16, S.DATA_READ_ONLY, -1],
];
const STACK_KINDS: readonly number[] = [
  ...[S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_FLAT, S.DATA_ODD_LIMIT, S.DATA_PAGE_LIMIT, S.DOWN_32],
  ...[S.STACK_16, S.DATA_16, S.DOWN_16],
];
const STACK_KINDS_16: readonly number[] = [
  ...[S.STACK_16, S.STACK_16, S.STACK_16, S.STACK_16, S.STACK_16, S.DATA_16, S.DOWN_16, S.DATA_FLAT, S.DATA_ODD_LIMIT],
];

function protectedSegments(draw: Draw, wish: WorldWish, level: number): SegmentState[] {
  const code32 = wish.mode === 'protected32';
  const ldt = wish.host || (level === 3 && draw.once(2));
  const of = (kind: number) => (kind < 0 ? S.NULL_SEGMENT : S.segmentOf(kind, level, ldt));
  const data = (plain: number) => {
    if (wish.calm && !draw.once(8)) return of(plain);
    return of(draw.pick(code32 ? DATA_KINDS : DATA_KINDS_16));
  };
  const plain = code32 ? S.DATA_FLAT : S.DATA_16;
  const cs = code32
    ? draw.once(8)
      ? S.CODE_LIMITED
      : draw.once(16) && level === 0
        ? S.CODE_CONFORMING
        : S.CODE_FLAT
    : S.CODE_16;
  const stack = code32 ? STACK_KINDS : STACK_KINDS_16;
  const ss = wish.calm && !draw.once(6) ? (code32 ? S.DATA_FLAT : S.STACK_16) : draw.pick(stack);
  return [data(plain), of(cs), of(ss), data(plain), data(plain), data(plain), ...S.systemSegments(wish.host)];
}

function realSegments(draw: Draw, virtual: boolean, calm: boolean, host: boolean): SegmentState[] {
  const data = () => {
    const selector =
      calm || host || !draw.once(6)
        ? 0x4000 + draw.pick([0, 0, 1, 0x400, 0x800])
        : draw.pick([0, 0x0fff, 0x4a00, 0x4ff, 0xffff]);
    const plain = S.realSegment(selector, virtual);
    // Once in a while a limit left over from protected mode ("unreal" mode).
    return virtual || host || !draw.once(24) ? plain : { ...plain, limit: draw.pick([0xffff_ffff, 0xfff, 0x1_ffff]) };
  };
  return [
    data(),
    S.realSegment(CODE >>> 4, virtual),
    S.realSegment(0x5000, virtual),
    data(),
    data(),
    data(),
    ...S.systemSegments(false),
  ];
}

/** CR4 and the odder bits of CR0 and EFLAGS. */
function oddities(draw: Draw, wish: WorldWish, level: number): { cr0: number; cr4: number; eflags: number } {
  if (wish.host) {
    const aligning = !wish.calm && draw.once(16) ? 1 << 18 : 0;
    // In virtual-8086 mode any level of I/O: what it allows besides is not the host's to judge.
    const allowed = wish.mode === 'virtual8086' && draw.once(2) ? 3 << 12 : 0;
    return { cr0: MP | NE | WP | AM, cr4: DE | PGE | FXSR | XMMEXCPT, eflags: 0x200 | aligning | allowed };
  }
  let cr0 = (draw.once(2) ? MP : 0) | (draw.once(4) ? 0 : NE) | (draw.once(3) ? 0 : WP) | (draw.once(2) ? AM : 0);
  let cr4 = (draw.once(2) ? DE : 0) | (draw.once(2) ? PGE : 0) | (draw.once(3) ? PCE : 0) | (draw.once(3) ? TSD : 0);
  cr4 |= (wish.calm || !draw.once(24) ? FXSR : 0) | (draw.once(16) ? 0 : XMMEXCPT);
  let eflags = (draw.once(2) ? 0x200 : 0) | (draw.once(4) ? 1 << 21 : 0);
  if (wish.mode !== 'real') {
    eflags |= (draw.once(2) ? 3 : draw.below(4)) << 12;
    if (draw.once(4)) cr4 |= wish.mode === 'virtual8086' ? VME : level === 3 ? PVI : 0;
    if (draw.once(4)) eflags |= draw.below(4) << 19;
  }
  if (!wish.calm) {
    if (draw.once(24)) cr4 |= draw.pick(GUARDS);
    if (draw.once(32)) cr0 |= TS;
    if (draw.once(48)) cr0 |= EM;
    if (draw.once(24)) eflags |= 1 << 18;
    if (draw.once(64)) eflags |= 1 << 16;
    if (draw.once(64)) eflags |= 1 << 8;
    if (draw.once(48) && wish.mode !== 'real') eflags |= 1 << 14;
  }
  return { cr0, cr4, eflags };
}

const OF_LEVEL_3: ReadonlySet<Aim> = new Set<Aim>([
  'page',
  'crossing',
  'stack-page',
  'unaligned',
  'level',
  'code-limit',
]);
const OF_PAGES: ReadonlySet<Aim> = new Set<Aim>(['page', 'crossing', 'stack-page', 'table-page']);
/** PTE of the descriptor tables' page. */
const NO_TABLES: Patch = { at: PAGE_TABLE + (S.GDT >>> 12) * 4, bytes: new Uint8Array(4) };

/** Surroundings for a wish. */
export function makeWorld(draw: Draw, wish: WorldWish): World {
  const { mode, host } = wish;
  const virtual = mode === 'virtual8086';
  const real = mode === 'real';
  const { aim } = wish;
  const drawn = draw.once(2) ? (draw.once(2) ? 0 : 3) : draw.below(4);
  const user = virtual || host || (aim !== undefined && OF_LEVEL_3.has(aim) && (aim === 'code-limit' || !draw.once(8)));
  // Selectors are loaded inline at level 0 only.
  const supervisor = wish.supervisor === true || (aim === 'table-limit' && draw.once(2));
  const level = real || (supervisor && !virtual && !host) ? 0 : user ? 3 : drawn;
  const paging =
    !real &&
    ((host && !virtual) || (aim !== undefined && OF_PAGES.has(aim)) || (level === 3 ? !draw.once(4) : draw.once(2)));
  const { cr0, cr4, eflags } = aimedSwitches(aim, oddities(draw, wish, level));
  const segments =
    real || virtual
      ? realSegments(draw, virtual, wish.calm, host)
      : aimedSegments(draw, aim, protectedSegments(draw, wish, level), mode === 'protected32', (kind) =>
          S.segmentOf(kind, level, host || (level === 3 && draw.once(2))),
        );
  const ended = aim === 'code-limit' && !real && !virtual;
  const cs = S.segmentOf(mode === 'protected32' ? S.CODE_SHORT_32 : S.CODE_SHORT_16, 3, true);
  const patches: Patch[] = [];
  if (!real) {
    const task = aim === 'bad-task' ? badTask(draw) : draw.once(4) ? TSS_PLAIN : TSS_BITMAP;
    patches.push(...S.descriptorTables(host), host ? TSS_HOST : task);
    if (paging) patches.push(...pageTables(host, draw.once(2)));
    if (aim === 'table-page') patches.push(NO_TABLES);
  }
  const gdtLimit = real ? 0xffff : aim === 'table-limit' ? S.limitAmong(draw, level) : patches[0]!.bytes.length - 1;
  return {
    mode,
    level,
    paging,
    host,
    code32: mode === 'protected32',
    segments: ended ? segments.map((segment, n) => (n === 1 ? cs : segment)) : segments,
    cr0: (cr0 | ET | (real ? 0 : PE) | (paging ? PG : 0)) >>> 0,
    cr3: paging ? PAGE_DIRECTORY : 0,
    cr4,
    gdtr: { base: (host ? S.HIGH + S.GDT : S.GDT) >>> 0, limit: gdtLimit },
    sysenter: host || draw.once(2) ? [0, 0, 0] : [S.selectorOf(0, 0, false) & ~7, STACK_0, CODE + 0x800],
    eflags: eflags | (virtual ? 1 << 17 : 0),
    patches,
    aim,
  };
}
