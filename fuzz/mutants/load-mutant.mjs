// Hooks for Node's module loader: one file of the project is read from somewhere else. What imports it, and what
// it imports, stays as it is. Packages are JavaScript: they go past whoever translates TypeScript, which takes seconds.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

let target = '';
let replacement = '';

export function initialize(data) {
  target = data?.target ?? '';
  replacement = data?.replacement ?? '';
}

export async function load(url, context, next) {
  if (url === target) return next(replacement, context);
  if (url.startsWith('file:') && url.includes('/binaryen/') && url.endsWith('.js')) {
    return { format: 'module', source: await readFile(fileURLToPath(url)), shortCircuit: true };
  }
  return next(url, context);
}
