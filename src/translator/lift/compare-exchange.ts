/** Lifting of CMPXCHG and CMPXCHG8B. One vCPU runs at a time, so LOCK adds nothing. */
import { EAX, EBX, ECX, EDX, ZF } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_SUB, FLAGS_WORD } from '../abi.ts';
import { add, and, bin, con, type Expr, or, reg, select, shl, tmp, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

const ZF_BIT = 6;

/** CMPXCHG: writes the destination in any case, as hardware does. */
function compareExchange(c: Lifter, i: Instruction): boolean {
  const size = i.s0;
  const to = c.update(i);
  const a = c.hold(c.readReg(EAX, size));
  const source = c.hold(c.readReg(i.r1, size));
  const equal = c.hold(bin('eq', a, to.value));
  to.write({ k: 'select', c: equal, a: source, b: to.value });
  // Where it was equal the accumulator is written with what it holds: no change.
  if (!(i.k0 === K.Reg && i.r0 === EAX)) {
    c.writeReg(EAX, size, { k: 'select', c: equal, a, b: to.value });
  }
  c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size, a, b: to.value });
  return true;
}

/**
 * CMPXCHG8B: writes all eight bytes in any case. Its halves are made writable before either is written, so that both are or none;
 * what is not aligned, or has no host address, is left to the interpreter.
 */
function compareExchange8(c: Lifter, i: Instruction): boolean {
  const low = c.hold(c.address(i, 8, true));
  c.guard(and(low, con(7)));
  const half = (addr: Expr) => {
    const id = c.temporary();
    const host = c.temporary();
    c.stmts.push({ k: 'rmwload', id, host, size: 4, addr });
    return { value: tmp(id), host, addr };
  };
  const halves = [half(low), half(c.hold(add(low, con(4))))] as const;
  const [first, second] = halves;
  c.guard(or(bin('eq', tmp(first.host), con(0)), bin('eq', tmp(second.host), con(0))));
  const differs = c.hold(or(xor(first.value, reg(EAX)), xor(second.value, reg(EDX))));
  const written = [reg(EBX), reg(ECX)];
  halves.forEach(({ host, addr, value }, n) => {
    c.stmts.push({ k: 'rmwstore', host, size: 4, addr, value: select(differs, value, written[n]!) });
  });
  // Where they were equal the accumulators hold these values.
  c.writeReg(EAX, 4, first.value);
  c.writeReg(EDX, 4, second.value);
  const zf = shl(bin('eq', differs, con(0)), ZF_BIT);
  c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: or(and({ k: 'flags' }, con(~ZF)), zf) });
  return true;
}

export const compareExchanges: Lifts = {
  cmpxchg: compareExchange,
  cmpxchg8b: compareExchange8,
};
