/** Lifting of moves, exchanges, extensions, address loads, conditional moves and sets. */
import * as L from '../../cpu/layout.ts';
import { EAX, EDX } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { bin, con, cond, or, select, state } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import { moveToSegment } from './segment-load.ts';
import type { Lifts } from './semantics.ts';

function move(c: Lifter, i: Instruction): boolean {
  if (i.k1 === K.Sreg) {
    // Reading a segment register: sensitive, emulated inline from the cached selector.
    const selector = state(L.SEGMENTS + i.r1 * L.SEGMENT_SIZE + L.SEG_SELECTOR);
    if (i.k0 === K.Mem) c.store(c.address(i, 2, true), 2, selector);
    else c.writeReg(i.r0, i.s0, selector, true);
    return true;
  }
  if (i.k0 === K.Sreg) return moveToSegment(c, i);
  if ((i.k0 !== K.Reg && i.k0 !== K.Mem) || i.k1 === K.Creg || i.k1 === K.Dreg) return false;
  const size = i.s0;
  const value = i.k0 === K.Reg && i.k1 === K.Mem ? c.load(c.address(i, size), size) : c.read(i, 1);
  if (i.k0 === K.Mem) c.store(c.address(i, size, true), size, value);
  else c.writeReg(i.r0, size, value, true);
  return true;
}

function extend(c: Lifter, i: Instruction, signed: boolean): boolean {
  const value =
    i.k1 === K.Mem
      ? c.load(c.address(i, i.s1), i.s1, signed)
      : signed
        ? c.sext(c.readReg(i.r1, i.s1), i.s1)
        : c.readReg(i.r1, i.s1);
  c.writeReg(i.r0, i.s0, value);
  return true;
}

function exchange(c: Lifter, i: Instruction): boolean {
  const size = i.s0;
  if (i.k0 === K.Reg && i.k1 === K.Reg) {
    const a = c.hold(c.readReg(i.r0, size));
    const b = c.hold(c.readReg(i.r1, size));
    c.writeReg(i.r0, size, b, true);
    c.writeReg(i.r1, size, a, true);
    return true;
  }
  // One operand is memory, whichever way the encoding lists them.
  const register = i.k0 === K.Reg ? i.r0 : i.r1;
  const addr = c.hold(c.address(i, size, true));
  const id = c.temporary();
  const host = c.temporary();
  c.stmts.push({ k: 'rmwload', id, host, size, addr });
  c.stmts.push({ k: 'rmwstore', host, size, addr, value: c.readReg(register, size) });
  c.writeReg(register, size, { k: 'tmp', id }, true);
  return true;
}

function conditionalMove(c: Lifter, i: Instruction): boolean {
  // The source is read even where the condition is false.
  const value = c.hold(c.read(i, 1));
  const old = c.readReg(i.r0, i.s0);
  c.writeReg(i.r0, i.s0, select(cond(i.cond), value, old), true);
  return true;
}

function convertInAccumulator(c: Lifter, i: Instruction): boolean {
  // CBW: AL -> AX; CWDE: AX -> EAX.
  if (i.operandSize === 4) c.writeReg(EAX, 4, c.sext(c.readReg(EAX, 2), 2));
  else c.writeReg(EAX, 2, c.sext(c.readReg(EAX, 1), 1));
  return true;
}

function convertIntoData(c: Lifter, i: Instruction): boolean {
  // CWD: AX -> DX:AX; CDQ: EAX -> EDX:EAX.
  if (i.operandSize === 4) c.writeReg(EDX, 4, bin('sar', c.readReg(EAX, 4), con(31)));
  else c.writeReg(EDX, 2, bin('sar', c.sext(c.readReg(EAX, 2), 2), con(31)));
  return true;
}

/** LAHF and SAHF by way of the flags word. */
function loadFlags(c: Lifter): boolean {
  c.writeReg(4, 1, or({ k: 'flags' }, con(2)));
  return true;
}

function translateByte(c: Lifter, i: Instruction): boolean {
  const sum = { k: 'bin', op: 'add', a: c.readReg(3, 4), b: c.readReg(0, 1) } as const;
  const offset = i.addressSize === 2 ? c.zext(sum, 2) : sum;
  c.writeReg(0, 1, c.load(c.linear(i.segment, offset, 1), 1), true);
  return true;
}

export const dataMovement: Lifts = {
  mov: move,
  movzx: (c, i) => extend(c, i, false),
  movsx: (c, i) => extend(c, i, true),
  xchg: exchange,
  lea: (c, i) => {
    c.writeReg(i.r0, i.s0, c.offset(i));
    return true;
  },
  cmovcc: conditionalMove,
  setcc: (c, i) => {
    c.write(i, cond(i.cond));
    return true;
  },
  cbw: convertInAccumulator,
  cwd: convertIntoData,
  lahf: loadFlags,
  xlat: translateByte,
  nop: () => true,
  pause: () => true,
};
