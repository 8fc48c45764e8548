/**
 * Makes the WebAssembly text of a region readable: one expression a line where
 * it fits, locals by the names of what they hold, state words with a comment that
 * names them. What comes out is still WebAssembly text.
 */
import * as locals from './lower/locals.ts';
import { stateName } from './print-ir.ts';

const WIDTH = 110;

/** Locals with a fixed meaning by their numbers: registers, then those that lower/locals.ts names. */
const FIXED: ReadonlyMap<number, string> = new Map([
  ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'].map((name, n) => [n, name] as const),
  ...Object.entries(locals).flatMap(([name, n]) =>
    typeof n === 'number' && !name.startsWith('FIRST_')
      ? [[n, name.replace(/_LOCAL$/, '').toLowerCase()] as const]
      : [],
  ),
]);
/** The others begin here. */
const FIRST_OTHER = Math.max(...FIXED.keys()) + 1;

type Node = string | readonly Node[];

/** Reads one parenthesised expression. */
function parse(text: string): Node {
  const stack: Node[][] = [[]];
  for (const [token] of text.matchAll(/[()]|"(?:[^"\\]|\\.)*"|[^\s()]+/g)) {
    if (token === '(') {
      stack.push([]);
    } else if (token === ')') {
      const done = stack.pop()!;
      stack.at(-1)!.push(done);
    } else {
      stack.at(-1)!.push(token);
    }
  }
  return stack[0]![0]!;
}

function localName(token: string): string {
  const match = /^\$(\d+)$/.exec(token);
  if (!match) return token;
  const n = Number(match[1]);
  return `$${FIXED.get(n) ?? `v${n - FIRST_OTHER}`}`;
}

/** Whether a node is the constant 0, the base of all accesses to the state. */
function isZero(node: Node | undefined): boolean {
  return Array.isArray(node) && node[0] === 'i32.const' && node[1] === '0';
}

function named(node: Node): Node {
  if (typeof node === 'string') return localName(node);
  const out = node.map(named);
  const offset = /^offset=(\d+)$/.exec(String(node[1]));
  if (offset && isZero(node[2])) {
    const name = stateName(Number(offset[1]));
    if (!name.startsWith('state[')) out.splice(2, 0, `(;${name};)`);
  }
  return out;
}

function flat(node: Node): string {
  return typeof node === 'string' ? node : `(${node.map(flat).join(' ')})`;
}

function write(node: Node, indent: number, lines: string[]): void {
  const pad = ' '.repeat(indent);
  const whole = flat(node);
  if (
    typeof node === 'string' ||
    (indent + whole.length <= WIDTH && !/^\((block|loop|then|else|if|func)\b/.test(whole))
  ) {
    lines.push(pad + whole);
    return;
  }
  // Words stay with the operator; each operand gets a line.
  const words = node.findIndex((child) => typeof child !== 'string');
  const head = words < 0 ? node : node.slice(0, words);
  lines.push(`${pad}(${head.join(' ')}`);
  for (const child of words < 0 ? [] : node.slice(words)) write(child, indent + 2, lines);
  lines[lines.length - 1] += ')';
}

/** The text of a function, laid out anew. @param text one `(func ...)` as Binaryen prints it */
export function layOutFunction(text: string): string {
  const tree = parse(text);
  if (typeof tree === 'string') return text;
  const lines: string[] = [];
  // The locals are all i32 unless they say otherwise: as one line.
  const declared = tree.filter((child): child is readonly Node[] => Array.isArray(child) && child[0] === 'local');
  const others = declared.filter((local) => local[2] !== 'i32').map((local) => flat(named(local)));
  lines.push(`${tree.filter((c) => typeof c === 'string').join(' ')} ;; ${declared.length} locals`.replace(/^/, '('));
  for (const local of others) lines.push(`  ${local}`);
  for (const child of tree) {
    if (typeof child === 'string' || child[0] === 'local') continue;
    write(named(child), 2, lines);
  }
  lines[lines.length - 1] += ')';
  return lines.join('\n');
}
