/**
 * The function table of all regions, and the hub: the one module that imports
 * it. Modules of regions tail-call the hub's `dispatch` instead, because Node 20
 * keeps a copy of a table for every instance that imports it (1.5 MB each at
 * this size: two gigabytes for the thousand modules of a Linux boot). The first places
 * are stubs that return to the dispatcher.
 */
import * as abi from '../translator/abi.ts';
import { name, section, signed, unsigned, vector, WASM_HEADER } from '../translator/runtime/wasm-bytes.ts';

/** Regions that fit; allocated once, because growing a table costs time for every module that imports it. */
export const TABLE_SIZE = 1 << 16;

export class FunctionTable {
  private readonly table: WebAssembly.Table;
  /** The hub's function, for modules to import: runs the region at an index. */
  readonly dispatch: (index: number) => void;
  /** Carries out the instruction in TRANSITION, and tells the place of what comes then. */
  transition: () => number = () => abi.SLOT_LEAVE;
  private next = abi.FIRST_REGION_SLOT;
  private readonly free: number[] = [];

  constructor(memory: WebAssembly.Memory) {
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE, maximum: TABLE_SIZE });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(hubModule()), {
      [abi.IMPORT_MODULE]: {
        [abi.IMPORT_MEMORY]: memory,
        [abi.IMPORT_TABLE]: this.table,
        [abi.IMPORT_TRANSITION]: () => this.transition(),
      },
    });
    this.dispatch = instance.exports.dispatch as (index: number) => void;
  }

  /** Runs the region at a table index, and those chained to it, until one leaves. */
  call(index: number): void {
    this.dispatch(index);
  }

  /**
   * Puts a region's function into a free place. Only between regions.
   * @returns its index; undefined when the table is full
   */
  add(region: () => void): number | undefined {
    const index = this.free.pop() ?? (this.next < TABLE_SIZE ? this.next++ : undefined);
    if (index !== undefined) this.table.set(index, region);
    return index;
  }

  /** Gives a place back: its region is gone. It is taken again only by `add`. */
  remove(index: number): void {
    this.free.push(index);
  }

  /** Places that are not free, stubs included. */
  get used(): number {
    return this.next - this.free.length;
  }

  /** Empties the table, so that modules nobody uses can be collected. */
  clear(): void {
    for (let n = abi.FIRST_REGION_SLOT; n < this.next; n++) this.table.set(n, null);
    this.next = abi.FIRST_REGION_SLOT;
    this.free.length = 0;
  }
}

/**
 * The hub, written by hand so that Binaryen is not needed for it:
 *
 *     (func $transition (import))
 *     (func $dispatch (param i32) (return_call_indirect (local.get 0)))
 *     (func $branch (i32.store EXIT_REASON EXIT_BRANCH))               ;; table index SLOT_BRANCH
 *     (func $leave)                                                    ;; table index SLOT_LEAVE
 *     (func $stub (return_call_indirect (call $transition)))           ;; table index SLOT_TRANSITION
 */
function hubModule(): Uint8Array<ArrayBuffer> {
  const imported = (field: string, ...kind: number[]) => [...name(abi.IMPORT_MODULE), ...name(field), ...kind];
  const body = (...code: number[]) => [...unsigned(code.length + 2), 0, ...code, 0x0b];
  return new Uint8Array([
    ...WASM_HEADER,
    // Types: () -> (), (i32) -> (), () -> i32.
    ...section(1, [3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 0, 1, 0x7f]),
    ...section(
      2,
      vector([
        imported(abi.IMPORT_MEMORY, 2, 0, 0),
        imported(abi.IMPORT_TABLE, 1, 0x70, 0, 0),
        imported(abi.IMPORT_TRANSITION, 0, 2),
      ]),
    ),
    ...section(3, [4, 1, 0, 0, 0]),
    ...section(7, vector([[...name('dispatch'), 0, 1]])),
    ...section(9, [1, 0, 0x41, 0, 0x0b, 3, 2, 3, 4]),
    ...section(
      10,
      vector([
        body(0x20, 0, 0x13, 0, 0),
        body(0x41, 0, 0x41, ...signed(abi.EXIT_BRANCH), 0x36, 2, ...unsigned(abi.EXIT_REASON)),
        body(),
        body(0x10, 0, 0x13, 0, 0),
      ]),
    ),
  ]);
}
