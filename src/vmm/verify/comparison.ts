/**
 * Compares two machines: all state that software can see, and the pages of RAM
 * that either has written since the last comparison.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { GPR, MSRS, MSRS_END, TRANSLATOR_WORDS } from '../../cpu/layout.ts';
import { stateName } from '../../translator/print-ir.ts';
import { hex32 } from '../trace-log.ts';

/** One thing that differs: what it is called, and what each machine has there. */
export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

/** Differences named; there can be very many. */
const MAX_DIFFERENCES = 40;
const WORDS_A_PAGE = 1024;

/** What is compared besides RAM: a vCPU, or a copy of what it was. */
export type ComparedState = Pick<Cpu, 's32' | 'pdpte' | 'halted' | 'interruptShadow' | 'shutdown'>;

/** Compares registers and all other state outside RAM. */
export function compareState(a: ComparedState, b: ComparedState): Difference[] {
  const found: Difference[] = [];
  const words = (from: number, to: number) => {
    for (let n = from >> 2; n < to >> 2; n++) {
      const [x, y] = [a.s32[n]!, b.s32[n]!];
      if (x !== y) found.push({ what: stateName(n * 4), a: hex32(x), b: hex32(y) });
    }
  };
  words(GPR, TRANSLATOR_WORDS);
  words(MSRS, MSRS_END);
  const field = (what: string, x: unknown, y: unknown) => {
    if (x !== y) found.push({ what, a: String(x), b: String(y) });
  };
  for (let n = 0; n < a.pdpte.length; n++) field(`pdpte word ${n}`, a.pdpte[n], b.pdpte[n]);
  field('halted', a.halted, b.halted);
  field('interrupt shadow', a.interruptShadow, b.interruptShadow);
  field('shut down', a.shutdown, b.shutdown);
  return found;
}

/** Pages that either machine has written since they were last asked; both forget them. */
export function takeWritten(a: Cpu, b: Cpu): Set<number> {
  const pages = new Set<number>();
  for (const cpu of [a, b]) {
    cpu.memory.written.take((page) => pages.add(page));
    cpu.tlb.dropAllWrites();
  }
  return pages;
}

/** Compares pages of RAM, word by word. */
export function comparePages(a: Cpu, b: Cpu, pages: Iterable<number>): Difference[] {
  const found: Difference[] = [];
  for (const page of pages) {
    const at = a.memory.storedPage(page) >>> 2;
    for (let n = at; n < at + WORDS_A_PAGE && found.length < MAX_DIFFERENCES; n++) {
      const [x, y] = [a.s32[n]!, b.s32[n]!];
      if (x === y) continue;
      found.push({ what: `memory at ${hex32((page << 12) | ((n - at) * 4))}`, a: hex32(x), b: hex32(y) });
    }
  }
  return found;
}

/** All that differs between the machines. */
export function compare(a: Cpu, b: Cpu): Difference[] {
  return [...compareState(a, b), ...comparePages(a, b, takeWritten(a, b))];
}
