/**
 * CPUID (SDM vol. 2): identity, features, caches, brand, and the leaf by which
 * a guest learns that it runs in a virtual machine.
 */
import type { Cpu } from '../cpu.ts';
import type { CpuModel } from '../cpu-model.ts';
import { featureBits, signature } from '../cpu-model.ts';
import { EAX, EBX, ECX, EDX } from '../registers.ts';

const MAX_BASIC = 0x16;
/** The time-stamp counter counts at this rate whatever happens: an operating system need not measure it. */
const TSC_HZ = 1_000_000_000;
const MAX_EXTENDED = 0x8000_0008 | 0;
const HYPERVISOR_LEAF = 0x4000_0000;
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

/** L1 data 32 KB, L1 code 32 KB, L2 512 KB; the descriptors of leaf 2 say the same. */
const CACHES = [cache(1, 1, 8, 64), cache(2, 1, 8, 64), cache(3, 2, 4, 2048)] as const;
/** TLBs 01 (code, 4 KB, 32 entries), 03 (data, 4 KB, 64), 04 (data, 4 MB, 8); caches 2C, 30, 86. */
const CACHE_DESCRIPTORS: readonly [number, number, number, number] = [0x0403_0101, 0, 0, 0x002c_3086];

/**
 * What CPUID returns, as EAX, EBX, ECX, EDX in `out`.
 * @param leaf EAX, int32
 * @param subleaf ECX
 */
export function cpuidLeaf(model: CpuModel, leaf: number, subleaf: number, out: Int32Array): void {
  out.fill(0);
  if (leaf >= 0 && leaf >>> 8 === HYPERVISOR_LEAF >>> 8 && model.features.has('hypervisor')) {
    if (leaf !== HYPERVISOR_LEAF) return;
    out[0] = HYPERVISOR_LEAF;
    for (let i = 0; i < 3; i++) out[i + 1] = word(HYPERVISOR_SIGNATURE, i * 4);
    return;
  }
  if (leaf < 0 && leaf <= MAX_EXTENDED) extendedLeaf(model, leaf, out);
  // Beyond the last leaf the processor answers with the last basic one.
  else basicLeaf(model, leaf >= 0 && leaf <= MAX_BASIC ? leaf : MAX_BASIC, subleaf, out);
}

function basicLeaf(model: CpuModel, leaf: number, subleaf: number, out: Int32Array): void {
  switch (leaf) {
    case 0:
      out.set([MAX_BASIC, word(model.vendor, 0), word(model.vendor, 8), word(model.vendor, 4)]);
      return;
    case 1:
      // EBX: lines of 64 bytes for CLFLUSH; one logical processor, number 0.
      out.set([
        signature(model),
        (model.features.has('clflush') ? 8 << 8 : 0) | (1 << 16),
        featureBits(model, 1, 'ecx'),
        featureBits(model, 1, 'edx'),
      ]);
      return;
    case 2:
      out.set(CACHE_DESCRIPTORS);
      return;
    case 4: {
      const found = subleaf >= 0 && subleaf < CACHES.length ? CACHES[subleaf] : undefined;
      if (found) out.set(found);
      return;
    }
    case 7:
      // IA32_TSC_ADJUST is there, by which an operating system sees that nobody tampers with the TSC.
      if (subleaf === 0 && model.features.has('tsc')) out[1] = 1 << 1;
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
  if (number === 0) out[0] = MAX_EXTENDED;
  else if (number === 1) out[3] = featureBits(model, 0x8000_0001, 'edx');
  else if (number >= 2 && number <= 4)
    for (let i = 0; i < 4; i++) out[i] = word(model.brand, (number - 2) * 16 + i * 4);
  // L2: 512 KB, 4 ways, lines of 64 bytes.
  else if (number === 6) out[2] = (512 << 16) | (4 << 12) | 64;
  // The TSC runs at a constant rate in all states.
  else if (number === 7) out[3] = 1 << 8;
  // 32 bits of physical and of linear address.
  else if (number === 8) out[0] = 0x2020;
}

const result = new Int32Array(4);

/** CPUID: EAX and ECX say what is asked; EAX, EBX, ECX, EDX take the answer. */
export function cpuid(cpu: Cpu): void {
  cpuidLeaf(cpu.model, cpu.gpr[EAX]!, cpu.gpr[ECX]!, result);
  cpu.gpr[EAX] = result[0]!;
  cpu.gpr[EBX] = result[1]!;
  cpu.gpr[ECX] = result[2]!;
  cpu.gpr[EDX] = result[3]!;
}
