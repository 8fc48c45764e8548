/**
 * The processor models there are, as data.
 *
 * The default resembles the first in-order Atom: a 32-bit processor with SSE3 and NX that does not speculate
 * (nor do we), so operating systems leave their speculation defences out. The others have family, model, stepping,
 * cache descriptors and brand of the processors they are called after (Intel's application note 485), and those of their
 * features that are implemented. `max` has all that is.
 */
import { ALL_FEATURES, type CpuFeature } from './cpu-features.ts';
import type { CpuModel } from './cpu-model.ts';

const OF_486: readonly CpuFeature[] = ['cpuid', 'fpu', 'vme', 'hypervisor'];
const OF_PENTIUM: readonly CpuFeature[] = [...OF_486, 'de', 'pse', 'tsc', 'msr', 'mce', 'cx8', 'apic', 'mmx'];
const OF_PENTIUM2: readonly CpuFeature[] = [
  ...OF_PENTIUM,
  ...(['pae', 'sep', 'mtrr', 'pge', 'mca', 'cmov', 'pat', 'fxsr'] as const),
];
const OF_PENTIUM3: readonly CpuFeature[] = [...OF_PENTIUM2, 'sse'];
const OF_PENTIUM4: readonly CpuFeature[] = [...OF_PENTIUM3, 'clflush', 'sse2'];
const OF_DEFAULT: readonly CpuFeature[] = [
  ...OF_PENTIUM4.filter((name) => name !== 'mce' && name !== 'mca'),
  ...(['sse3', 'tsc_deadline_timer', 'tsc_adjust', 'nx'] as const),
];

const INTEL = 'GenuineIntel';
/** TLBs 01 (code, 4 KB, 32 entries), 03 (data, 4 KB, 64), 04 (data, 4 MB, 8); caches 2C, 30, 86: as leaf 4 says. */
const MODERN_CACHES = [0x0403_0101, 0, 0, 0x002c_3086] as const;

export const DEFAULT_CPU_MODEL: CpuModel = {
  name: 'transvisor32',
  vendor: INTEL,
  family: 6,
  model: 28,
  stepping: 10,
  brand: 'Transvisor virtual CPU',
  brandIndex: 0,
  features: new Set(OF_DEFAULT),
  lastLeaf: 0x16,
  lastExtended: 0x8000_0008,
  cacheDescriptors: MODERN_CACHES,
};

/** Everything that is implemented. */
export const MAX_CPU_MODEL: CpuModel = { ...DEFAULT_CPU_MODEL, name: 'max', features: new Set(ALL_FEATURES) };

/** The fields that differ between the older models. */
type Older = Pick<CpuModel, 'name' | 'family' | 'model' | 'stepping' | 'lastLeaf' | 'cacheDescriptors'> &
  Partial<CpuModel> & { readonly has: readonly CpuFeature[] };

const older = ({ has, ...rest }: Older): CpuModel => ({
  vendor: INTEL,
  brand: '',
  brandIndex: 0,
  lastExtended: 0,
  ...rest,
  features: new Set(has),
});

const NO_DESCRIPTORS = [0, 0, 0, 0] as const;

/** Models by name; the first is the default. */
export const CPU_MODELS: readonly CpuModel[] = [
  DEFAULT_CPU_MODEL,
  MAX_CPU_MODEL,
  // The write-back IntelDX4, which has CPUID.
  older({ name: '486', family: 4, model: 8, stepping: 0, has: OF_486, lastLeaf: 1, cacheDescriptors: NO_DESCRIPTORS }),
  // With MMX, 0.25 micrometres.
  older({
    name: 'pentium',
    family: 5,
    model: 4,
    stepping: 3,
    has: OF_PENTIUM,
    lastLeaf: 1,
    cacheDescriptors: NO_DESCRIPTORS,
  }),
  // L1 2 * 16 KB, L2 512 KB.
  older({
    name: 'pentium2',
    family: 6,
    model: 5,
    stepping: 2,
    has: OF_PENTIUM2,
    lastLeaf: 2,
    cacheDescriptors: [0x0302_0101, 0, 0, 0x0c04_0843],
  }),
  // L1 2 * 16 KB, L2 256 KB.
  older({
    name: 'pentium3',
    family: 6,
    model: 8,
    stepping: 3,
    brandIndex: 2,
    has: OF_PENTIUM3,
    lastLeaf: 2,
    cacheDescriptors: [0x0302_0101, 0, 0, 0x0c04_0882],
  }),
  // Trace cache 12 K micro-operations, L1 8 KB, L2 512 KB.
  older({
    name: 'pentium4',
    family: 15,
    model: 2,
    stepping: 9,
    brand: 'Intel(R) Pentium(R) 4 CPU 1.00GHz',
    brandIndex: 9,
    has: OF_PENTIUM4,
    lastLeaf: 2,
    lastExtended: 0x8000_0004,
    cacheDescriptors: [0x665b_5001, 0, 0, 0x007b_7040],
  }),
];
