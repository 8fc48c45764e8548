/**
 * CPU models as data: who the processor says it is and which features it has.
 *
 * A feature is listed only when it is implemented. The default resembles the
 * first in-order Atom: a 32-bit processor with SSE3 and NX that does not speculate
 * (nor do we), so operating systems leave their speculation defences out.
 */

/** A feature and where CPUID reports it. */
interface FeatureBit {
  readonly leaf: number;
  readonly register: 'ecx' | 'edx';
  readonly bit: number;
}

const edx = (bit: number): FeatureBit => ({ leaf: 1, register: 'edx', bit });
const ecx = (bit: number): FeatureBit => ({ leaf: 1, register: 'ecx', bit });
const extended = (bit: number): FeatureBit => ({ leaf: 0x8000_0001, register: 'edx', bit });

/** Names as Linux prints them in /proc/cpuinfo. */
export const CPU_FEATURES = {
  fpu: edx(0),
  vme: edx(1),
  de: edx(2),
  pse: edx(3),
  tsc: edx(4),
  msr: edx(5),
  pae: edx(6),
  cx8: edx(8),
  sep: edx(11),
  mtrr: edx(12),
  pge: edx(13),
  cmov: edx(15),
  pat: edx(16),
  clflush: edx(19),
  mmx: edx(23),
  fxsr: edx(24),
  sse: edx(25),
  sse2: edx(26),
  sse3: ecx(0),
  hypervisor: ecx(31),
  nx: extended(20),
} as const;

export type CpuFeature = keyof typeof CPU_FEATURES;

export interface CpuModel {
  /** Name for `-cpu`. */
  readonly name: string;
  /** CPUID vendor, 12 characters. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** Brand string, at most 47 characters; empty = none. */
  readonly brand: string;
  readonly features: ReadonlySet<CpuFeature>;
}

const EVERYTHING = Object.keys(CPU_FEATURES) as CpuFeature[];
const without = (...left: CpuFeature[]) => new Set(EVERYTHING.filter((f) => !left.includes(f)));

/** Models by name; the first is the default. */
export const CPU_MODELS: readonly CpuModel[] = [
  {
    name: 'transvisor32',
    vendor: 'GenuineIntel',
    family: 6,
    model: 28,
    stepping: 10,
    brand: 'Transvisor virtual CPU',
    features: without(),
  },
  {
    name: 'pentium3',
    vendor: 'GenuineIntel',
    family: 6,
    model: 8,
    stepping: 3,
    brand: '',
    features: without('sse2', 'sse3', 'nx', 'clflush'),
  },
  {
    name: 'pentium',
    vendor: 'GenuineIntel',
    family: 5,
    model: 4,
    stepping: 3,
    brand: '',
    features: new Set<CpuFeature>(['fpu', 'vme', 'de', 'pse', 'tsc', 'msr', 'cx8', 'mmx', 'hypervisor']),
  },
];

export const DEFAULT_CPU_MODEL: CpuModel = CPU_MODELS[0]!;

/** CPUID.1:EAX: family, model, stepping; also EDX after reset. */
export function signature(model: CpuModel): number {
  const family = Math.min(model.family, 15);
  const extendedFamily = model.family - family;
  return (
    model.stepping | ((model.model & 15) << 4) | (family << 8) | ((model.model >>> 4) << 16) | (extendedFamily << 20)
  );
}

/** The feature bits of a CPUID register. */
export function featureBits(model: CpuModel, leaf: number, register: 'ecx' | 'edx'): number {
  let bits = 0;
  for (const name of model.features) {
    const at: FeatureBit = CPU_FEATURES[name];
    if (at.leaf === leaf && at.register === register) bits |= 1 << at.bit;
  }
  return bits;
}
