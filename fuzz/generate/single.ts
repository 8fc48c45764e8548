/**
 * Cases of one instruction, with all that it needs around it: registers, the
 * stack, its operand's bytes. Behind it, and around it, there are HLTs.
 */

import { K } from '../../src/decoder/instruction.ts';
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import type { Mode, Patch } from '../case.ts';
import { isString } from '../cells.ts';
import { type Aim, aimFor } from './aims.ts';
import { assemble, codePlace } from './assemble.ts';
import type { Draw } from './draw.ts';
import { hint } from './hints.ts';
import { type FormWish, makeInstruction } from './instruction.ts';
import type { Registers } from './registers.ts';
import type { Choice, RowChoice } from './rows.ts';
import { touches } from './touches.ts';
import type { Drawn } from './variants.ts';
import { makeWorld } from './world.ts';

/** Steps that a repeated string instruction may take, an iteration each. */
const REPEAT_STEPS = 200;

/** Registers that are free to be chosen: what is wanted first is kept. */
class FreeRegisters implements Registers {
  readonly values: number[];
  readonly patches: Patch[] = [];
  private claimed = 0;
  private seen = 0;

  constructor(draw: Draw) {
    this.values = Array.from({ length: 8 }, () => draw.extreme());
  }
  get(register: number): number {
    this.seen |= 1 << register;
    return this.values[register]!;
  }
  /** Those that nothing hangs on, as bits. */
  get free(): number {
    return 0xff & ~(this.claimed | this.seen);
  }
  want(register: number, value: number): void {
    if ((this.claimed >>> register) & 1) return;
    this.claimed |= 1 << register;
    this.values[register] = value | 0;
  }
  poke(linear: number, bytes: Uint8Array | readonly number[]): void {
    this.patches.push({ at: linear, bytes: Uint8Array.from(bytes) });
  }
}

const OPTIONS = { avoid: 0, calm: false };

/** An encoding of no row, or of any: bytes at random. */
function randomBytes(draw: Draw): number[] {
  const start = draw.pick([
    [],
    [0x0f],
    [0x66, 0x0f],
    [0xf3, 0x0f],
    [0xf2, 0x0f],
    [0x0f, 0x38],
    [0x0f, 0x3a],
    [0xff],
    [0xdb],
  ]);
  return [...start, ...Array.from({ length: 15 - start.length }, () => draw.below(256))];
}

export interface SingleWish {
  readonly mode: Mode;
  readonly host: boolean;
  readonly rows: RowChoice;
  /** Encodings that are none are made too. */
  readonly undefinedToo: boolean;
  /** It is aimed at outcomes that hardly come up by themselves. */
  readonly aimed: boolean;
  /** Its pages have been accessed before. */
  readonly warm: boolean;
  /** What is decided already: the instruction, the form of its operands, the aim. */
  readonly given?:
    | {
        readonly choice: Choice;
        readonly form: FormWish;
        readonly aim: Aim | undefined;
        /** At level 0. */
        readonly supervisor: boolean;
      }
    | undefined;
}

/** What state a row needs beside general registers. */
function featuresOf({ feature, mnemonic, operands }: OpcodeRow): Set<string> {
  const features = new Set<string>([feature]);
  if (mnemonic === 'wait' || (feature === 'undocumented' && mnemonic.startsWith('f'))) features.add('fpu');
  if (operands.some((operand) => /^[PQN]/.test(operand))) features.add('mmx');
  return features;
}

/** Where pages have been accessed before, what counts is that the next one has not. */
function warmAim(draw: Draw, { warm }: SingleWish): Aim | undefined {
  return warm && draw.once(3) ? 'crossing' : undefined;
}

/** A case of one instruction. */
export function singleCase(draw: Draw, wish: SingleWish, name: string, backgroundSeed: number): Drawn {
  const { given } = wish;
  const choice: Choice = given?.choice ?? wish.rows.draw(draw);
  const aim = given ? given.aim : wish.aimed ? aimFor(draw, choice.row, wish.host) : warmAim(draw, wish);
  const world = makeWorld(draw, {
    mode: wish.mode,
    host: wish.host,
    calm: false,
    aim,
    supervisor: given?.supervisor,
  });
  const place = codePlace(draw, world);
  const registers = new FreeRegisters(draw);
  if (wish.undefinedToo && !wish.aimed && !wish.host && draw.once(200)) {
    const bytes = randomBytes(draw);
    const features = new Set(['fpu', 'sse']);
    const made = assemble(draw, { world, place, bytes, registers, features, name, backgroundSeed, steps: 2 });
    return { case: made, free: 0xff, host: false };
  }
  const options = given ? { ...OPTIONS, form: given.form } : OPTIONS;
  const { bytes, insn, linear } = makeInstruction(draw, world, choice, registers, place.eip, options);
  const features = featuresOf(choice.row);
  let steps = 2;
  if (insn !== undefined) {
    // Behind it breakpoints may match.
    if (insn.k0 === K.Dreg) steps = 1;
    if ((insn.prefixes & 6) !== 0 && isString(choice.row)) steps += REPEAT_STEPS;
    hint({ draw, world, insn, linear, registers, eip: place.eip });
  }
  const before = wish.warm && insn !== undefined ? touches(draw, world, insn, linear, registers.values) : [];
  if (before.length > 0) steps += before.length;
  const code = [...before, ...bytes];
  const made = assemble(draw, { world, place, bytes: code, registers, features, name, backgroundSeed, steps });
  return { case: made, free: registers.free, aim, host: wish.host };
}
