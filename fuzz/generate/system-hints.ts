/**
 * Hints for the instructions of the system: what they load is most often something
 * that can be loaded.
 */
import { K } from '../../src/decoder/instruction.ts';
import type { Draw } from './draw.ts';
import { type Hint, type Hinted, poke, setOperand, setStack } from './hint-tools.ts';
import { PAGE_DIRECTORY } from './pages.ts';
import { le16, le32 } from './registers.ts';
import { absentCode, anySelector, GDT, selectorOf, taskSelector } from './segments.ts';
import { CODE, DATA, IDT, type World } from './world.ts';

const EAX = 0;
const ECX = 1;
const EDX = 2;

/** A place in the code, as an offset of a code segment; of the flat one or of those that begin at the code. */
function codeOffset({ draw, world, eip }: Hinted): number {
  if (draw.once(8) && !world.host) return draw.extreme();
  const near = eip + draw.between(-100, 100);
  return draw.once(4) && !world.host ? near ^ CODE : near;
}

/** A selector of code that can be entered from here; any other now and then. */
function codeSelector(draw: Draw, world: World): number {
  const now = world.segments[1]!.selector;
  if (world.aim === 'bad-task' && !draw.once(8)) return taskSelector(draw, world.level);
  if (world.aim === 'absent' && !world.host && draw.once(2)) return absentCode(world.level);
  if (draw.once(world.aim === 'absent' ? 1 : 4))
    return world.mode === 'real' || world.mode === 'virtual8086'
      ? draw.word() & 0xffff
      : anySelector(draw, world.level, world.host, world.aim === 'absent');
  if (draw.once(3) && !world.host && world.level < 3) {
    const level = draw.between(world.level, 3);
    return selectorOf(draw.pick([0, 2, 9, 10]), level, false);
  }
  return now;
}

function far(h: Hinted, offset: number, selector: number): number[] {
  return h.insn.operandSize === 2 ? [...le16(offset), ...le16(selector)] : [...le32(offset), ...le32(selector)];
}

/** A pointer in memory for an indirect far call or jump. */
const farPointer: Hint = (h) => {
  if (h.insn.row.mnemonic === 'callf') setStack(h);
  if (h.linear >= 0) poke(h, h.linear, far(h, codeOffset(h), codeSelector(h.draw, h.world)));
};

/** What comes up behind return address and flags when the level changes. */
function outerStack(h: Hinted): number[] {
  const { draw, world } = h;
  const selector = draw.once(4)
    ? anySelector(draw, 3, world.host)
    : selectorOf(1, draw.between(world.level, 3), world.host);
  return far(h, DATA + draw.below(0x8000), selector);
}

const farReturn: Hint = (h) => {
  const at = setStack(h);
  const frame = far(h, codeOffset(h), codeSelector(h.draw, h.world));
  // RETF's parameters lie between: with none, the outer stack follows.
  poke(h, at, [...frame, ...outerStack(h)]);
};

const interruptReturn: Hint = (h) => {
  const { draw, world, insn } = h;
  const at = setStack(h);
  const frame = far(h, codeOffset(h), codeSelector(draw, world));
  const flags = world.host ? draw.word() & 0xcd5 : draw.once(2) ? draw.word() & 0x3f_7fd5 : draw.word() & 0x7ed5;
  const image = insn.operandSize === 2 ? le16(flags) : le32(flags);
  const data = insn.operandSize === 2 ? [] : [0, 1, 2, 3].flatMap(() => le32(draw.below(0x5000)));
  poke(h, at, [...frame, ...image, ...outerStack(h), ...data]);
};

const loadFar: Hint = (h) => {
  const { draw, world } = h;
  const value = h.insn.operandSize === 2 ? le16(draw.word()) : le32(draw.word());
  if (h.linear >= 0)
    poke(h, h.linear, [...value, ...le16(anySelector(draw, world.level, world.host, world.aim === 'absent'))]);
};

const CONTROL_BITS: Readonly<Record<number, readonly number[]>> = {
  0: [0, 1, 2, 3, 4, 5, 16, 18, 29, 30, 31],
  4: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21],
};

/** A value for a control register: as it is, but for a bit or two. */
function controlValue(draw: Draw, world: World, register: number): number {
  if (draw.once(8)) return draw.extreme();
  if (register === 3) return draw.pick([PAGE_DIRECTORY, PAGE_DIRECTORY, PAGE_DIRECTORY | 0x18, 0x7000, 0]);
  if (register === 2) return draw.extreme();
  let value = register === 0 ? world.cr0 : world.cr4;
  const bits = CONTROL_BITS[register] ?? [0];
  for (let n = draw.below(3); n > 0; n--) value ^= 1 << draw.pick(bits);
  return value;
}

const special: Hint = ({ draw, world, insn, registers }) => {
  if (insn.k0 === K.Creg) registers.want(insn.r1, controlValue(draw, world, insn.r0));
  else if (insn.k0 === K.Dreg) {
    // Addresses of code and data, and DR7 with few of them on, or any.
    const plain =
      insn.r0 >= 6 ? (draw.once(2) ? 0x400 : draw.word() & 0xffff_2fff) : draw.pick([CODE, DATA, draw.word()]);
    registers.want(insn.r1, draw.once(8) ? draw.word() : plain);
  }
};

const MSRS = [0x10, 0x1b, 0x174, 0x175, 0x176, 0x277, 0xc000_0080, 0x2ff, 0x200, 0x8b, 0xfe, 0x250, 0x0, 0x1d9];
const modelSpecific: Hint = ({ draw, registers }) => {
  registers.want(ECX, draw.once(6) ? draw.extreme() : draw.pick(MSRS));
  registers.want(EDX, draw.once(2) ? 0 : draw.extreme());
  registers.want(EAX, draw.extreme());
};

const tables: Hint = (h) => {
  const { draw, insn } = h;
  const limit = draw.once(4) ? draw.word() & 0xffff : 0x27f;
  const base = draw.once(4) ? draw.word() : insn.row.mnemonic === 'lgdt' ? GDT : IDT;
  if (h.linear >= 0) poke(h, h.linear, [...le16(limit), ...le32(base)]);
};

const leaveSystem: Hint = (h) => {
  h.registers.want(EDX, codeOffset(h));
  h.registers.want(ECX, DATA + h.draw.below(0x8000));
};

/** Left alone: a word whose low bits are those of CR0. */
const machineStatus: Hint = (h) => {
  if (!h.draw.once(4)) setOperand(h, (h.world.cr0 & 0xfff0) | h.draw.below(16), 2);
};

export const SYSTEM_HINTS: readonly (readonly [string, Hint])[] = [
  ['callf', farPointer],
  ['jmpf', farPointer],
  ['retf', farReturn],
  ['iret', interruptReturn],
  ['lds', loadFar],
  ['les', loadFar],
  ['lss', loadFar],
  ['lfs', loadFar],
  ['lgs', loadFar],
  ['mov', special],
  ['wrmsr', modelSpecific],
  ['rdmsr', modelSpecific],
  ['rdpmc', modelSpecific],
  ['lgdt', tables],
  ['lidt', tables],
  ['sysexit', leaveSystem],
  ['lmsw', machineStatus],
];
