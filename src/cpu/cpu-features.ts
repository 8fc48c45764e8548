/**
 * Features of processors: their names, as Linux prints them in /proc/cpuinfo, and where CPUID reports each.
 *
 * A feature is here only if it is implemented. One that is neither reported nor in the opcode table only says what a
 * control register or an MSR has.
 */

export type FeatureRegister = 'ebx' | 'ecx' | 'edx';

/** Where CPUID reports a feature. */
export interface FeatureBit {
  readonly leaf: number;
  readonly register: FeatureRegister;
  readonly bit: number;
}

/** The leaf of extended features; sub-leaf 0 is all there is. */
export const LEAF_STRUCTURED = 7;
export const LEAF_EXTENDED = 0x8000_0001;

const edx = (bit: number): FeatureBit => ({ leaf: 1, register: 'edx', bit });
const ecx = (bit: number): FeatureBit => ({ leaf: 1, register: 'ecx', bit });
const structured = (register: FeatureRegister, bit: number): FeatureBit => ({ leaf: LEAF_STRUCTURED, register, bit });
const extended = (register: FeatureRegister, bit: number): FeatureBit => ({ leaf: LEAF_EXTENDED, register, bit });

export const CPU_FEATURES = {
  /** CPUID itself, and EFLAGS.ID: the first 486 had neither. */
  cpuid: undefined,
  fpu: edx(0),
  vme: edx(1),
  de: edx(2),
  pse: edx(3),
  tsc: edx(4),
  msr: edx(5),
  pae: edx(6),
  mce: edx(7),
  cx8: edx(8),
  apic: edx(9),
  sep: edx(11),
  mtrr: edx(12),
  pge: edx(13),
  mca: edx(14),
  cmov: edx(15),
  pat: edx(16),
  clflush: edx(19),
  mmx: edx(23),
  fxsr: edx(24),
  sse: edx(25),
  sse2: edx(26),
  sse3: ecx(0),
  ssse3: ecx(9),
  sse4_1: ecx(19),
  sse4_2: ecx(20),
  movbe: ecx(22),
  popcnt: ecx(23),
  tsc_deadline_timer: ecx(24),
  hypervisor: ecx(31),
  tsc_adjust: structured('ebx', 1),
  smep: structured('ebx', 7),
  smap: structured('ebx', 20),
  umip: structured('ecx', 2),
  syscall: extended('edx', 11),
  nx: extended('edx', 20),
  rdtscp: extended('edx', 27),
} as const satisfies Readonly<Record<string, FeatureBit | undefined>>;

export type CpuFeature = keyof typeof CPU_FEATURES;

export const ALL_FEATURES: readonly CpuFeature[] = Object.keys(CPU_FEATURES) as CpuFeature[];

/** The bits that a set of features makes in a register of a leaf. */
export function featureBits(features: ReadonlySet<CpuFeature>, leaf: number, register: FeatureRegister): number {
  let bits = 0;
  for (const name of features) {
    const at: FeatureBit | undefined = CPU_FEATURES[name];
    if (at !== undefined && at.leaf === leaf && at.register === register) bits |= 1 << at.bit;
  }
  return bits;
}
