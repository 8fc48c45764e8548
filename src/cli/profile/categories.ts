/**
 * From a stack of functions to what the monitor was doing. The rules go by the file a function is in; the first
 * that fits decides, so what is nearer to the point stands above.
 */
import type { SampledFrame } from '../../host/sampler.ts';

export const CATEGORIES = [
  'translated code',
  'lazy flags',
  'interpreted',
  'callouts',
  'TLB misses and slow paths',
  'devices',
  'events delivered',
  'dispatcher and vCPU loop',
  'forming and publishing regions',
  'translating',
  'compiling',
  'waiting for the compiler',
  'garbage collection',
  'idle',
  'host',
] as const;
export type Category = (typeof CATEGORIES)[number];

const REGION = /^region(\d+)$/;
const OF_CALLOUTS = new Set(['callout', 'stepFor', 'leaveCold']);
const OF_FORMING = new Set(['hot', 'push', 'flush', 'collect', 'publish', 'interpreted']);

/** The number of the region whose function this is; undefined for any other. */
export function regionOf(frame: SampledFrame): number | undefined {
  const match = frame.url.startsWith('wasm:') ? REGION.exec(frame.functionName) : null;
  return match === null ? undefined : Number(match[1]);
}

/** The path below src, without its ending: `vmm/devices/pic`; a package's name; '' for V8's own. */
export function fileOf({ url }: SampledFrame): string {
  const own = /\/src\/([\w/-]+)\.[jt]s$/.exec(url)?.[1];
  if (own !== undefined) return own;
  return /node_modules\/([\w-]+)/.exec(url)?.[1] ?? url.split(':')[0] ?? '';
}

type Rule = (files: readonly string[], stack: readonly SampledFrame[]) => boolean;

function anyFile(pattern: RegExp): Rule {
  return (files) => files.some((file) => pattern.test(file));
}

function anyOf(file: string, names: ReadonlySet<string>): Rule {
  return (files, stack) => files.some((f, n) => f === file && names.has(stack[n]!.functionName));
}

const ENGINE = 'vmm/translating-engine';
const RULES: readonly (readonly [Category, Rule])[] = [
  ['idle', (_, [leaf]) => leaf?.functionName === '(idle)'],
  ['garbage collection', (_, [leaf]) => leaf?.functionName === '(garbage collector)'],
  ['devices', anyFile(/^vmm\/(devices\/|platform$)/)],
  [
    'waiting for the compiler',
    (files, stack) => files.some((f, n) => f === 'host/worker-compiler' && stack[n]!.functionName === 'wait'),
  ],
  ['translating', anyFile(/^(translator\/(pipeline|lift|lower|passes|structure)|binaryen)/)],
  ['compiling', (files, [leaf]) => leaf?.functionName === 'Module' || files.includes('cache/inline-compiler')],
  ['forming and publishing regions', anyFile(/^(vmm\/compile-queue|cache\/region-former|host\/worker-compiler)$/)],
  ['forming and publishing regions', anyOf(ENGINE, OF_FORMING)],
  ['TLB misses and slow paths', anyFile(/^(vmm\/slow-paths|cpu\/paging)$/)],
  ['callouts', anyOf(ENGINE, OF_CALLOUTS)],
  ['lazy flags', (files) => files[0] === 'translator/lazy-flags'],
  ['interpreted', anyFile(/^interpreter\//)],
  ['translated code', (_, stack) => stack.some((frame) => frame.url.startsWith('wasm:'))],
  ['translated code', (_, [leaf]) => /^(wasm-to-js|js-to-wasm)\b/.test(leaf?.functionName ?? '')],
  ['events delivered', anyFile(/^cpu\//)],
  ['dispatcher and vCPU loop', anyFile(/^(vmm|cache|translator)\//)],
];

/** @param stack from the function that was running to the outermost */
export function categoryOf(stack: readonly SampledFrame[]): Category {
  const files = stack.map(fileOf);
  return RULES.find(([, fits]) => fits(files, stack))?.[0] ?? 'host';
}

/** Of a callout: what is neither of src/interpreter/semantics nor of src/cpu/system. */
const AROUND = '(finding, entering and leaving)';

/**
 * What carries a callout out: the outermost function of src/interpreter/semantics or src/cpu/system. Where it has no
 * name (tsx takes those of arrow functions away), the first one that it calls.
 */
export function calloutHandler(stack: readonly SampledFrame[]): string {
  for (let n = stack.length - 1; n >= 0; n--) {
    const match = /^(?:interpreter\/semantics|cpu\/system)\/([\w/-]+)$/.exec(fileOf(stack[n]!));
    if (match === null) continue;
    const named = stack.slice(0, n + 1).findLast((frame) => frame.functionName !== '');
    return named === undefined ? match[1]! : `${match[1]}: ${named.functionName}`;
  }
  return AROUND;
}
