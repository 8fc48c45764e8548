/** From samples to sums: by category, by region, and by what carried callouts out. Times in milliseconds. */
import type { SampledFrame, Samples } from '../../host/sampler.ts';
import { CATEGORIES, type Category, calloutHandler, categoryOf, regionOf } from './categories.ts';

export interface RegionTime {
  readonly id: number;
  /** In its own code, and with what it called. */
  readonly self: number;
  readonly total: number;
}

export interface Profile {
  readonly total: number;
  readonly samples: number;
  /** In the order of CATEGORIES; zeros are left out. */
  readonly categories: readonly (readonly [Category, number])[];
  /** Most first. */
  readonly regions: readonly RegionTime[];
  readonly handlers: readonly (readonly [string, number])[];
}

/** What a node of the tree stands for; found once a node, not once a sample. */
interface Meaning {
  readonly category: Category;
  /** The innermost region of the stack. */
  readonly region: number | undefined;
  readonly inRegion: boolean;
  readonly handler: string | undefined;
}

function meaningOf(stack: readonly SampledFrame[]): Meaning {
  const category = categoryOf(stack);
  const region = stack.map(regionOf).find((id) => id !== undefined);
  const inRegion = stack[0] !== undefined && regionOf(stack[0]) !== undefined;
  return { category, region, inRegion, handler: category === 'callouts' ? calloutHandler(stack) : undefined };
}

export function profileOf(samples: Samples): Profile {
  const nodes = new Map(samples.nodes.map((node) => [node.id, node]));
  const parents = new Map(samples.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const stackOf = (id: number): SampledFrame[] => {
    const stack: SampledFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const node = nodes.get(at);
      if (node !== undefined && node.callFrame.functionName !== '(root)') stack.push(node.callFrame);
    }
    return stack;
  };
  const meanings = new Map<number, Meaning>();
  const categories = new Map<Category, number>();
  const regions = new Map<number, { self: number; total: number }>();
  const handlers = new Map<string, number>();
  let total = 0;
  for (const [n, id] of samples.samples.entries()) {
    const ms = Math.max(0, samples.timeDeltas[n] ?? 0) / 1000;
    const meaning = meanings.get(id) ?? meaningOf(stackOf(id));
    meanings.set(id, meaning);
    total += ms;
    categories.set(meaning.category, (categories.get(meaning.category) ?? 0) + ms);
    if (meaning.handler !== undefined) handlers.set(meaning.handler, (handlers.get(meaning.handler) ?? 0) + ms);
    if (meaning.region !== undefined) {
      const sums = regions.get(meaning.region) ?? { self: 0, total: 0 };
      sums.total += ms;
      if (meaning.inRegion) sums.self += ms;
      regions.set(meaning.region, sums);
    }
  }
  return {
    total,
    samples: samples.samples.length,
    categories: CATEGORIES.flatMap((name) => (categories.has(name) ? [[name, categories.get(name)!] as const] : [])),
    regions: [...regions].map(([id, sums]) => ({ id, ...sums })).sort((a, b) => b.total - a.total),
    handlers: [...handlers].sort((a, b) => b[1] - a[1]),
  };
}
