/** Lifting of RDTSC: the monitor reads the counter, and what depends on the state stays in locals (SDM vol. 2). */
import { EAX, EDX } from '../../cpu/registers.ts';
import { tmp } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

function rdtsc(c: Lifter): boolean {
  const low = c.temporary();
  const high = c.temporary();
  c.stmts.push({ k: 'timestamp', low, high });
  c.writeReg(EAX, 4, tmp(low));
  c.writeReg(EDX, 4, tmp(high));
  return true;
}

export const timeStamp: Lifts = { rdtsc };
