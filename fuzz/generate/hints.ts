/**
 * What makes an instruction do something beside faulting: dividends that can be divided, counts that
 * end, selectors that can be loaded, frames that can be returned through. A hint
 * works on registers and memory once the instruction is known.
 */
import { K } from '../../src/decoder/instruction.ts';
import type { Draw } from './draw.ts';
import { codeOf, type Hint, type Hinted, poke, setOperand, setStack } from './hint-tools.ts';
import { placeOperand, placeStack } from './places.ts';
import { le16, le32 } from './registers.ts';
import { anySelector, plainSelector } from './segments.ts';
import { SYSTEM_HINTS } from './system-hints.ts';
import { numberBytes, randomMxcsr } from './values.ts';
import type { World } from './world.ts';

const EAX = 0;
const ECX = 1;
const EDX = 2;
const EBX = 3;
const ESP = 4;
const EBP = 5;
const ESI = 6;
const EDI = 7;
const ES = 0;

function divide(h: Hinted): void {
  const { draw, insn, registers } = h;
  if (draw.once(3)) return;
  const size = insn.s0;
  const divisor = draw.extreme() || 1;
  // By zero, of a dividend whose upper half is nothing, as programs do that forgot to look.
  if (draw.once(6)) {
    setOperand(h, 0, size);
    registers.want(EAX, draw.once(2) ? draw.below(0x100) : draw.extreme());
    if (draw.once(2)) registers.want(EDX, 0);
    return;
  }
  if (draw.once(2)) setOperand(h, divisor, size);
  const value = draw.extreme();
  if (size === 1) {
    registers.want(EAX, (value & 0xff) | (draw.once(2) ? 0 : draw.below(0x40) << 8));
    return;
  }
  registers.want(EAX, value);
  // The sign, zero, or half of a small divisor: quotients at both ends of their range.
  const high = draw.below(3);
  registers.want(EDX, high === 0 ? value >> 31 : high === 1 ? 0 : (divisor >> 1) - draw.below(2));
}

function pointer(h: Hinted, register: number, segment: number, size: number): void {
  const { draw, world, registers, insn } = h;
  const narrow = insn.addressSize === 2;
  const offset = placeOperand(draw, world, segment, size, narrow, codeOf(h));
  registers.want(register, narrow ? (offset & 0xffff) | (draw.word() & ~0xffff) : offset);
}

function count(h: Hinted): void {
  const { draw, registers, world } = h;
  const wild = draw.once(48) && !world.host;
  registers.want(ECX, wild ? draw.extreme() : draw.once(4) ? draw.below(3) : draw.below(40));
}

const strings: Hint = (h) => {
  const { insn, draw, registers } = h;
  const size = insn.s0 || insn.s1 || insn.operandSize;
  if (/^(movs|cmps|lods|outs)$/.test(insn.row.mnemonic)) pointer(h, ESI, insn.segment, size);
  if (/^(movs|cmps|stos|scas|ins)$/.test(insn.row.mnemonic)) pointer(h, EDI, ES, size);
  if (/^(ins|outs)$/.test(insn.row.mnemonic)) registers.want(EDX, port(draw));
  if ((insn.prefixes & 6) !== 0) count(h);
};

function port(draw: Draw): number {
  return draw.once(2) ? draw.below(0x400) : draw.word();
}

const stack: Hint = (h) => {
  if (h.registers.get(ESP) === undefined || h.draw.once(2)) setStack(h);
};

/** Flags that POPF changes: IF, DF, AC, ID. */
const POPPED = [9, 10, 18, 18, 21, 21];

/** Flags as they are but for one or two: of most others POPF is a rare affair. */
const popFlags: Hint = (h) => {
  const { draw, world } = h;
  if (world.host || draw.once(4)) return stack(h);
  let image = (world.eflags & ~0x1_0000) | (draw.word() & 0x8d5) | 2;
  for (let n = draw.between(1, 2); n > 0; n--) image ^= 1 << draw.pick(POPPED);
  poke(h, setStack(h), le32(image));
};

const leave: Hint = (h) => {
  setStack(h);
  h.registers.want(EBP, placeStack(h.draw, h.world, codeOf(h)));
};

const numbers: Hint = (h) => {
  if (h.linear >= 0 && h.draw.once(2)) poke(h, h.linear, numberBytes(h.draw));
};

/** The counter near its end; with addresses of 16 bits what stands above does not count. */
const loop: Hint = ({ draw, registers }) =>
  registers.want(ECX, draw.once(3) ? draw.extreme() : draw.below(4) | (draw.once(2) ? 0 : draw.word() & ~0xffff));

const compareExchange: Hint = (h) => {
  const { draw, registers } = h;
  if (draw.once(2)) return;
  const value = draw.extreme();
  registers.want(EAX, value);
  if (h.insn.row.mnemonic === 'cmpxchg') {
    setOperand(h, value, 4);
    return;
  }
  const high = draw.extreme();
  registers.want(EDX, high);
  poke(h, h.linear, [...le32(value), ...le32(high)]);
};

const bound: Hint = (h) => {
  const { draw, insn, registers } = h;
  if (draw.once(4)) return;
  const low = draw.between(-100, 100);
  const high = low + draw.below(20);
  poke(h, h.linear, insn.operandSize === 2 ? [...le16(low), ...le16(high)] : [...le32(low), ...le32(high)]);
  registers.want(insn.r0, low + draw.between(-1, 20));
};

/** A bit's number reaches far from the operand: near it, most often. */
const bits: Hint = ({ draw, insn, registers, world }) => {
  if (insn.k0 !== K.Mem || insn.k1 !== K.Reg) return;
  if (world.host || draw.once(2)) registers.want(insn.r1, draw.between(-0x400, 0x400));
};

const xlat: Hint = (h) => {
  pointer(h, EBX, h.insn.segment, 1);
  const now = h.registers.get(EBX);
  if (now !== undefined) h.registers.want(EBX, now - ((h.registers.get(EAX) ?? 0) & 0xff));
};

const nearTarget: Hint = (h) => {
  const { draw, insn, eip, world } = h;
  if (insn.row.mnemonic === 'call') stack(h);
  if (insn.k0 === K.Rel) return;
  if (draw.once(12) && !world.host) return;
  setOperand(h, eip + draw.between(-100, 100), insn.operandSize);
};

const nearReturn: Hint = (h) => {
  const at = setStack(h);
  const target = h.eip + h.draw.between(-100, 100);
  poke(h, at, h.insn.operandSize === 2 ? le16(target) : le32(target));
};

const masked: Hint = (h) => pointer(h, EDI, h.insn.segment, 16);

const control: Hint = (h) => {
  const { draw } = h;
  if (draw.once(4)) return;
  if (h.insn.row.mnemonic === 'ldmxcsr') poke(h, h.linear, le32(randomMxcsr(draw)));
  else if (h.insn.row.mnemonic === 'fldcw') poke(h, h.linear, le16(draw.once(2) ? 0x37f : draw.word() & 0x1f7f));
  else if (h.insn.row.mnemonic === 'fxrstor') {
    poke(h, h.linear, [...le16(draw.once(2) ? 0x37f : draw.word()), ...le16(draw.word() & 0x7f7f), draw.below(256), 0]);
    poke(h, h.linear + 24, le32(randomMxcsr(draw)));
  } else poke(h, h.linear, le16(draw.once(2) ? 0x37f : draw.word()));
};

/** For a segment register. */
function aimedSelector(draw: Draw, { aim, level, host }: World): number {
  if (aim === 'table-limit' && !draw.once(4)) return plainSelector(draw, level);
  return anySelector(draw, level, host, aim === 'absent');
}

const selector: Hint = (h) => {
  const { draw, world, insn } = h;
  if (insn.row.mnemonic === 'pop' || insn.row.mnemonic === 'push') {
    const at = setStack(h);
    if (insn.k0 === K.Sreg) poke(h, at, le16(aimedSelector(draw, world)));
    return;
  }
  const loads = insn.row.mnemonic !== 'mov' || insn.k0 === K.Sreg;
  if (!loads || draw.once(16)) return;
  // LTR wants a TSS that is not busy.
  const absent = world.aim === 'absent' && /^l(ldt|tr)$/.test(insn.row.mnemonic) && draw.once(2);
  const free = (insn.row.mnemonic === 'ltr' || insn.row.mnemonic === 'lldt') && world.aim !== 'absent' && draw.once(2);
  const system = insn.row.mnemonic === 'ltr' ? (absent ? 81 : draw.pick([13, 14])) : absent ? 15 : 10;
  const value = free || absent ? system * 8 : aimedSelector(draw, world);
  if (insn.k1 === K.Reg) h.registers.want(insn.r1, value | (draw.once(2) ? 0 : draw.word() & ~0xffff));
  else if (insn.k1 === K.Mem || insn.k0 === K.Mem) poke(h, h.linear, le16(value));
  else if (insn.k0 === K.Reg) h.registers.want(insn.r0, value);
};

const everyOf = (names: string, hint: Hint) => names.split(' ').map((name): [string, Hint] => [name, hint]);

const HINTS: ReadonlyMap<string, Hint> = new Map<string, Hint>([
  ...everyOf('div idiv', divide),
  ...everyOf('movs cmps stos lods scas ins outs', strings),
  ...everyOf('pusha popa pushf enter', stack),
  ['popf', popFlags],
  ...everyOf('int int3 into int1', stack),
  ['leave', leave],
  ...everyOf('loop loope loopne jcxz', loop),
  ...everyOf('cmpxchg cmpxchg8b', compareExchange),
  ['bound', bound],
  ...everyOf('bt bts btr btc', bits),
  ['xlat', xlat],
  ...everyOf('jmp call', nearTarget),
  ['ret', nearReturn],
  ...everyOf('maskmovq maskmovdqu', masked),
  ...everyOf('ldmxcsr fldcw fldenv frstor fxrstor', control),
  ...everyOf('push pop', selector),
  ...everyOf('lldt ltr verr verw lar lsl arpl', selector),
  ...everyOf('in out', ({ draw, registers }) => registers.want(EDX, port(draw))),
  ...SYSTEM_HINTS,
]);

const NUMBERS = /^(fpu|fisttp|mmx|sse)/;

/** Applies what is known to help the instruction. */
export function hint(h: Hinted): void {
  const { row } = h.insn;
  const known =
    row.mnemonic === 'mov' && (h.insn.k0 === K.Sreg || h.insn.k1 === K.Sreg) ? selector : HINTS.get(row.mnemonic);
  if (known !== undefined) known(h);
  else if (NUMBERS.test(row.feature)) numbers(h);
}
