/**
 * Pieces of straight code for the cold set's programs. What holds: every result is defined by the architecture (no
 * flag is used that the instruction before leaves undefined, no division overflows), memory stays inside of the data,
 * ESP and EBP stay as they are, and so does each piece's cost known in instructions.
 */
import { type Code, EAX, EBX, ECX, EDI, EDX, ESI } from './code.ts';
import type { Draw } from './draw.ts';

/** Bytes of data that pieces read and write. */
export const DATA_SIZE = 8192;
/** What an index masked with INDEX_MASK, times four, stays below. */
const INDEX_MASK = 0x3ff;
const INDEXED_ROOM = (INDEX_MASK + 1) * 4;

const GENERAL = [EAX, ECX, EDX, EBX, ESI, EDI] as const;
const BYTE_REGISTERS = [EAX, ECX, EDX, EBX] as const;
/** Opcodes `reg, r/m` of add, or, and, sub, xor. */
const ALU = [0x03, 0x0b, 0x23, 0x2b, 0x33] as const;
/** The same to memory. */
const ALU_TO_MEMORY = [0x01, 0x09, 0x21, 0x29, 0x31] as const;
/** Fields of opcode 81h: add, or, and, sub, xor. */
const ALU_FIELDS = [0, 1, 4, 5, 6] as const;

/** Writes a piece; returns how many instructions it retires. */
type Piece = (code: Code, draw: Draw) => number;

function cell(draw: Draw): number {
  return draw.range(0, DATA_SIZE / 4 - 1) * 4;
}

/** A comparison, so that all flags are defined. */
export function compare(code: Code, draw: Draw): number {
  if (draw.range(0, 2) === 0) {
    code.registers([0x85], draw.of(GENERAL), draw.of(GENERAL));
  } else if (draw.range(0, 1) === 0) {
    code.registers([0x3b], draw.of(GENERAL), draw.of(GENERAL));
  } else {
    code.memory([0x3b], draw.of(GENERAL), cell(draw));
  }
  return 1;
}

const PIECES: readonly Piece[] = [
  (code, draw) => {
    code.registers([draw.of(ALU)], draw.of(GENERAL), draw.of(GENERAL));
    return 1;
  },
  (code, draw) => {
    code.registers([0x81], draw.of(ALU_FIELDS), draw.of(GENERAL));
    code.word(draw.word());
    return 1;
  },
  (code, draw) => {
    code.memory([draw.of(ALU)], draw.of(GENERAL), cell(draw));
    return 1;
  },
  (code, draw) => {
    code.memory([draw.of(ALU_TO_MEMORY)], draw.of(GENERAL), cell(draw));
    return 1;
  },
  (code, draw) => {
    code.memory([0x8b], draw.of(GENERAL), cell(draw));
    return 1;
  },
  (code, draw) => {
    code.memory([0x89], draw.of(GENERAL), cell(draw));
    return 1;
  },
  // Bytes and halves: movzx, movsx, mov to memory.
  (code, draw) => {
    code.memory([0x0f, draw.of([0xb6, 0xb7, 0xbe, 0xbf])], draw.of(GENERAL), cell(draw));
    return 1;
  },
  (code, draw) => {
    code.memory([0x88], draw.of(BYTE_REGISTERS), draw.range(0, DATA_SIZE - 4));
    return 1;
  },
  // lea and imul.
  (code, draw) => {
    code.indexed([0x8d], draw.of(GENERAL), draw.of([EAX, ECX, EDX, EBX]), draw.range(0, 0xffff));
    code.registers([0x0f, 0xaf], draw.of(GENERAL), draw.of(GENERAL));
    return 2;
  },
  // Shifts and rotations by a constant.
  (code, draw) => {
    code.registers([0xc1], draw.of([0, 1, 4, 5, 7]), draw.of(GENERAL));
    code.put(draw.range(1, 31));
    return 1;
  },
  (code, draw) => {
    code.registers([0x0f, draw.of([0xa4, 0xac])], draw.of(GENERAL), draw.of(GENERAL));
    code.put(draw.range(1, 31));
    return 1;
  },
  // An addition or subtraction of 64 bits.
  (code, draw) => {
    const [low, high] = draw.of([
      [0x03, 0x13],
      [0x2b, 0x1b],
    ] as const);
    code.registers([low], EAX, draw.of(GENERAL));
    code.registers([high], EDX, draw.of(GENERAL));
    return 2;
  },
  // setcc and cmovcc.
  (code, draw) => {
    compare(code, draw);
    code.registers([0x0f, 0x90 | draw.range(0, 15)], 0, draw.of(BYTE_REGISTERS));
    return 2;
  },
  (code, draw) => {
    compare(code, draw);
    code.registers([0x0f, 0x40 | draw.range(0, 15)], draw.of(GENERAL), draw.of(GENERAL));
    return 2;
  },
  // An element of a table: the index is masked first.
  (code, draw) => {
    const index = draw.of([EAX, ECX, EDX, EBX, ESI, EDI]);
    code.registers([0x81], 4, index);
    code.word(INDEX_MASK);
    const place = draw.range(0, (DATA_SIZE - INDEXED_ROOM) / 4) * 4;
    code.indexed([draw.of([0x8b, 0x89, 0x33, 0x01])], draw.of(GENERAL), index, place);
    return 2;
  },
  // mul, and div by what is not zero: EDX is below the divisor.
  (code, draw) => {
    code.registers([0xf7], 4, draw.of(GENERAL));
    return 1;
  },
  (code, draw) => {
    const divisor = draw.of([ECX, EBX, ESI, EDI]);
    code.registers([0x83], 1, divisor);
    code.put(draw.range(1, 127));
    code.registers([0x33], EDX, EDX);
    code.registers([0xf7], 6, divisor);
    return 3;
  },
  // inc, dec, not, neg, bswap.
  (code, draw) => {
    code.put(draw.of([0x40, 0x48]) | draw.of(GENERAL));
    code.registers([0xf7], draw.of([2, 3]), draw.of(GENERAL));
    code.put(0x0f, 0xc8 | draw.of(GENERAL));
    return 3;
  },
  // The stack.
  (code, draw) => {
    code.put(0x50 | draw.of(GENERAL), 0x50 | draw.of(GENERAL), 0x58 | draw.of(GENERAL), 0x58 | draw.of(GENERAL));
    return 4;
  },
  // A string operation: so many bytes or words from here to there.
  (code, draw) => {
    const count = draw.range(1, 24);
    code.memory([0x8d], ESI, draw.range(0, DATA_SIZE / 2 - 128));
    code.memory([0x8d], EDI, draw.range(DATA_SIZE / 2, DATA_SIZE - 128));
    code.put(0xb8 | ECX);
    code.word(count);
    code.put(0xfc, 0xf3, draw.of([0xa4, 0xa5, 0xaa, 0xab]));
    return 4 + count;
  },
  // x87: integers in, root of a sum of squares, an integer out.
  (code, draw) => {
    const [a, b] = [cell(draw), cell(draw)];
    code.memory([0xdf], 0, a);
    code.put(0xd8, 0xc8); // fmul st0
    code.memory([0xdf], 0, b);
    code.put(0xd8, 0xc8, 0xde, 0xc1, 0xd9, 0xfa); // fmul st0; faddp; fsqrt
    code.memory([0xdb], 3, cell(draw));
    return 7;
  },
  // SSE2: integers in a register of 128 bits, and doubles.
  (code, draw) => {
    code.registers([0x66, 0x0f, 0x6e], 0, draw.of(GENERAL));
    code.registers([0x66, 0x0f, 0x6e], 1, draw.of(GENERAL));
    code.registers([0x66, 0x0f, draw.of([0xfe, 0xfa, 0xef, 0xd5, 0xf4, 0x61, 0x62])], 0, 1);
    code.registers([0x66, 0x0f, 0x7e], 0, draw.of(GENERAL));
    return 4;
  },
  (code, draw) => {
    code.registers([0xf2, 0x0f, 0x2a], 2, draw.of(GENERAL));
    code.memory([0xf2, 0x0f, 0x2a], 3, cell(draw));
    code.registers([0xf2, 0x0f, draw.of([0x58, 0x59, 0x5c])], 2, 3);
    code.registers([0xf2, 0x0f, 0x2c], draw.of(GENERAL), 2);
    return 4;
  },
];

/** One piece; returns how many instructions it retires. */
export function piece(code: Code, draw: Draw): number {
  return draw.of(PIECES)(code, draw);
}
