/**
 * From an instruction to the function that executes it: all semantics in one table by
 * mnemonic. Where several topics know a mnemonic (MOV of general and of segment
 * registers), the first that knows this form of it is taken.
 */
import { VEC_UD } from '../cpu/exceptions.ts';
import type { Instruction } from '../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from './handler.ts';
import { ARITHMETIC } from './semantics/arithmetic.ts';
import { BCD } from './semantics/bcd.ts';
import { BITS } from './semantics/bits.ts';
import { CONTROL_FLOW } from './semantics/control-flow.ts';
import { DATA_MOVEMENT } from './semantics/data-movement.ts';
import { EXCHANGE } from './semantics/exchange.ts';
import { FLAG_CONTROL } from './semantics/flag-control.ts';
import { LOGIC } from './semantics/logic.ts';
import { MULTIPLY } from './semantics/multiply.ts';
import { SHIFTS } from './semantics/shifts.ts';
import { SIMD } from './semantics/simd.ts';
import { STACK } from './semantics/stack.ts';
import { STRINGS } from './semantics/strings.ts';
import { SYSTEM_CONTROL } from './semantics/system-control.ts';
import { SYSTEM_PORTS } from './semantics/system-ports.ts';
import { SYSTEM_SEGMENTS } from './semantics/system-segments.ts';
import { SYSTEM_TABLES } from './semantics/system-tables.ts';
import { SYSTEM_TRANSFERS } from './semantics/system-transfers.ts';
import { X87 } from './semantics/x87.ts';

const TOPICS: readonly Semantics[] = [
  ARITHMETIC,
  LOGIC,
  SHIFTS,
  MULTIPLY,
  DATA_MOVEMENT,
  EXCHANGE,
  STACK,
  CONTROL_FLOW,
  STRINGS,
  BITS,
  BCD,
  FLAG_CONTROL,
  SYSTEM_CONTROL,
  SYSTEM_PORTS,
  SYSTEM_SEGMENTS,
  SYSTEM_TABLES,
  SYSTEM_TRANSFERS,
  X87,
  SIMD,
];

const BINDERS: ReadonlyMap<string, readonly Binder[]> = collect(TOPICS);

function collect(topics: readonly Semantics[]): Map<string, Binder[]> {
  const all = new Map<string, Binder[]>();
  for (const topic of topics) {
    for (const [mnemonic, binder] of Object.entries(topic)) {
      const known = all.get(mnemonic);
      if (known) known.push(binder);
      else all.set(mnemonic, [binder]);
    }
  }
  return all;
}

const unimplemented: Handler = (cpu, i) => {
  cpu.environment.unimplemented(`instruction ${i.row.id}`, i.opcode);
  cpu.raise(VEC_UD);
};

/** The handler of a decoded instruction; of one that nobody implements, a handler that reports it and raises #UD. */
export function bind(i: Instruction): Handler {
  for (const binder of BINDERS.get(i.row.mnemonic) ?? []) {
    const handler = binder(i);
    if (handler !== undefined) return handler;
  }
  return unimplemented;
}

/** Whether some topic implements this form. */
export function isImplemented(i: Instruction): boolean {
  return bind(i) !== unimplemented;
}
