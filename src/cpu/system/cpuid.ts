/**
 * CPUID (SDM vol. 2): identity, features, caches, brand, and the leaf by which
 * a guest learns that it runs in a virtual machine.
 */
import type { Cpu } from '../cpu.ts';
import { featureBits, LEAF_EXTENDED, LEAF_STRUCTURED } from '../cpu-features.ts';
import { type CpuModel, signature } from '../cpu-model.ts';
import { EAX, EBX, ECX, EDX } from '../registers.ts';
import { apicEnabled } from './apic-msrs.ts';

/** The time-stamp counter counts at this rate whatever happens: an operating system need not measure it. */
const TSC_HZ = 1_000_000_000;
const HYPERVISOR_LEAF = 0x4000_0000;
/** Frequencies in kHz, as several hypervisors and systems have it: EAX the time-stamp counter's, EBX the local APIC timer's. */
const HYPERVISOR_FREQUENCIES = 0x4000_0010;
const HYPERVISOR_SIGNATURE = 'TransvisorVM';

/** Four characters of `text` from `at` on as a little-endian word, zero-padded. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) if (at + i < text.length) value |= text.charCodeAt(at + i) << (8 * i);
  return value;
}

/** Leaf 4: deterministic cache parameters of 64-byte-line caches. */
function cache(type: number, level: number, ways: number, sets: number): readonly [number, number, number, number] {
  return [type | (level << 5) | (1 << 8), ((ways - 1) << 22) | 63, sets - 1, 0];
}

/** L1 data 32 KB, L1 code 32 KB, L2 512 KB: of the models that have leaf 4. */
const CACHES = [cache(1, 1, 8, 64), cache(2, 1, 8, 64), cache(3, 2, 4, 2048)] as const;
/**
 * What CPUID returns, as EAX, EBX, ECX, EDX in `out`.
 * @param leaf EAX, int32
 * @param subleaf ECX
 */
export function cpuidLeaf(model: CpuModel, leaf: number, subleaf: number, out: Int32Array): void {
  out.fill(0);
  if (leaf >= 0 && leaf >>> 8 === HYPERVISOR_LEAF >>> 8 && model.features.has('hypervisor')) {
    if (leaf === HYPERVISOR_FREQUENCIES) out.set([TSC_HZ / 1000, TSC_HZ / 1000]);
    if (leaf !== HYPERVISOR_LEAF) return;
    out[0] = HYPERVISOR_FREQUENCIES;
    for (let i = 0; i < 3; i++) out[i + 1] = word(HYPERVISOR_SIGNATURE, i * 4);
    return;
  }
  if (leaf < 0 && leaf >>> 0 <= model.lastExtended) extendedLeaf(model, leaf, out);
  // Beyond the last leaf the processor answers with the last basic one.
  else basicLeaf(model, leaf >= 0 && leaf <= model.lastLeaf ? leaf : model.lastLeaf, subleaf, out);
}

function basicLeaf(model: CpuModel, leaf: number, subleaf: number, out: Int32Array): void {
  switch (leaf) {
    case 0:
      out.set([model.lastLeaf, word(model.vendor, 0), word(model.vendor, 8), word(model.vendor, 4)]);
      return;
    case 1:
      // EBX: lines of 64 bytes for CLFLUSH; one logical processor, number 0.
      out.set([
        signature(model),
        model.brandIndex | (model.features.has('clflush') ? (8 << 8) | (1 << 16) : 0),
        featureBits(model.features, 1, 'ecx'),
        featureBits(model.features, 1, 'edx'),
      ]);
      return;
    case 2:
      out.set(model.cacheDescriptors);
      return;
    case 4: {
      const found = subleaf >= 0 && subleaf < CACHES.length ? CACHES[subleaf] : undefined;
      if (found) out.set(found);
      return;
    }
    case 6:
      // The local APIC's timer runs at a constant rate in all states.
      if (model.features.has('apic')) out[0] = 1 << 2;
      return;
    case LEAF_STRUCTURED:
      if (subleaf !== 0) return;
      out[1] = featureBits(model.features, LEAF_STRUCTURED, 'ebx');
      out[2] = featureBits(model.features, LEAF_STRUCTURED, 'ecx');
      return;
    case 0x15:
      // TSC frequency = crystal (ECX, Hz) * EBX / EAX.
      out.set([1, 1, TSC_HZ, 0]);
      return;
    case 0x16:
      // Base and maximum frequency in MHz.
      out.set([TSC_HZ / 1e6, TSC_HZ / 1e6, 0, 0]);
  }
}

function extendedLeaf(model: CpuModel, leaf: number, out: Int32Array): void {
  const number = leaf & 0x7fff_ffff;
  if (number === 0) out[0] = model.lastExtended;
  else if (number === 1) {
    out[2] = featureBits(model.features, LEAF_EXTENDED, 'ecx');
    out[3] = featureBits(model.features, LEAF_EXTENDED, 'edx');
  } else if (number >= 2 && number <= 4)
    for (let i = 0; i < 4; i++) out[i] = word(model.brand, (number - 2) * 16 + i * 4);
  // L2: 512 KB, 4 ways, lines of 64 bytes.
  else if (number === 6) out[2] = (512 << 16) | (4 << 12) | 64;
  // The TSC runs at a constant rate in all states.
  else if (number === 7) out[3] = 1 << 8;
  // 32 bits of physical and of linear address.
  else if (number === 8) out[0] = 0x2020;
}

/** CPUID.1:EDX. */
const FEATURE_APIC = 1 << 9;

const result = new Int32Array(4);

/** CPUID: EAX and ECX say what is asked; EAX, EBX, ECX, EDX take the answer. */
export function cpuid(cpu: Cpu): void {
  const leaf = cpu.gpr[EAX]!;
  cpuidLeaf(cpu.model, leaf, cpu.gpr[ECX]!, result);
  if (leaf === 1 && !apicEnabled(cpu)) result[3]! &= ~FEATURE_APIC;
  cpu.gpr[EAX] = result[0]!;
  cpu.gpr[EBX] = result[1]!;
  cpu.gpr[ECX] = result[2]!;
  cpu.gpr[EDX] = result[3]!;
}
