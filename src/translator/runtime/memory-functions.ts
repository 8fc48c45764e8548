/**
 * Memory accesses as functions, for the low tier: each looks its delta table up and calls a slow path where that does
 * not serve the access, as the high tier does inline. One small module a machine, written by hand.
 */
import * as L from '../../cpu/layout.ts';
import { IMPORT_MEMORY, IMPORT_MODULE } from '../abi.ts';
import { name, section, signed, unsigned, vector, WASM_HEADER } from './wasm-bytes.ts';

const SIZES = [1, 2, 4] as const;
const LEVELS = [
  { level: 'Supervisor', read: L.DELTA_READ_SUPERVISOR, write: L.DELTA_WRITE_SUPERVISOR },
  { level: 'User', read: L.DELTA_READ_USER, write: L.DELTA_WRITE_USER },
] as const;

/** Name of the function that loads or stores `size` bytes. */
export function memoryFunction(kind: 'load' | 'store', user: boolean, size: number): string {
  return `${kind}${user ? 'User' : 'Supervisor'}${size}`;
}

const I32 = 0x7f;
const GET = 0x20;
const TEE = 0x22;
const CONST = 0x41;
const AND = 0x71;
const OR = 0x72;
const ADD = 0x6a;
const SHR_U = 0x76;
const END = 0x0b;
const LOADS = { 1: 0x2d, 2: 0x2f, 4: 0x28 } as const;
const STORES = { 1: 0x3a, 2: 0x3b, 4: 0x36 } as const;
const ALIGN = { 1: 0, 2: 1, 4: 2 } as const;

/** The condition under which the fast path does not serve; the delta is in `local` then. */
function lookUp(table: number, size: number, local: number): number[] {
  const index = [GET, 0, CONST, 10, SHR_U, CONST, ...signed(0x3f_fffc), AND];
  const delta = [...index, 0x28, 2, ...unsigned(table), TEE, local];
  return size === 1 ? [...delta, CONST, 1, AND] : [...delta, GET, 0, OR, CONST, size - 1, AND];
}

function body(code: readonly number[]): number[] {
  // One local, the delta.
  const all = [1, 1, I32, ...code, END];
  return [...unsigned(all.length), ...all];
}

function load(table: number, size: 1 | 2 | 4, slow: number): number[] {
  const fast = [GET, 0, GET, 1, ADD, LOADS[size], ALIGN[size], 0];
  return body([...lookUp(table, size, 1), 0x04, I32, GET, 0, 0x10, slow, 0x05, ...fast, END]);
}

function store(table: number, size: 1 | 2 | 4, slow: number): number[] {
  const fast = [GET, 0, GET, 2, ADD, GET, 1, STORES[size], ALIGN[size], 0, CONST, 0];
  return body([...lookUp(table, size, 2), 0x04, I32, GET, 0, GET, 1, 0x10, slow, 0x05, ...fast, END]);
}

/** The slow paths that the module imports: functions 0 to 5. */
const SLOW = ['read8', 'read16', 'read32', 'write8', 'write16', 'write32'] as const;
/** Types: (i32) -> i32, (i32, i32) -> i32. */
const TYPES = [
  [0x60, 1, I32, 1, I32],
  [0x60, 2, I32, I32, 1, I32],
];

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const functions = LEVELS.flatMap(({ level, read, write }) => [
    ...SIZES.map((size, n) => ({ name: `load${level}${size}`, type: 0, code: load(read, size, n) })),
    ...SIZES.map((size, n) => ({ name: `store${level}${size}`, type: 1, code: store(write, size, 3 + n) })),
  ]);
  const imports = [
    ...SLOW.map((slow, n) => [...name(IMPORT_MODULE), ...name(slow), 0, n < 3 ? 0 : 1]),
    [...name(IMPORT_MODULE), ...name(IMPORT_MEMORY), 2, 0, 0],
  ];
  return new Uint8Array([
    ...WASM_HEADER,
    ...section(1, vector(TYPES)),
    ...section(2, vector(imports)),
    ...section(3, vector(functions.map(({ type }) => [type]))),
    ...section(7, vector(functions.map((f, n) => [...name(f.name), 0, SLOW.length + n]))),
    ...section(10, vector(functions.map(({ code }) => code))),
  ]);
}

let compiled: WebAssembly.Module | undefined;

/** The functions for one machine. @param imports what regions import of that machine: its memory and the slow paths */
export function memoryFunctions(imports: WebAssembly.ModuleImports): WebAssembly.ModuleImports {
  compiled ??= new WebAssembly.Module(moduleBytes());
  return new WebAssembly.Instance(compiled, { [IMPORT_MODULE]: imports }).exports as WebAssembly.ModuleImports;
}
