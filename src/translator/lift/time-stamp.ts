/** Lifting of RDTSC and RDTSCP: the monitor reads the counter, and what depends on the state stays in locals (SDM vol. 2). */
import { EAX, ECX, EDX } from '../../cpu/registers.ts';
import { TSC_AUX } from '../../cpu/system/msr-table.ts';
import { state, tmp } from '../ir.ts';
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

/** The processor's number, as the system has written it, comes in ECX. */
function rdtscp(c: Lifter): boolean {
  rdtsc(c);
  c.writeReg(ECX, 4, state(TSC_AUX));
  return true;
}

export const timeStamp: Lifts = { rdtsc, rdtscp };
