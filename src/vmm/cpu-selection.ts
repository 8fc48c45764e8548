/**
 * Processor models as QEMU's -cpu names them.
 *
 * A name stands for the nearest model there is; features can be taken away, and
 * those that nobody implements cannot be added.
 */
import { CPU_MODELS, type CpuFeature, type CpuModel, DEFAULT_CPU_MODEL } from '../cpu/cpu-model.ts';

/** Names that QEMU knows for 32-bit and generic processors, and what they are here. */
const QEMU_NAMES: Readonly<Record<string, string>> = {
  '486': 'pentium',
  pentium: 'pentium',
  pentium2: 'pentium3',
  pentium3: 'pentium3',
};
const GENERIC = ['qemu32', 'qemu64', 'kvm32', 'kvm64', 'coreduo', 'core2duo', 'n270', 'athlon', 'base', 'max'];

/** All names that can be given. */
export const CPU_NAMES: readonly string[] = [
  ...new Set([...CPU_MODELS.map((model) => model.name), ...Object.keys(QEMU_NAMES), ...GENERIC]),
];

/**
 * The model of a text like `pentium3,-sse,+x2apic`; the default for no text.
 * @throws RangeError for a name that is not known or a feature that does not begin with + or -
 */
export function selectCpuModel(text?: string): CpuModel {
  if (text === undefined) return DEFAULT_CPU_MODEL;
  const [name = '', ...changes] = text.split(',');
  if (!CPU_NAMES.includes(name)) throw new RangeError(`processor '${name}': not known`);
  const found = CPU_MODELS.find((model) => model.name === (QEMU_NAMES[name] ?? name)) ?? DEFAULT_CPU_MODEL;
  const features = new Set(found.features);
  for (const change of changes) {
    const match = /^(?:([+-])([a-z0-9._-]+)|([a-z0-9._-]+)(?:=([a-z0-9]+))?)$/i.exec(change);
    if (match === null) throw new RangeError(`processor feature '${change}': must be +name, -name or name=value`);
    const [, sign, signed, plain, value] = match;
    if (sign === '-' || value === 'off') features.delete((signed ?? plain) as CpuFeature);
  }
  return { ...found, features };
}
