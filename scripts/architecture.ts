// The rule of the house (README.md): an import goes down a floor, never up, and there is no cycle.
//   node --import tsx scripts/architecture.ts      prints what breaks it; status 1 when something does
// Imports of types alone keep to the floors too, but do not make a cycle.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** Other folders of the house, as seen from src; and programs in them that are no part of it, nor of the package. */
const BESIDE = ['../fuzz/', '../bench/', '../guests/linux/'] as const;
const PROGRAMS = /^\.\.\/(fuzz\/(bench\.ts$|mutants\/)|bench\/scripts\/|guests\/linux\/(run|fetch|apt)\.ts$)/;

/** From the top. A file is on the floor of the longest prefix that fits. */
const FLOORS = [
  'cli/',
  '../bench/',
  '../fuzz/',
  'index.ts',
  'host/',
  'vmm/',
  'vmm/devices/',
  'cache/',
  'translator/',
  'interpreter/',
  'decoder/',
  'cpu/',
  '../guests/',
] as const;

/** Imports that the order of the floors allows and the house does not. */
const FORBIDDEN: readonly { readonly from: RegExp; readonly to: RegExp; readonly why: string }[] = [
  { from: /^vmm\/devices\//, to: /^(?!vmm\/devices\/)/, why: 'devices know a bus, a clock and a line, nothing else' },
  { from: /^translator\//, to: /^interpreter\/(semantics|softfloat|alu|flags)/, why: 'the engines share no semantics' },
  { from: /^interpreter\//, to: /^translator\//, why: 'the engines share no semantics' },
  {
    from: /^(?!host\/|cli\/|\.\.\/fuzz\/outside\/|\.\.\/bench\/outside\/|\.\.\/guests\/)/,
    to: /^node:/,
    why: 'node: belongs to src/host, src/cli, fuzz/outside and bench/outside',
  },
  { from: /^(?!\.\.\/fuzz\/)/, to: /^fast-check/, why: 'fast-check belongs to the generators' },
  { from: /^(?!translator\/|cache\/|host\/)/, to: /^binaryen/, why: 'Binaryen belongs to the translator' },
];

export interface Import {
  /** Path below src, or a bare specifier. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const FROM = /^(?:import|export)\b([^;'"]*?)\bfrom\s*['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** All imports of a source text; `file` is its path below src. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const to = specifier.startsWith('.') ? join(dirname(file), specifier).replace(/^\.\.\/src\//, '') : specifier;
    found.push({ to, typeOnly });
  };
  for (const [, clause = '', specifier = ''] of text.matchAll(FROM)) {
    const names = /\{([^}]*)\}/.exec(clause)?.[1];
    const onlyTypes = names?.split(',').every((n) => n.trim() === '' || /^\s*type\s/.test(n));
    add(specifier, /^\s*type\b/.test(clause) || (onlyTypes === true && /^\s*\{/.test(clause)));
  }
  for (const [, specifier = ''] of text.matchAll(SIDE_EFFECT)) add(specifier, false);
  // A lazy import is still a dependency, only not one at load time: no cycle by itself.
  for (const [, specifier = ''] of text.matchAll(DYNAMIC)) add(specifier, true);
  return found;
}

function floorOf(path: string): number {
  let best = -1;
  for (const [index, floor] of FLOORS.entries()) {
    if (path.startsWith(floor) && (best < 0 || floor.length > (FLOORS[best] ?? '').length)) best = index;
  }
  return best;
}

/** What is wrong, one line each. `files` maps paths below src to their text. */
export function checkArchitecture(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of files) {
    const floor = floorOf(file);
    if (floor < 0) problems.push(`${file}: on no floor of the house`);
    const edges: string[] = [];
    graph.set(file, edges);
    for (const { to, typeOnly } of importsOf(file, text)) {
      for (const rule of FORBIDDEN) {
        if (rule.from.test(file) && rule.to.test(to)) problems.push(`${file} imports ${to}: ${rule.why}`);
      }
      if (!files.has(to)) {
        if (/\.ts$/.test(to) && !to.startsWith('node:')) problems.push(`${file} imports ${to}: no such file in src`);
        continue;
      }
      // The processor's state is described with the decoder's types, never with its code.
      const described = typeOnly && file.startsWith('cpu/') && to.startsWith('decoder/');
      if (floorOf(to) < floor && !described) problems.push(`${file} imports ${to}: that is a floor up`);
      if (!typeOnly) edges.push(to);
    }
  }
  return [...problems, ...cycles(graph)];
}

/** One line for each cycle met by a depth-first search. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(`cycle: ${[...path.slice(at), file].join(' -> ')}`);
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

/** The sources of this checkout, by their paths as seen from src. */
export function readSources(folder = SOURCE): Map<string, string> {
  const files = new Map<string, string>();
  for (const part of ['.', ...BESIDE]) {
    for (const entry of readdirSync(join(folder, part), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path);
      if (!PROGRAMS.test(name)) files.set(name, readFileSync(path, 'utf8'));
    }
  }
  return files;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const problems = checkArchitecture(readSources());
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'the house stands\n' : '');
  process.exitCode = problems.length === 0 ? 0 : 1;
}
