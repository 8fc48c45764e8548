/**
 * Random guest programs for fast-check: pieces of straight-line code, loops,
 * forward branches and calls, from instructions drawn from the opcode table.
 *
 * Every piece ends in the dispatcher, which puts the registers in order and goes
 * to the next piece, round and round; a fault ends its piece. So everything
 * grows hot, whatever the pieces do.
 */
import * as fc from 'fast-check';
import * as L from '../../src/cpu/layout.ts';
import { CR0_PG, CR0_WP, ESP, TR } from '../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction, K } from '../../src/decoder/instruction.ts';
import type { Encoding, OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { format } from '../../src/decoder/print.ts';
import { GDT, type Lockstep } from './lockstep.ts';

export const DISPATCHER = 0x3000;
const COUNTER = 0x3f00;
const TABLE = 0x3f10;
const LOOP_COUNTERS = 0x5000;
export const CODE = 0x1_0000;
export const DATA = 0x4_0000;
export const DATA_SIZE = 0x2_0000;
const STACK = DATA + 0x1_f000;

/** Left out: they change the mode, end the program, or are made by the pieces themselves. */
const EXCLUDED = new Set([
  ...[
    'hlt',
    'lgdt',
    'lidt',
    'lldt',
    'ltr',
    'lmsw',
    'clts',
    'wrmsr',
    'callf',
    'jmpf',
    'retf',
    'iret',
    'sysenter',
    'sysexit',
  ],
  ...['rsm', 'mwait', 'monitor', 'jcc', 'jmp', 'call', 'ret', 'jcxz', 'loop', 'loope', 'loopne', 'rdtsc', 'rdpmc'],
]);

function excluded(row: OpcodeRow): boolean {
  if (EXCLUDED.has(row.mnemonic)) return true;
  return row.mnemonic === 'mov' && row.operands.some((o) => o === 'Cd' || o === 'Dd');
}

/** How often a row is drawn, compared with the others. */
function weight(row: OpcodeRow): number {
  if (row.feature === 'fpu' || row.feature === 'fcmov' || row.feature === 'fisttp') return 5;
  if (/^(mmx|sse|ssse|fxsr)/.test(row.feature)) return 2;
  if (row.sensitive) return row.endsBlock ? 1 : 2;
  return 20;
}

const CHOICES: readonly { readonly row: OpcodeRow; readonly encoding: Encoding }[] = OPCODES.filter(
  (row) => !excluded(row),
).flatMap((row) => {
  const times = Math.max(1, Math.round(weight(row) / row.encodings.length));
  return row.encodings.flatMap((encoding) =>
    new Array<{ row: OpcodeRow; encoding: Encoding }>(times).fill({ row, encoding }),
  );
});

const MAP_BYTES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const INTERESTING = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

/** One instruction as drawn: what the bytes are made from. */
interface Draw {
  readonly choice: number;
  readonly prefixes: number;
  readonly mod: number;
  readonly reg: number;
  readonly rm: number;
  readonly place: number;
  readonly imm: number;
}

function le32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** ModR/M and what follows it: mostly a place in the data, by constant or by one of the pointer registers. */
function modrmBytes(encoding: Encoding, draw: Draw): number[] {
  if (!encoding.hasModrm) return [];
  if (encoding.modrm >= 0) return [encoding.modrm];
  const reg = (encoding.reg < 0 ? draw.reg : encoding.reg) << 3;
  const register = encoding.mod === 'register' || (encoding.mod === 'any' && draw.mod < 4);
  if (register) return [0xc0 | reg | draw.rm];
  if (draw.mod < 7) return [0x05 | reg, ...le32(DATA + (draw.place % (DATA_SIZE - 64)))];
  if (draw.mod < 9) return [0x40 | reg | [5, 6, 7][draw.place % 3]!, (draw.place >> 4) & 0xff];
  // Base, index and scale with whatever the registers hold.
  return [0x44 | reg, (draw.place >> 3) & 0xff, (draw.place >> 11) & 0x7f];
}

/** Bytes of one instruction; NOP where what was drawn is no instruction of its row. */
function encode(draw: Draw): number[] {
  const { row, encoding } = CHOICES[draw.choice]!;
  const bytes: number[] = [];
  if ((draw.prefixes & 7) === 0 && (encoding.prefixClasses & 2) !== 0) bytes.push(0x66);
  if ((draw.prefixes & 0x78) === 0) bytes.push(0x67);
  if ((draw.prefixes & 0x780) === 0) bytes.push([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][draw.imm & 3]!);
  if ((draw.prefixes & 0x1800) === 0 && row.lockable) bytes.push(0xf0);
  const string = row.operands.some((o) => o.startsWith('X') || o.startsWith('Y'));
  if (string && (draw.prefixes & 0x2000) !== 0) bytes.push((draw.prefixes & 0x4000) !== 0 ? 0xf3 : 0xf2);
  const classes = encoding.prefixClasses;
  if ((classes & 1) === 0 && classes !== 15) bytes.push((classes & 2) !== 0 ? 0x66 : (classes & 4) !== 0 ? 0xf3 : 0xf2);
  const opcode = encoding.opcode + (encoding.span > 1 ? draw.rm + (encoding.span === 16 ? (draw.reg & 1) * 8 : 0) : 0);
  bytes.push(...MAP_BYTES[encoding.map]!, opcode, ...modrmBytes(encoding, draw));
  const moffs = row.operands.some((o) => o.startsWith('O'));
  bytes.push(...le32(moffs ? DATA + (draw.place % DATA_SIZE) : draw.imm), ...le32(0));
  const insn = new Instruction();
  const code = Uint8Array.from(bytes);
  if (decode(code, 0, code.length, true, insn) !== DecodeStatus.Ok || excluded(insn.row) || insn.k0 === K.Rel)
    return [0x90];
  const out = bytes.slice(0, insn.length);
  // A repeated string instruction with a wild count would eat the budget.
  return string && bytes.some((b) => b === 0xf2 || b === 0xf3) ? [0xb9, ...le32(draw.place & 0x3f), ...out] : out;
}

/** One random instruction as bytes. */
export const instruction: fc.Arbitrary<readonly number[]> = fc
  .record({
    choice: fc.integer({ min: 0, max: CHOICES.length - 1 }),
    prefixes: fc.integer({ min: 0, max: 0x7fff }),
    mod: fc.integer({ min: 0, max: 10 }),
    reg: fc.integer({ min: 0, max: 7 }),
    rm: fc.integer({ min: 0, max: 7 }),
    place: fc.nat(0xf_ffff),
    imm: fc.oneof(fc.constantFrom(...INTERESTING), fc.integer()),
  })
  .map(encode);

const straight = (maxLength: number) => fc.array(instruction, { minLength: 1, maxLength }).map((list) => list.flat());

/** A piece of a program, as a function of its number (for its loop counter) and its address. */
type Piece = (number: number, address: number) => number[];

const jcc = (cc: number, distance: number) => [0x0f, 0x80 | cc, ...le32(distance)];

/** A loop by a counter in memory, with a branch over part of its body. */
function loop(
  before: readonly number[],
  skipped: readonly number[],
  after: readonly number[],
  cc: number,
  turns: number,
): Piece {
  return (number) => {
    const counter = LOOP_COUNTERS + number * 4;
    const body = [...before, ...jcc(cc, skipped.length), ...skipped, ...after, 0xff, 0x0d, ...le32(counter)];
    return [0xc7, 0x05, ...le32(counter), ...le32(turns), ...body, ...jcc(5, -body.length - 6)];
  };
}

/** A diamond: either of two ways by a condition. */
function diamond(test: readonly number[], cc: number, a: readonly number[], b: readonly number[]): Piece {
  return () => [...test, ...jcc(cc, a.length + 5), ...a, 0xe9, ...le32(b.length), ...b];
}

/** A call of a function that stands behind the piece. */
function call(before: readonly number[], body: readonly number[], after: readonly number[]): Piece {
  return () => [...before, 0xe8, ...le32(after.length + 5), ...after, 0xe9, ...le32(body.length + 1), ...body, 0xc3];
}

/** Code that writes the immediate of an instruction behind the store, or before it: the loop's next turn sees it. */
function selfModifying(between: readonly number[], behind: boolean, source: number, turns: number): Piece {
  return (number, address) => {
    const counter = LOOP_COUNTERS + number * 4;
    const reset = [0xc7, 0x05, ...le32(counter), ...le32(turns)];
    const load = [0xa0, ...le32(DATA + source)];
    const target = [0x81, 0xc3, ...le32(0x1234)]; // add ebx, imm32
    const start = address + reset.length;
    const place = behind ? start + load.length + 5 + between.length + 2 : start + 2;
    const store = [0xa2, ...le32(place)];
    const body = behind ? [...load, ...store, ...between, ...target] : [...target, ...load, ...store, ...between];
    const end = [...body, 0xff, 0x05, ...le32(DATA + source), 0xff, 0x0d, ...le32(counter)];
    return [...reset, ...end, ...jcc(5, -end.length - 6)];
  };
}

const piece: fc.Arbitrary<Piece> = fc.oneof(
  {
    weight: 3,
    arbitrary: straight(8).map(
      (bytes): Piece =>
        () =>
          bytes,
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(straight(4), straight(2), straight(3), fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 40 }))
      .map(([a, b, c, cc, turns]) => loop(a, b, c, cc, turns)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(straight(3), fc.integer({ min: 0, max: 15 }), straight(3), straight(3))
      .map(([test, cc, a, b]) => diamond(test, cc, a, b)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(straight(2), fc.boolean(), fc.nat(0x100), fc.integer({ min: 1, max: 20 }))
      .map(([between, behind, source, turns]) => selfModifying(between, behind, source, turns)),
  },
  { weight: 1, arbitrary: fc.tuple(straight(2), straight(3), straight(2)).map(([a, b, c]) => call(a, b, c)) },
);

export interface RandomProgram {
  readonly pieces: readonly Uint8Array[];
  readonly seed: number;
  /** Instructions to run before each comparison. */
  readonly budgets: readonly number[];
}

/** Address behind a piece of some length at `address`, its jump to the dispatcher included. */
function behind(address: number, length: number): number {
  return (address + length + 5 + 7) & ~7;
}

function place(pieces: readonly Piece[]): Uint8Array[] {
  let address = CODE;
  return pieces.map((make, number) => {
    const bytes = Uint8Array.from(make(number, address));
    address = behind(address, bytes.length);
    return bytes;
  });
}

/** A whole program: its pieces, the data's seed, and the stretches in which it is run. */
export function randomProgram(maxPieces: number): fc.Arbitrary<RandomProgram> {
  return fc.record({
    pieces: fc.array(piece, { minLength: 1, maxLength: maxPieces }).map(place),
    seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
    budgets: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 9000 })), {
      minLength: 3,
      maxLength: 12,
    }),
  });
}

/** What a program runs under: flat memory at level 0, or pages of all kinds at level 3. */
export type World = 'flat' | 'paged user';

const USER_CODE = 0x1b;
const USER_DATA = 0x23;
const DATA_0 = 0x10;
const TASK = 0x28;
const TASK_STATE = 0x5800;
const STACK_0 = 0x3e00;
const USER_ENTRY = 0x3800;
const DIRECTORY = 0x6000;
const PAGE_TABLE = 0x7000;

/** Address, bytes and place of everything of a program. */
export function layOut(
  program: RandomProgram,
  world: World,
): { readonly address: number; readonly bytes: Uint8Array }[] {
  const out: { address: number; bytes: Uint8Array }[] = [];
  const table: number[] = [];
  let at = CODE;
  for (const bytes of program.pieces) {
    table.push(...le32(at));
    const back = DISPATCHER - (at + bytes.length + 5);
    out.push({ address: at, bytes: Uint8Array.from([...bytes, 0xe9, ...le32(back)]) });
    at = behind(at, bytes.length);
  }
  out.push({ address: TABLE, bytes: Uint8Array.from(table) });
  out.push({ address: DISPATCHER, bytes: dispatcher(program.pieces.length, world === 'flat' ? DATA_0 : USER_DATA) });
  out.push({ address: DATA, bytes: randomData(program.seed) });
  return out;
}

/** Puts a program into both sides, ready to run from its dispatcher. */
export function prepare(pair: Lockstep, program: RandomProgram, world: World): void {
  pair.reset();
  for (const { address, bytes } of layOut(program, world)) pair.load(address, bytes);
  if (world === 'flat') {
    pair.handleFaults(DISPATCHER);
    pair.each((cpu) => {
      cpu.eip = DISPATCHER;
    });
    return;
  }
  pair.handleFaults(USER_ENTRY);
  pair.load(GDT + USER_CODE - 3, words(0xffff, 0x00cf_fb00, 0xffff, 0x00cf_f300));
  pair.load(TASK_STATE + 4, words(STACK_0, DATA_0));
  pair.load(USER_ENTRY, userEntry());
  pair.load(DIRECTORY, words(PAGE_TABLE | 7));
  pair.load(PAGE_TABLE, words(...pageEntries(program.seed)));
  pair.each((cpu) => {
    cpu.s32[L.GDTR_LIMIT >> 2] = 0x27;
    cpu.setSegment(TR, TASK, TASK_STATE, 0x67, 0x8b00);
    cpu.s32[L.CR3 >> 2] = DIRECTORY;
    cpu.s32[L.CR0 >> 2] = cpu.s32[L.CR0 >> 2]! | CR0_PG | CR0_WP;
    cpu.gpr[ESP] = STACK_0;
    cpu.eip = USER_ENTRY;
  });
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
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

/** Puts segments, stack, pointers and the direction flag in order and goes to the next piece. */
function dispatcher(pieces: number, selector: number): Uint8Array {
  return Uint8Array.from([
    // Loading segments costs callouts: only where a piece has changed one.
    ...[0x8c, 0xd8, 0x8c, 0xc1, 0x01, 0xc8, 0x8c, 0xe1, 0x01, 0xc8, 0x8c, 0xe9, 0x01, 0xc8, 0x8c, 0xd1, 0x01, 0xc8],
    ...[0x3d, ...le32(5 * selector), 0x74, 4 + 10], // cmp eax, the sum of all five; je
    ...[0x66, 0xb8, selector, 0x00], // mov ax, selector
    ...[0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0], // mov ds, es, fs, gs, ss
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

/** The pieces as a listing, for a failure's message. */
export function listing(program: RandomProgram): string {
  const insn = new Instruction();
  const lines: string[] = [];
  for (const { address, bytes } of layOut(program, 'flat').slice(0, program.pieces.length)) {
    for (let at = 0; at < bytes.length; at += insn.length) {
      if (decode(bytes, at, bytes.length, true, insn) !== DecodeStatus.Ok) break;
      lines.push(`${(address + at).toString(16)}  ${format(insn, address + at)}`);
    }
  }
  return lines.join('\n');
}
