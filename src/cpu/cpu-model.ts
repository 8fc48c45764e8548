/** What a processor model is: who it says it is, which features it has, and what its caches are. */
import type { CpuFeature } from './cpu-features.ts';

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
  /** Number by which CPUID leaf 1 names the brand where there is no string; 0 = none. */
  readonly brandIndex: number;
  readonly features: ReadonlySet<CpuFeature>;
  /** Last basic leaf of CPUID. */
  readonly lastLeaf: number;
  /** Last extended leaf, or 0: there is none. */
  readonly lastExtended: number;
  /** Leaf 2: EAX, EBX, ECX and EDX. */
  readonly cacheDescriptors: readonly [number, number, number, number];
}

/** CPUID.1:EAX: family, model, stepping; also EDX after reset. */
export function signature(model: CpuModel): number {
  const family = Math.min(model.family, 15);
  const extendedFamily = model.family - family;
  return (
    model.stepping | ((model.model & 15) << 4) | (family << 8) | ((model.model >>> 4) << 16) | (extendedFamily << 20)
  );
}
