/**
 * The cold set's programs: small static ELF programs for i386 Linux, each other code, made from a seed. A program is
 * some functions of statements, loops, branches, jump tables and calls; it prints a checksum of its registers and
 * data, and ends.
 */
import { Code, EAX, EBP, EBX, ECX, EDI, EDX, ESI, type Label } from './code.ts';
import { Draw } from './draw.ts';
import { compare, DATA_SIZE, piece } from './statements.ts';

const BASE = 0x0804_8000;
const HEADERS = 52 + 32;
/** Where the data begins; code and headers stay below. */
const DATA = BASE + 0x1_0000;
/** Instructions that a program retires, about. */
const LEAST_WORK = 30_000;
const MOST_WORK = 400_000;

/** What is known of a function when another calls it. */
interface Callee {
  readonly label: Label;
  readonly cost: number;
}

/** Statements of a body; returns about how many instructions they retire. */
function block(code: Code, draw: Draw, callees: readonly Callee[], depth: number, room: number): number {
  let cost = 0;
  for (let left = draw.range(3, 8); left > 0; left--) {
    const kind = depth === 0 ? 99 : draw.range(0, 15);
    if (kind === 0) cost += loop(code, draw, callees, depth - 1, room);
    else if (kind <= 3) cost += branch(code, draw, callees, depth - 1, room);
    else if (kind === 4) cost += choice(code, draw);
    else if (kind <= 6) cost += call(code, draw, callees, room);
    else cost += piece(code, draw);
  }
  return cost;
}

/** A loop whose counter is on the stack. */
function loop(code: Code, draw: Draw, callees: readonly Callee[], depth: number, room: number): number {
  const turns = draw.range(2, 40);
  const again = code.label();
  code.put(0x68);
  code.word(turns);
  code.here(again);
  const cost = block(code, draw, callees, depth, room / turns);
  code.put(0xff, 0x0c, 0x24); // dec dword [esp]
  code.jump([0x0f, 0x85], again);
  code.put(0x83, 0xc4, 4); // add esp, 4
  return turns * (cost + 2) + 2;
}

function branch(code: Code, draw: Draw, callees: readonly Callee[], depth: number, room: number): number {
  const [otherwise, end] = [code.label(), code.label()];
  compare(code, draw);
  code.jump([0x0f, 0x80 | draw.range(0, 15)], otherwise);
  const cost = block(code, draw, callees, depth, room);
  code.jump([0xe9], end);
  code.here(otherwise);
  const other = piece(code, draw);
  code.here(end);
  return Math.max(cost, other) + 3;
}

/** A jump through a table, by the low bits of a register. */
function choice(code: Code, draw: Draw): number {
  const [table, end] = [code.label(), code.label()];
  const cases = Array.from({ length: 4 }, () => code.label());
  const index = draw.of([ECX, EDX, EBX, ESI, EDI]);
  code.registers([0x83], 4, index);
  code.put(3, 0xff, 0x24, 0x85 | (index << 3)); // and index, 3; jmp [table + index * 4]
  code.address(table);
  let cost = 0;
  for (const label of cases) {
    code.here(label);
    cost = Math.max(cost, piece(code, draw));
    code.jump([0xe9], end);
  }
  code.here(table);
  for (const label of cases) code.address(label);
  code.here(end);
  return cost + 3;
}

function call(code: Code, draw: Draw, callees: readonly Callee[], room: number): number {
  const fitting = callees.filter((callee) => callee.cost <= room);
  if (fitting.length === 0) return piece(code, draw);
  const { label, cost } = draw.of(fitting);
  if (draw.range(0, 3) > 0) {
    code.jump([0xe8], label);
    return cost + 1;
  }
  code.put(0xb8 | EAX);
  code.address(label);
  code.put(0xff, 0xd0); // call eax
  return cost + 2;
}

/** Folds registers and data into EAX, prints it in hexadecimal, ends. */
function epilogue(code: Code): void {
  const [fold, digit, small] = [code.label(), code.label(), code.label()];
  for (const register of [ECX, EDX, EBX, ESI, EDI]) code.registers([0x33], EAX, register);
  code.put(0xb8 | ECX);
  code.word(DATA_SIZE / 4);
  code.here(fold);
  code.put(0xc1, 0xc0, 5); // rol eax, 5
  code.indexed([0x33], EAX, ECX, -4);
  code.put(0x49); // dec ecx
  code.jump([0x0f, 0x85], fold);
  code.memory([0x8d], EDI, 0);
  code.put(0xb8 | ECX);
  code.word(8);
  code.here(digit);
  code.put(0xc1, 0xc0, 4, 0x89, 0xc2, 0x83, 0xe2, 15); // rol eax, 4; mov edx, eax; and edx, 15
  code.put(0x83, 0xc2, 0x30, 0x83, 0xfa, 0x39); // add edx, '0'; cmp edx, '9'
  code.jump([0x0f, 0x86], small);
  code.put(0x83, 0xc2, 0x27); // add edx, 'a' - '9' - 1
  code.here(small);
  code.put(0x88, 0x17, 0x47, 0x49); // mov [edi], dl; inc edi; dec ecx
  code.jump([0x0f, 0x85], digit);
  code.put(0xc6, 0x07, 10); // mov byte [edi], newline
  code.memory([0x8d], ECX, 0);
  for (const [register, value] of [
    [EDX, 9],
    [EBX, 1],
    [EAX, 4], // write
  ] as const) {
    code.put(0xb8 | register);
    code.word(value);
  }
  code.put(0xcd, 0x80, 0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80); // int 80h; xor ebx, ebx; exit(0)
}

/** The program of a seed, an ELF executable. */
export function coldProgram(seed: number): Uint8Array {
  const draw = new Draw(seed);
  const code = new Code(BASE + HEADERS);
  const work = draw.range(LEAST_WORK, MOST_WORK);
  const start = code.label();
  code.jump([0xe9], start);
  const callees: Callee[] = [];
  for (let count = draw.range(5, 14); count > 0; count--) {
    const label = code.label();
    code.here(label);
    const cost = block(code, draw, callees, 3, work / 20) + 1;
    code.put(0xc3);
    callees.push({ label, cost });
  }
  code.here(start);
  code.put(0xb8 | EBP);
  code.word(DATA);
  for (const register of [EAX, ECX, EDX, EBX, ESI, EDI]) {
    code.put(0xb8 | register);
    code.word(draw.word());
  }
  // Each function in a loop of its own, until there has been work enough.
  const share = work / callees.length;
  for (const { label, cost } of callees) {
    const again = code.label();
    code.put(0x68);
    code.word(Math.max(1, Math.round(share / cost)));
    code.here(again);
    code.jump([0xe8], label);
    code.put(0xff, 0x0c, 0x24);
    code.jump([0x0f, 0x85], again);
    code.put(0x83, 0xc4, 4);
  }
  epilogue(code);
  return elf(code.finish());
}

/** An ELF executable of code, entered at its first byte, with zeroed data behind it. */
function elf(code: Uint8Array): Uint8Array {
  const size = HEADERS + code.length;
  if (size > DATA - BASE) throw new RangeError(`a program of ${size} bytes: there is room for ${DATA - BASE}`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const halves = { 16: 2, 18: 3, 40: 52, 42: 32, 44: 1 };
  for (const [at, value] of Object.entries(halves)) view.setUint16(Number(at), value, true);
  const words = { 20: 1, 24: BASE + HEADERS, 28: 52 };
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  // PT_LOAD: offset, addresses, sizes in the file and in memory, read + write + execute, alignment.
  const segment = [1, 0, BASE, BASE, size, DATA - BASE + DATA_SIZE, 7, 0x1000];
  for (const [n, value] of segment.entries()) view.setUint32(52 + 4 * n, value, true);
  bytes.set(code, HEADERS);
  return bytes;
}

/** How many programs the set has. */
export const COLD_PROGRAMS = 200;

/** The set: names and programs. The same seed makes the same. */
export function coldPrograms(seed = 1, count = COLD_PROGRAMS): Map<string, Uint8Array> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  return new Map(numbers.map((n) => [`cold${`${n}`.padStart(3, '0')}`, coldProgram(seed * 0x1_0000 + n)]));
}
