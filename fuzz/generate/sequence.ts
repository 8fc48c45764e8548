/**
 * Code of 1 to 40 instructions: straight pieces, branches, loops that end, calls. What
 * registers hold is followed as far as it is known, so that memory operands lie where they are
 * meant to even late in a sequence.
 */
import type { Mode } from '../case.ts';
import { assemble, codePlace } from './assemble.ts';
import type { Draw } from './draw.ts';
import { LiveCode } from './live-code.ts';
import type { RowChoice } from './rows.ts';
import type { Drawn } from './variants.ts';
import { makeWorld } from './world.ts';

const ECX = 1;
const COUNTERS = [ECX, ECX, 2, 3, 5, 6, 7];
/** Nesting of branches and loops. */
const MAX_DEPTH = 2;
/** Enough for loops in loops to end. */
const STEPS = 4000;

export interface SequenceWish {
  readonly mode: Mode;
  readonly host: boolean;
  /** Rows of straight code, and, once in a while, of any. */
  readonly calm: RowChoice;
  readonly any: RowChoice;
}

/** Makes the shapes; `left` is how many instructions may still be made. */
export class Shapes {
  private readonly draw: Draw;
  private readonly code: LiveCode;
  left: number;

  constructor(draw: Draw, code: LiveCode, left: number) {
    this.draw = draw;
    this.code = code;
    this.left = left;
  }

  /** Up to `most` instructions in a row. */
  straight(most: number): number[] {
    const out: number[] = [];
    for (let n = this.draw.between(1, most); n > 0 && this.left > 0; n--) {
      this.left--;
      out.push(...this.code.instruction());
    }
    return out;
  }

  /** Shapes one after another, until nothing is left. */
  block(depth: number): number[] {
    const out: number[] = [];
    do out.push(...this.shape(depth));
    while (this.left > 0 && (depth === 0 || !this.draw.once(3)));
    return out;
  }

  private shape(depth: number): number[] {
    const kind = depth >= MAX_DEPTH || this.left < 4 ? 0 : this.draw.below(10);
    if (kind < 4) return this.straight(6);
    this.left -= 2;
    if (kind === 4 || (kind === 5 && !this.draw.once(3))) return this.loop(depth);
    if (kind === 5) return this.entered(depth);
    if (kind === 6) return this.diamond(depth);
    if (kind === 7) return this.call(depth);
    if (kind === 8) return this.indirect();
    const condition = this.code.condition();
    const body = this.inside(depth);
    return [...condition, ...this.code.jcc(this.draw.below(16), body.length), ...body];
  }

  /** Code that does not always run, or not only once: what registers hold is not known behind it. */
  private inside(depth: number): number[] {
    this.code.forget();
    const body = this.block(depth + 1);
    this.code.forget();
    return body;
  }

  private loop(depth: number): number[] {
    const { code, draw } = this;
    const counter = draw.pick(COUNTERS);
    if (code.isReserved(counter)) return this.straight(4);
    const start = code.load(counter, draw.between(1, draw.once(4) ? 60 : 8));
    code.reserve(counter, true);
    const body = this.inside(depth);
    code.reserve(counter, false);
    // LOOP does not reach back over everything; without it DEC and a conditional jump, as a displacement of either size.
    const back =
      counter === ECX && body.length < 100 && draw.once(2)
        ? code.loop(body.length)
        : code.decrementJump(counter, body.length);
    return [...start, ...body, ...back];
  }

  /** A loop that may be entered in its middle: a graph that is not reducible. */
  private entered(depth: number): number[] {
    const { code, draw } = this;
    const counter = draw.pick(COUNTERS);
    if (code.isReserved(counter)) return this.straight(4);
    const start = code.load(counter, draw.between(2, 8));
    code.reserve(counter, true);
    const condition = code.condition();
    const first = this.inside(depth);
    const rest = this.inside(depth);
    code.reserve(counter, false);
    const back = code.decrementJump(counter, first.length + rest.length);
    return [...start, ...condition, ...code.jcc(draw.below(16), first.length), ...first, ...rest, ...back];
  }

  private diamond(depth: number): number[] {
    const { code, draw } = this;
    const condition = code.condition();
    const otherwise = this.inside(depth);
    const then = this.inside(depth);
    const over = code.jmp(then.length);
    return [...condition, ...code.jcc(draw.below(16), otherwise.length + over.length), ...otherwise, ...over, ...then];
  }

  /** A subroutine in the way, jumped over, and called. */
  private call(depth: number): number[] {
    const { code } = this;
    const prepare = code.ensureStack();
    const body = this.inside(depth);
    const sub = [...body, 0xc3];
    const over = code.jmp(sub.length);
    const length = code.callLength();
    return [...prepare, ...over, ...sub, ...code.call(-(sub.length + length))];
  }

  /** A jump through a register, to an address that is worked out on the way. */
  private indirect(): number[] {
    const { code } = this;
    const prepare = code.ensureStack();
    const register = code.freeRegister();
    const skipped = this.straight(2);
    code.forget();
    return [...prepare, ...code.computedJump(register, skipped.length), ...skipped];
  }
}

/** A case of several instructions. */
export function sequenceCase(draw: Draw, wish: SequenceWish, name: string, backgroundSeed: number): Drawn {
  const world = makeWorld(draw, { mode: wish.mode, host: wish.host, calm: true });
  const place = codePlace(draw, world, 40);
  const code = new LiveCode(draw, world, place.eip, wish.calm, wish.any);
  const bytes = new Shapes(draw, code, draw.between(1, draw.once(2) ? 10 : 40)).block(0);
  const cut = !wish.host && draw.once(4);
  const made = assemble(draw, {
    world,
    place,
    bytes,
    registers: code.registers(),
    features: code.features,
    name,
    backgroundSeed,
    steps: cut ? draw.between(1, 60) : STEPS,
  });
  // What registers hold is followed through all of it.
  return { case: made, free: 0, host: wish.host };
}
