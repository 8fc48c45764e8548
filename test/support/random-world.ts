/**
 * The worlds that random programs run in: memory, segments, pages, and the
 * dispatcher between their pieces, which every fault ends in too.
 */
import * as L from '../../src/cpu/layout.ts';
import { CR0_ET, CR0_NE, CR0_PG, CR0_WP, CS, DS, ES, ESP, FS, GS, SS, TR } from '../../src/cpu/registers.ts';
import { CODE_SELECTOR, DATA_SELECTOR, GDT, type Lockstep } from './lockstep.ts';
import { DATA, DATA_SIZE, INTERESTING, le16, le32 } from './random-instruction.ts';
import { DISPATCHER, type RandomProgram } from './random-program.ts';

/** Flat memory at level 0; pages of all kinds at level 3; segments with bases and limits; real mode. */
export const WORLDS = ['flat', 'paged user', 'segmented', 'real'] as const;
export type World = (typeof WORLDS)[number];

/** Whether programs for a world are 32-bit code. */
export function isCode32(world: World): boolean {
  return world !== 'real';
}

const STACK = DATA + 0x1_f000;
const COUNTER = 0x3f00;
const TABLE = 0x3f10;

/** Puts a program into both sides, ready to run. */
export function prepare(pair: Lockstep, program: RandomProgram, world: World): void {
  pair.reset();
  for (const { address, bytes } of program.pieces) pair.load(address, bytes);
  pair.load(DATA, randomData(program.seed));
  pair.each((cpu) => {
    cpu.eip = DISPATCHER;
  });
  if (world === 'real') {
    prepareReal(pair, program);
    return;
  }
  pair.load(TABLE, words(...program.pieces.map(({ address }) => address)));
  const selector = world === 'paged user' ? USER_DATA : DATA_SELECTOR;
  pair.load(DISPATCHER, dispatcher(program.pieces.length, selector, world === 'segmented' ? BASED : selector));
  pair.handleFaults(DISPATCHER);
  if (world === 'segmented') prepareSegments(pair);
  if (world === 'paged user') prepareUser(pair, program.seed);
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Puts segments, stack, pointers and the direction flag in order and goes to the next piece. */
function dispatcher(pieces: number, selector: number, based: number): Uint8Array {
  return Uint8Array.from([
    // Loading segments costs callouts: only where a piece has changed one.
    ...[0x8c, 0xd8, 0x8c, 0xc1, 0x01, 0xc8, 0x8c, 0xe1, 0x01, 0xc8, 0x8c, 0xe9, 0x01, 0xc8, 0x8c, 0xd1, 0x01, 0xc8],
    ...[0x3d, ...le32(3 * selector + 2 * based), 0x74, 18], // cmp eax, the sum of all five; je
    ...[0x66, 0xb8, selector, 0x00, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // mov ds, es, ss
    ...[0x66, 0xb8, based, 0x00, 0x8e, 0xe0, 0x8e, 0xe8], // mov fs, gs
    ...[0xbc, ...le32(STACK)], // mov esp
    ...[0xfc], // cld
    ...[0xbd, ...le32(DATA + 0x8000)], // mov ebp
    ...[0xbe, ...le32(DATA + 0xa000)], // mov esi
    ...[0xbf, ...le32(DATA + 0xc001)], // mov edi, not aligned
    ...[0x8b, 0x1d, ...le32(DATA + 0x40)], // mov ebx, [..]
    ...[0x8b, 0x15, ...le32(DATA + 0x44)], // mov edx, [..]
    ...[0xa1, ...le32(COUNTER), 0x40], // mov eax, [counter]; inc eax
    ...[0x3d, ...le32(pieces), 0x72, 0x04, 0x31, 0xc0, 0xdb, 0xe3], // cmp eax, pieces; jb; xor eax, eax; fninit
    ...[0xa3, ...le32(COUNTER)], // mov [counter], eax
    ...[0x8b, 0x0d, ...le32(DATA + 0x48)], // mov ecx, [..]
    ...[0xff, 0x24, 0x85, ...le32(TABLE)], // jmp [table + eax*4]
  ]);
}

function randomData(seed: number): Uint8Array {
  const words = new Int32Array(DATA_SIZE / 4);
  let x = seed;
  for (let n = 0; n < words.length; n++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[n] = (x & 7) === 0 ? INTERESTING[(x >>> 8) % INTERESTING.length]! : x;
  }
  return new Uint8Array(words.buffer);
}

// ---- segments --------------------------------------------------------------------------------

/** FS and GS, as the GDT has them: a base, no limit. */
const BASED = 0x18;

/** Code and data that end in the middle of the data, and of its pages; FS and GS with a base. */
function prepareSegments(pair: Lockstep): void {
  pair.load(GDT + CODE_SELECTOR, words(0x0000_ffff, 0x0041_9b00, 0x0000_f123, 0x0045_9300));
  pair.load(GDT + BASED, words((DATA << 16) | 0xffff, 0x00cf_9300 | (DATA >>> 16)));
  pair.each((cpu) => {
    cpu.s32[L.GDTR_LIMIT >> 2] = 0x1f;
    cpu.setSegment(CS, CODE_SELECTOR, 0, 0x1_ffff, 0x0040_9b00);
    for (const seg of [ES, SS, DS]) cpu.setSegment(seg, DATA_SELECTOR, 0, 0x5_f123, 0x0040_9300);
    for (const seg of [FS, GS]) cpu.setSegment(seg, BASED, DATA, -1, 0x00c0_9300);
  });
}

// ---- level 3, and pages ------------------------------------------------------------------------

const USER_CODE = 0x1b;
const USER_DATA = 0x23;
const TASK = 0x28;
const TASK_STATE = 0x5800;
const STACK_0 = 0x3e00;
const USER_ENTRY = 0x3800;
const DIRECTORY = 0x6000;
const PAGE_TABLE = 0x7000;

function prepareUser(pair: Lockstep, seed: number): void {
  pair.handleFaults(USER_ENTRY);
  pair.load(GDT + USER_CODE - 3, words(0xffff, 0x00cf_fb00, 0xffff, 0x00cf_f300));
  pair.load(TASK_STATE + 4, words(STACK_0, DATA_SELECTOR));
  pair.load(USER_ENTRY, userEntry());
  pair.load(DIRECTORY, words(PAGE_TABLE | 7));
  pair.load(PAGE_TABLE, words(...pageEntries(seed)));
  pair.each((cpu) => {
    cpu.s32[L.GDTR_LIMIT >> 2] = 0x27;
    cpu.setSegment(TR, TASK, TASK_STATE, 0x67, 0x8b00);
    cpu.s32[L.CR3 >> 2] = DIRECTORY;
    cpu.s32[L.CR0 >> 2] = cpu.s32[L.CR0 >> 2]! | CR0_PG | CR0_WP;
    cpu.gpr[ESP] = STACK_0;
    cpu.eip = USER_ENTRY;
  });
}

/** One to one, for the user; of the data's pages some are not there, some read-only, some the supervisor's. */
function pageEntries(seed: number): number[] {
  return Array.from({ length: 0x100 }, (_, n) => {
    const inside = n > DATA >>> 12 && n < STACK >>> 12;
    const kind = inside ? (Math.imul(seed + n, 0x9e37_79b1) >>> 27) & 15 : 15;
    return (n << 12) | (kind === 0 ? 6 : kind === 1 ? 5 : kind === 2 ? 3 : 7);
  });
}

/** Where every fault goes: data segments, and back to the dispatcher at level 3. */
function userEntry(): Uint8Array {
  return Uint8Array.from([
    ...[0xb8, ...le32(USER_DATA), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8], // mov eax; mov ds, es, fs, gs
    ...[0x6a, USER_DATA, 0x68, ...le32(STACK), 0x6a, 2, 0x6a, USER_CODE, 0x68, ...le32(DISPATCHER), 0xcf], // iret
  ]);
}

// ---- real mode -----------------------------------------------------------------------------------

const REAL_DATA = 0x9300;
/** Paragraph of the data; offsets in it of what the dispatcher keeps. */
const REAL_SEGMENT = DATA >>> 4;
const REAL_COUNTER = 0xf100;
const REAL_TABLE = 0xf110;

function prepareReal(pair: Lockstep, program: RandomProgram): void {
  pair.load(DISPATCHER, realDispatcher(program.pieces.length));
  pair.load(DATA + REAL_TABLE, Uint8Array.from(program.pieces.flatMap(({ address }) => le16(address))));
  pair.load(DATA + REAL_COUNTER, Uint8Array.of(0, 0));
  pair.load(0, words(...new Array<number>(0x100).fill(DISPATCHER)));
  pair.each((cpu) => {
    cpu.s32[L.CR0 >> 2] = CR0_ET | CR0_NE;
    cpu.s32[L.IDTR_BASE >> 2] = 0;
    cpu.s32[L.IDTR_LIMIT >> 2] = 0x3ff;
    cpu.setSegment(CS, 0, 0, 0xffff, REAL_DATA);
    for (const seg of [ES, SS, DS, FS, GS]) cpu.setSegment(seg, REAL_SEGMENT, DATA, 0xffff, REAL_DATA);
  });
}

/** The dispatcher in 16-bit code. */
function realDispatcher(pieces: number): Uint8Array {
  return Uint8Array.from([
    ...[0x8c, 0xd8, 0x8c, 0xc1, 0x01, 0xc8, 0x8c, 0xe1, 0x01, 0xc8, 0x8c, 0xe9, 0x01, 0xc8, 0x8c, 0xd1, 0x01, 0xc8],
    ...[0x3d, ...le16(5 * REAL_SEGMENT), 0x74, 3 + 10], // cmp ax, the sum of all five; je
    ...[0xb8, ...le16(REAL_SEGMENT), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0],
    ...[0x66, 0xbc, ...le32(0xffe0), 0xfc], // mov esp; cld
    ...[0x66, 0xbd, ...le32(0x8000), 0x66, 0xbe, ...le32(0xa000), 0x66, 0xbf, ...le32(0xc001)], // mov ebp, esi, edi
    ...[0x66, 0x8b, 0x1e, 0x40, 0x00, 0x66, 0x8b, 0x16, 0x44, 0x00], // mov ebx, [40h]; mov edx, [44h]
    ...[0xa1, ...le16(REAL_COUNTER), 0x40], // mov ax, [counter]; inc ax
    ...[0x3d, ...le16(pieces), 0x72, 0x04, 0x31, 0xc0, 0xdb, 0xe3], // cmp ax, pieces; jb; xor ax, ax; fninit
    ...[0xa3, ...le16(REAL_COUNTER), 0x66, 0x8b, 0x0e, 0x48, 0x00], // mov [counter], ax; mov ecx, [48h]
    ...[0x66, 0x0f, 0xb7, 0xc0, 0x67, 0xff, 0x24, 0x45, ...le32(REAL_TABLE)], // movzx eax, ax; jmp [table + eax*2]
  ]);
}
