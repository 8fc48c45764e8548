/**
 * Processor models as QEMU's -cpu names them: `MODEL[,+F][,-F][,F=on|off][,PROPERTY=VALUE]`.
 *
 * A name stands for the nearest model there is. A feature that QEMU knows and nobody implements here cannot be added, as
 * with QEMU's own emulator, and is passed over; a name that nobody knows is an error.
 */
import { CPU_FEATURES, type CpuFeature } from '../cpu/cpu-features.ts';
import type { CpuModel } from '../cpu/cpu-model.ts';
import { CPU_MODELS, DEFAULT_CPU_MODEL } from '../cpu/cpu-models.ts';

/** Names that QEMU knows for 32-bit and generic processors, and what each is here. */
const QEMU_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['qemu32', 'qemu64', 'kvm32', 'kvm64', 'coreduo', 'athlon', 'base'].map((name) => [name, DEFAULT_CPU_MODEL.name]),
  ),
  core2duo: `${DEFAULT_CPU_MODEL.name},+ssse3`,
  n270: `${DEFAULT_CPU_MODEL.name},+ssse3,+movbe`,
};

/** Other names of features. */
const SYNONYMS: Readonly<Record<string, CpuFeature>> = {
  pni: 'sse3',
  'sse4.1': 'sse4_1',
  'sse4.2': 'sse4_2',
  sse41: 'sse4_1',
  sse42: 'sse4_2',
  tsc_deadline: 'tsc_deadline_timer',
  xd: 'nx',
};

/** What QEMU knows besides, and this processor does not have. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    '3dnow 3dnowext 3dnowprefetch abm acpi adx aes arat arch-capabilities avx avx2 avx512f bmi1 bmi2 ' +
    'cid clflushopt clwb cmp-legacy cr8legacy cx16 dca ds ds-cpl dtes64 erms est f16c fma fma4 fsgsbase fxsr-opt gfni ' +
    'hle ht ht-tsc ia64 ibpb ibrs ibs invpcid invtsc la57 lahf-lm lm lwp lzcnt md-clear misalignsse mmxext monitor mpx ' +
    'nodeid-msr nrip-save osvw pbe pcid pcommit pclmulqdq pdcm pdpe1gb perfctr-core pku pks pmm pmm-en pn pse36 rdpid ' +
    'rdrand rdseed rtm sha-ni skinit smx spec-ctrl ss ssbd sse4a stibp svm tbm tce tm tm2 topoext ' +
    'tsc-scale vaes vmx vpclmulqdq wdt x2apic xcrypt xgetbv1 xop xsave xsavec xsaveopt xsaves xstore xtpr'
  ).split(' '),
);

/** QEMU's properties of a processor that say nothing about the one that there is here. */
const PROPERTIES: ReadonlySet<string> = new Set(
  (
    'check enforce kvm kvmclock kvm-pv-eoi hypervisor-vendor migratable pmu host-phys-bits host-phys-bits-limit phys-bits ' +
    'l3-cache host-cache-info fill-mtrr-mask full-cpuid-auto-level cpuid-0xb lmce start-powered-off tcg-cpuid ' +
    'tsc-frequency vmware-cpuid-freq xlevel xlevel2 stepping-id ucode-rev legacy-cache x-force-features'
  ).split(' '),
);

/** All names that can be given. */
export const CPU_NAMES: readonly string[] = [
  ...new Set([...CPU_MODELS.map((model) => model.name), ...Object.keys(QEMU_NAMES)]),
];

const SYNTAX = /^(?:([+-])([a-z0-9._-]+)|([a-z0-9._-]+)(?:=(.*))?)$/i;

/** A feature's name here; undefined where it is none of ours. */
function featureNamed(name: string): CpuFeature | undefined {
  const plain = name.toLowerCase();
  for (const spelling of [plain, plain.replaceAll('-', '_')]) {
    if (Object.hasOwn(CPU_FEATURES, spelling)) return spelling as CpuFeature;
    const synonym = Object.hasOwn(SYNONYMS, spelling) ? SYNONYMS[spelling] : undefined;
    if (synonym !== undefined) return synonym;
  }
  return undefined;
}

/** A model that is being put together. */
type Draft = { -readonly [K in keyof CpuModel]: CpuModel[K] } & { features: Set<CpuFeature> };

function numberIn(name: string, text: string, max: number): number {
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new RangeError(`processor's ${name} '${text}': must be 0 to ${max}`);
  return value;
}

/** Sets a property that the model has. @returns whether there is one of this name */
function setProperty(draft: Draft, name: string, value: string): boolean {
  switch (name) {
    case 'vendor':
      if (!/^[ -~]{12}$/.test(value)) throw new RangeError(`processor's vendor '${value}': must be 12 characters`);
      draft.vendor = value;
      return true;
    case 'model-id':
      if (!/^[ -~]{0,47}$/.test(value)) throw new RangeError(`processor's model-id: must be at most 47 characters`);
      draft.brand = value;
      return true;
    case 'family':
      draft.family = numberIn(name, value, 270);
      if (draft.family < 4) throw new RangeError(`processor's family '${value}': must be 4 or more`);
      return true;
    case 'model':
      draft.model = numberIn(name, value, 255);
      return true;
    case 'stepping':
      draft.stepping = numberIn(name, value, 15);
      return true;
    case 'level':
    case 'min-level':
      draft.lastLeaf = numberIn(name, value, 0x16);
      return true;
    default:
      return false;
  }
}

function change(draft: Draft, text: string): void {
  const match = SYNTAX.exec(text);
  if (match === null) throw new RangeError(`processor feature '${text}': must be +name, -name or name=value`);
  const [, sign, signed, plain = '', value = 'on'] = match;
  const name = signed ?? plain;
  const feature = featureNamed(name);
  if (feature === undefined) {
    if (sign === undefined && match[4] !== undefined && setProperty(draft, name, value)) return;
    if (OTHERS.has(name.toLowerCase().replaceAll('_', '-')) || PROPERTIES.has(name) || /^hv[-_]/.test(name)) return;
    throw new RangeError(`processor feature '${name}': not known`);
  }
  if (sign === undefined && value !== 'on' && value !== 'off') {
    throw new RangeError(`processor feature '${name}': must be on or off, not '${value}'`);
  }
  if (sign === '-' || value === 'off') draft.features.delete(feature);
  else draft.features.add(feature);
}

/**
 * The model of a text like `pentium3,-sse,+x2apic`; the default for no text.
 * @throws RangeError for a name that is not known, and for a value that does not do
 */
export function selectCpuModel(text?: string): CpuModel {
  if (text === undefined) return DEFAULT_CPU_MODEL;
  const [name = '', ...changes] = text.split(',');
  if (!CPU_NAMES.includes(name)) throw new RangeError(`processor '${name}': not known`);
  const [base = name, ...own] = (QEMU_NAMES[name] ?? name).split(',');
  const found = CPU_MODELS.find((model) => model.name === base) ?? DEFAULT_CPU_MODEL;
  if (own.length + changes.length === 0) return found;
  const draft: Draft = { ...found, features: new Set(found.features) };
  for (const each of [...own, ...changes]) change(draft, each);
  return draft;
}
