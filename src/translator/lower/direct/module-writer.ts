/** Writes a module around functions whose code is there already (core specification 5.5). */
import { IMPORT_MEMORY, IMPORT_MODULE } from '../../abi.ts';
import { WASM_HEADER } from '../../runtime/wasm-bytes.ts';
import { ByteSink } from './byte-sink.ts';

export interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** A function without parameters and results. */
export interface ModuleFunction {
  /** Its name in the name section, if it has one. */
  readonly name: string | undefined;
  readonly exported: string | undefined;
  /** Types of its locals. */
  readonly locals: readonly number[];
  /** Where its code is. */
  readonly from: number;
  readonly to: number;
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const END = 0x0b;
const FUNCTION = 0;
const MEMORY = 2;
const NO_MAXIMUM = 0;
const utf8 = new TextEncoder();

function text(out: ByteSink, s: string): void {
  const bytes = utf8.encode(s);
  out.unsigned(bytes.length);
  out.append(bytes);
}

function section(out: ByteSink, id: number, write: (body: ByteSink) => void): void {
  const body = new ByteSink();
  write(body);
  out.byte(id);
  out.unsigned(body.length);
  out.append(body.view());
}

/** Locals in runs of one type. */
function localRuns(locals: readonly number[]): [count: number, type: number][] {
  const runs: [number, number][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  return runs;
}

/** Function types, each once. Number 0 is that of the module's own functions. */
class Types {
  private readonly known = new Map<string, number>();
  readonly all: (readonly (readonly number[])[])[] = [];

  constructor() {
    this.number([], []);
  }

  number(params: readonly number[], results: readonly number[]): number {
    const key = `${params} -> ${results}`;
    let n = this.known.get(key);
    if (n === undefined) {
      n = this.all.push([params, results]) - 1;
      this.known.set(key, n);
    }
    return n;
  }
}

/** The module's bytes. `code` holds the functions' code, without locals and end. */
export function moduleBytes(
  imports: readonly FunctionImport[],
  functions: readonly ModuleFunction[],
  code: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const types = new Types();
  const importTypes = imports.map((i) => types.number(i.params, i.results));
  const out = new ByteSink();
  out.append(WASM_HEADER);
  section(out, SECTION.type, (s) => {
    s.unsigned(types.all.length);
    for (const type of types.all) {
      s.byte(0x60);
      for (const list of type) {
        s.unsigned(list.length);
        s.append(list);
      }
    }
  });
  section(out, SECTION.import, (s) => {
    s.unsigned(imports.length + 1);
    text(s, IMPORT_MODULE);
    text(s, IMPORT_MEMORY);
    s.byte(MEMORY);
    s.byte(NO_MAXIMUM);
    s.unsigned(0);
    imports.forEach((i, n) => {
      text(s, i.module);
      text(s, i.name);
      s.byte(FUNCTION);
      s.unsigned(importTypes[n]!);
    });
  });
  section(out, SECTION.function, (s) => {
    s.unsigned(functions.length);
    for (let n = 0; n < functions.length; n++) s.byte(0);
  });
  section(out, SECTION.export, (s) => {
    s.unsigned(functions.filter((f) => f.exported !== undefined).length);
    functions.forEach((f, n) => {
      if (f.exported === undefined) return;
      text(s, f.exported);
      s.byte(FUNCTION);
      s.unsigned(imports.length + n);
    });
  });
  section(out, SECTION.code, (s) => {
    s.unsigned(functions.length);
    for (const f of functions) writeFunction(s, f, code);
  });
  if (functions.some((f) => f.name !== undefined)) writeNames(out, imports.length, functions);
  return out.take();
}

function writeFunction(out: ByteSink, { locals, from, to }: ModuleFunction, code: Uint8Array): void {
  const head = new ByteSink(16);
  const runs = localRuns(locals);
  head.unsigned(runs.length);
  for (const [count, type] of runs) {
    head.unsigned(count);
    head.byte(type);
  }
  out.unsigned(head.length + to - from + 1);
  out.append(head.view());
  out.append(code.subarray(from, to));
  out.byte(END);
}

/** The names of functions, for debuggers and profilers (core specification, appendix "Name section"). */
function writeNames(out: ByteSink, imported: number, functions: readonly ModuleFunction[]): void {
  section(out, SECTION.custom, (s) => {
    text(s, 'name');
    section(s, 1, (names) => {
      const named = functions.filter((f) => f.name !== undefined);
      names.unsigned(named.length);
      functions.forEach((f, n) => {
        if (f.name === undefined) return;
        names.unsigned(imported + n);
        text(names, f.name);
      });
    });
  });
}
