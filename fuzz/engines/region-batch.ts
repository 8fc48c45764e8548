/**
 * The regions of many cases, translated as one module: compiling dominates where each case has its own. Equal code in equal modes
 * is translated once.
 */

import type { Region } from '../../src/cache/regions.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import { translate } from '../../src/translator/pipeline.ts';
import type { RegionRequest, TranslatedRegion, TranslatorOptions } from '../../src/translator/region.ts';
import { X87_MODULE, x87Module } from '../../src/translator/runtime/x87-module.ts';

/** A region asked for, and what came of it. */
export interface Batched {
  readonly region: Region;
  readonly request: RegionRequest;
  translated: TranslatedRegion | undefined;
  function: (() => void) | undefined;
  /** Why it could not be translated. */
  error: string | undefined;
}

function keyOf({ modeId, blocks, links }: RegionRequest): string {
  let key = `${modeId}`;
  for (const { eip, bytes, tlbWord, tlbWordNext, targets } of blocks)
    key += `;${eip},${tlbWord},${tlbWordNext},${targets},${String.fromCharCode(...bytes)}`;
  for (const { eip, slot, tlbWord } of links) key += `|${eip},${slot},${tlbWord}`;
  return key;
}

export class RegionBatch {
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly imports: WebAssembly.Imports;
  private readonly known = new Map<string, Batched>();
  private pending: Batched[] = [];

  /** @param imports of the engine that will run the regions; the x87 runtime is added when it is wanted */
  constructor(raw: Raw, options: TranslatorOptions, imports: WebAssembly.Imports) {
    this.raw = raw;
    this.options = options;
    this.imports = imports;
  }

  /** Adds a request that the cache has just made, or finds the equal one. */
  add(request: RegionRequest, region: Region): Batched {
    const key = keyOf(request);
    const known = this.known.get(key);
    if (known !== undefined && known.region.physical === region.physical) return known;
    const batched: Batched = { region, request, translated: undefined, function: undefined, error: undefined };
    this.known.set(key, batched);
    this.pending.push(batched);
    return batched;
  }

  /** Regions in it. */
  get size(): number {
    return this.known.size;
  }

  /** Translates what was added. */
  compile(): void {
    const { pending } = this;
    this.pending = [];
    if (pending.length === 0) return;
    const error = this.compileSome(pending);
    if (error === undefined) return;
    // One region must not take others with it.
    for (const one of pending) one.error = pending.length === 1 ? error : this.compileSome([one]);
  }

  /** Forgets all regions. */
  clear(): void {
    this.known.clear();
    this.pending = [];
  }

  /** @returns what went wrong */
  private compileSome(some: readonly Batched[]): string | undefined {
    try {
      const { wasm, regions, x87 } = translate(
        this.raw,
        some.map((b) => b.request),
        this.options,
      );
      if (x87) {
        this.imports[X87_MODULE] ??= new WebAssembly.Instance(x87Module(), this.imports).exports;
      }
      const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
      const { exports } = new WebAssembly.Instance(module, this.imports);
      some.forEach((batched, n) => {
        batched.translated = regions[n];
        batched.function = exports[`r${n}`] as () => void;
      });
      return undefined;
    } catch (error) {
      return String(error).split('\n')[0];
    }
  }
}
