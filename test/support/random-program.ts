/**
 * Random guest programs for fast-check: pieces of straight-line code, loops,
 * forward branches, calls and self-modifying code around random instructions.
 *
 * Every piece ends in a dispatcher (random-world.ts), which puts the registers in order and goes
 * to the next piece, round and round; a fault ends its piece. So everything
 * grows hot, whatever the pieces do.
 */
import * as fc from 'fast-check';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import { format } from '../../src/decoder/print.ts';
import { DATA, instruction, le16, le32 } from './random-instruction.ts';

export const DISPATCHER = 0x3000;
/** Where pieces begin. */
export const CODE = 0x8000;

/** A piece of a program, as a function of its number (for its loop counter) and its address. */
type Piece = (number: number, address: number) => number[];

/** A block of a tangle, and where it goes. */
interface Node {
  readonly body: readonly number[];
  readonly cc: number;
  readonly taken: number;
  readonly next: number;
}

/** What pieces are built from, in 32-bit or 16-bit code. */
class Shapes {
  readonly code32: boolean;

  constructor(code32: boolean) {
    this.code32 = code32;
  }

  near(distance: number): number[] {
    return this.code32 ? le32(distance) : le16(distance);
  }
  jmp(distance: number): number[] {
    return [0xe9, ...this.near(distance)];
  }
  jcc(cc: number, distance: number): number[] {
    return [0x0f, 0x80 | cc, ...this.near(distance)];
  }
  /** Back to the beginning of `body` where ZF is clear. */
  again(body: readonly number[]): number[] {
    return this.jcc(5, -body.length - this.jcc(5, 0).length);
  }
  /** ModR/M of a word at an offset of the data segment. */
  word(reg: number, offset: number): number[] {
    return this.code32 ? [0x05 | (reg << 3), ...le32(offset)] : [0x06 | (reg << 3), ...le16(offset)];
  }
  counter(number: number): number {
    return this.code32 ? 0x5000 + number * 4 : 0xf000 + number * 4;
  }
  setCounter(number: number, turns: number): number[] {
    return [0xc7, ...this.word(0, this.counter(number)), ...this.near(turns)];
  }
  countDown(number: number): number[] {
    return [0xff, ...this.word(1, this.counter(number))];
  }

  /** A loop by a counter in memory, with a branch over part of its body. */
  loop(
    before: readonly number[],
    skipped: readonly number[],
    after: readonly number[],
    cc: number,
    turns: number,
  ): Piece {
    return (number) => {
      const branch = this.jcc(cc, skipped.length);
      const body = [...before, ...branch, ...skipped, ...after, ...this.countDown(number)];
      return [...this.setCounter(number, turns), ...body, ...this.again(body)];
    };
  }

  /** A diamond: either of two ways by a condition. */
  diamond(test: readonly number[], cc: number, a: readonly number[], b: readonly number[]): Piece {
    const join = this.jmp(b.length);
    return () => [...test, ...this.jcc(cc, a.length + join.length), ...a, ...join, ...b];
  }

  /** Blocks that go to each other any which way, loops with several entries among them, until a counter has run out. */
  tangle(blocks: readonly Node[], turns: number): Piece {
    return (number) => {
      const count = this.countDown(number);
      const tail = count.length + 2 * this.jcc(0, 0).length + this.jmp(0).length;
      const starts: number[] = [];
      let end = 0;
      for (const { body } of blocks) {
        starts.push(end);
        end += body.length + tail;
      }
      const out: number[] = [];
      for (const { body, cc, taken, next } of blocks) {
        out.push(...body, ...count);
        out.push(...this.jcc(4, end - out.length - this.jcc(0, 0).length));
        out.push(...this.jcc(cc, starts[taken % blocks.length]! - out.length - this.jcc(0, 0).length));
        out.push(...this.jmp(starts[next % blocks.length]! - out.length - this.jmp(0).length));
      }
      return [...this.setCounter(number, turns), ...out];
    };
  }

  /** A call of a function that stands behind the piece. */
  call(before: readonly number[], body: readonly number[], after: readonly number[]): Piece {
    const over = this.jmp(body.length + 1);
    return () => [...before, 0xe8, ...this.near(after.length + over.length), ...after, ...over, ...body, 0xc3];
  }

  /** Code that writes the immediate of an instruction behind the store, or before it: the loop's next turn sees it. */
  selfModifying(between: readonly number[], behind: boolean, source: number, turns: number): Piece {
    return (number, address) => {
      const reset = this.setCounter(number, turns);
      const from = this.code32 ? DATA + source : source;
      const load = [0xa0, ...this.near(from)];
      const target = [0x81, 0xc3, ...this.near(0x1234)]; // add ebx, imm
      // In real mode code is within reach of CS only.
      const store = (to: number) => (this.code32 ? [0xa2, ...le32(to)] : [0x2e, 0xa2, ...le16(to)]);
      const start = address + reset.length;
      const place = behind ? start + load.length + store(0).length + between.length + 2 : start + 2;
      const code = behind
        ? [...load, ...store(place), ...between, ...target]
        : [...target, ...load, ...store(place), ...between];
      const body = [...code, 0xff, ...this.word(0, from), ...this.countDown(number)];
      return [...reset, ...body, ...this.again(body)];
    };
  }
}

function piece(code32: boolean): fc.Arbitrary<Piece> {
  const shapes = new Shapes(code32);
  const straight = (maxLength: number) =>
    fc.array(instruction(code32), { minLength: 1, maxLength }).map((list) => list.flat());
  const cc = fc.integer({ min: 0, max: 15 });
  const turns = fc.integer({ min: 1, max: 40 });
  const plain = straight(8).map(
    (bytes): Piece =>
      () =>
        bytes,
  );
  const loop = fc.tuple(straight(4), straight(2), straight(3), cc, turns).map((x) => shapes.loop(...x));
  const diamond = fc.tuple(straight(3), cc, straight(3), straight(3)).map((x) => shapes.diamond(...x));
  const call = fc.tuple(straight(2), straight(3), straight(2)).map((x) => shapes.call(...x));
  const modifying = fc.tuple(straight(2), fc.boolean(), fc.nat(0x100), turns).map((x) => shapes.selfModifying(...x));
  const node = fc.record({ body: straight(2), cc, taken: fc.nat(5), next: fc.nat(5) });
  const nodes = fc.array(node, { minLength: 2, maxLength: 6 });
  const tangle = fc.tuple(nodes, fc.integer({ min: 1, max: 200 })).map((x) => shapes.tangle(...x));
  return fc.oneof(
    { weight: 2, arbitrary: tangle },
    { weight: 3, arbitrary: plain },
    { weight: 3, arbitrary: loop },
    { weight: 1, arbitrary: diamond },
    { weight: 1, arbitrary: modifying },
    { weight: 1, arbitrary: call },
  );
}

export interface RandomProgram {
  readonly code32: boolean;
  /** Each with its jump to the dispatcher. */
  readonly pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly seed: number;
  /** Instructions to run before each comparison. */
  readonly budgets: readonly number[];
}

function place(pieces: readonly Piece[], code32: boolean): RandomProgram['pieces'] {
  const shapes = new Shapes(code32);
  let address = CODE;
  return pieces.map((make, number) => {
    const body = make(number, address);
    const end = address + body.length + shapes.jmp(0).length;
    const bytes = Uint8Array.from([...body, ...shapes.jmp(DISPATCHER - end)]);
    const piece = { address, bytes };
    address = (end + 7) & ~7;
    return piece;
  });
}

/** A whole program: its pieces, the data's seed, and the stretches in which it is run. */
export function randomProgram(maxPieces: number, code32 = true): fc.Arbitrary<RandomProgram> {
  const stretch = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 9000 }));
  return fc.record({
    code32: fc.constant(code32),
    pieces: fc.array(piece(code32), { minLength: 1, maxLength: maxPieces }).map((list) => place(list, code32)),
    seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
    budgets: fc.array(stretch, { minLength: 3, maxLength: 12 }),
  });
}

/** The pieces as a listing, for a failure's message. */
export function listing(program: RandomProgram): string {
  const insn = new Instruction();
  const lines: string[] = [];
  for (const { address, bytes } of program.pieces) {
    for (let at = 0; at < bytes.length; at += insn.length) {
      if (decode(bytes, at, bytes.length, program.code32, insn) !== DecodeStatus.Ok) break;
      lines.push(`${(address + at).toString(16)}  ${format(insn, address + at)}`);
    }
  }
  return lines.join('\n');
}
