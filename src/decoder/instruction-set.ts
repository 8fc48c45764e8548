/**
 * Which rows of the opcode table a processor has, by the table's column of features, and the decoder's tables for it.
 * What it lacks is not in the tables, so that it is an undefined opcode to whoever decodes with them: the interpreter, and
 * the scanner that decides which blocks are translated. What it has is the same row with any tables.
 */
import type { CpuFeature } from '../cpu/cpu-features.ts';
import type { CpuModel } from '../cpu/cpu-model.ts';
import { ALL_TABLES, buildTables, type DecodeTables } from './decode-tables.ts';
import type { Feature } from './opcode-row.ts';

/** The table's features that a processor has, joined by blanks: plain data, equal where the instructions are. */
export type InstructionSet = string;

/** What has an instruction: every processor, those from a family on, or those with a feature. */
const NEEDS: Readonly<Record<Feature, CpuFeature | number>> = {
  '8086': 0,
  '186': 0,
  '286': 0,
  '386': 0,
  '486': 0,
  pentium: 5,
  ppro: 6,
  undocumented: 0,
  cpuid: 'cpuid',
  cx8: 'cx8',
  cmov: 'cmov',
  // An x87 without an FPU is nothing that anybody could execute code with: FPU says what CPUID reports, no more.
  fpu: 0,
  fcmov: 'cmov',
  fisttp: 'sse3',
  mmx: 'mmx',
  sse: 'sse',
  sse2: 'sse2',
  sse3: 'sse3',
  ssse3: 'ssse3',
  sse41: 'sse4_1',
  sse42: 'sse4_2',
  popcnt: 'popcnt',
  fxsr: 'fxsr',
  sep: 'sep',
  tsc: 'tsc',
  msr: 'msr',
  clflush: 'clflush',
  // In no model: no family has it.
  monitor: Number.POSITIVE_INFINITY,
  movbe: 'movbe',
  smap: 'smap',
  syscall: 'syscall',
  rdtscp: 'rdtscp',
};

const FEATURES = Object.keys(NEEDS) as Feature[];
const tables = new Map<InstructionSet, DecodeTables>();
const sets = new WeakMap<CpuModel, InstructionSet>();

/** The instruction set of a model. */
export function instructionSetOf(model: CpuModel): InstructionSet {
  let set = sets.get(model);
  if (set === undefined) {
    const has = (need: CpuFeature | number) =>
      typeof need === 'number' ? model.family >= need : model.features.has(need);
    set = FEATURES.filter((feature) => has(NEEDS[feature])).join(' ');
    sets.set(model, set);
  }
  return set;
}

/** The decoder's tables for an instruction set; without one, those with every row. */
export function tablesOf(set: InstructionSet | undefined): DecodeTables {
  if (set === undefined) return ALL_TABLES;
  let found = tables.get(set);
  if (found === undefined) {
    const features = new Set(set.split(' '));
    found = buildTables((row) => features.has(row.feature));
    tables.set(set, found);
  }
  return found;
}
