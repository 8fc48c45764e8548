/**
 * The translator's intermediate representation: what a guest basic block does
 * to registers, flags and memory, as statements over small expression trees.
 *
 * What holds: temporaries live within one guest instruction only. Within an
 * instruction every statement that can leave the region (load, store, guard)
 * comes before the first register or flag write, so leaving there is leaving
 * before the instruction. docs/ir.md specifies each operation.
 */

export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr'
  | 'sar'
  | 'rotl'
  | 'rotr'
  | 'eq'
  | 'ne'
  | 'ltu'
  | 'lts'
  | 'leu'
  | 'les'
  | 'gtu'
  | 'gts'
  | 'geu'
  | 'ges'
  | 'divu'
  | 'remu';
export type UnaryOp = 'clz' | 'ctz' | 'popcnt' | 'eqz' | 'sext8' | 'sext16';

/** 64-bit helpers whose 32-bit parts the IR uses: high half of products, quotient and remainder of 64/32 divisions. */
export type WideOp = 'mulhu' | 'mulhs' | 'divu64' | 'remu64' | 'divs64' | 'rems64';

/** Types of values wider than the 32-bit ones of all other expressions. */
export type WideType = 'v128' | 'f64' | 'f32' | 'i64';

/** Functions on 80-bit numbers that x87 statements call: runtime/x87-module.ts. */
export type NumberFunction =
  | 'add'
  | 'mul'
  | 'div'
  | 'sqrt'
  | 'rint'
  | 'fromInt'
  | 'toF32'
  | 'toF64'
  | 'toInt'
  | 'compare'
  | 'examine';

export type Expr =
  | { readonly k: 'const'; readonly value: number }
  | { readonly k: 'reg'; readonly r: number }
  | { readonly k: 'tmp'; readonly id: number }
  | { readonly k: 'bin'; readonly op: BinaryOp; readonly a: Expr; readonly b: Expr }
  | { readonly k: 'un'; readonly op: UnaryOp; readonly a: Expr }
  | { readonly k: 'wide'; readonly op: WideOp; readonly high: Expr; readonly low: Expr; readonly b: Expr }
  | { readonly k: 'select'; readonly c: Expr; readonly a: Expr; readonly b: Expr }
  /** Condition code 0..15 of the flags as they are at this statement: 0 or 1. */
  | { readonly k: 'cond'; readonly cc: number }
  /** All six status flags in EFLAGS positions. */
  | { readonly k: 'flags' }
  /** A 32-bit word of the vCPU state (offset in the layout). */
  | { readonly k: 'state'; readonly offset: number }
  /** An XMM register, v128. */
  | { readonly k: 'xmm'; readonly r: number }
  /** Two words of the vCPU state (an MMX register) as the low half of a v128, zeros above. */
  | { readonly k: 'state64'; readonly offset: number }
  /** The x87 status word, TOP included. */
  | { readonly k: 'fstatus' }
  /** A temporary of another type than i32. */
  | { readonly k: 'wtmp'; readonly id: number; readonly type: WideType }
  /** A WebAssembly instruction by Binaryen's name (`f64x2.add`); types as it wants them. `imm`: lane, mask or constant. */
  | {
      readonly k: 'op';
      readonly op: string;
      readonly args: readonly Expr[];
      readonly imm?: number | readonly number[];
    };

export type Stmt =
  | { readonly k: 'tmp'; readonly id: number; e: Expr }
  | { readonly k: 'reg'; readonly r: number; e: Expr }
  | { readonly k: 'state'; readonly offset: number; e: Expr }
  /** Reads memory, zero-extended, or sign-extended where `signed`. */
  | { readonly k: 'load'; readonly id: number; readonly size: number; readonly signed: boolean; addr: Expr }
  | { readonly k: 'store'; readonly size: number; addr: Expr; value: Expr }
  /** Read for a read-modify-write: checked as a write; `host` takes the host address or 0. */
  | { readonly k: 'rmwload'; readonly id: number; readonly host: number; readonly size: number; addr: Expr }
  /** The write that belongs to the last rmwload of the same `host`. */
  | { readonly k: 'rmwstore'; readonly host: number; readonly size: number; addr: Expr; value: Expr }
  /** Where `e` is not zero, and `unless` (evaluated only then) is, the instruction is left to the interpreter. */
  | { readonly k: 'guard'; e: Expr; unless?: Expr }
  | { readonly k: 'wtmp'; readonly id: number; readonly type: WideType; e: Expr }
  /** Writes an XMM register. */
  | { readonly k: 'xmm'; readonly r: number; e: Expr }
  /** Writes the low half of a v128 to two words of the state. */
  | { readonly k: 'state64'; readonly offset: number; e: Expr }
  /**
   * Reads 4, 8 or 16 bytes into a v128 temporary, zeros above. `aligned`: another address than a multiple of the size is
   * left to the interpreter.
   */
  | { readonly k: 'vload'; readonly id: number; readonly size: number; readonly aligned: boolean; addr: Expr }
  /** Writes the lowest 4, 8 or all 16 bytes of a v128, or nothing where any of them cannot be written. */
  | { readonly k: 'vstore'; readonly size: number; readonly aligned: boolean; addr: Expr; value: Expr }
  /**
   * x87. A number is two values: significand (i64), and a word with sign and exponent in its low 16 bits. st(n) counts
   * from TOP as it is at the statement. Leaves where a register of `used` (bit n: st(n)) is empty or one of `free` is
   * not, and, where `pending`, when an exception is pending.
   */
  | { readonly k: 'fcheck'; readonly used: number; readonly free: number; readonly pending: boolean }
  /** Reads st(n) into an i64 and an i32 temporary. */
  | { readonly k: 'fget'; readonly st: number; readonly s: number; readonly w: number }
  /** Writes st(n), not its tag. */
  | { readonly k: 'fput'; readonly st: number; s: Expr; w: Expr }
  | { readonly k: 'ftag'; readonly st: number; readonly empty: boolean }
  /** Moves TOP: 1 as a pop does, -1 as a push. */
  | { readonly k: 'fmove'; readonly by: 1 | -1 }
  /** Status word: clears, then sets bits. */
  | { readonly k: 'fstatus'; readonly clear: number; set?: Expr }
  /** Calls a function: its number goes to temporaries `s` and `w`, its one i32 result to `w`. */
  | { readonly k: 'fcall'; readonly fn: NumberFunction; readonly s: number; readonly w: number; args: readonly Expr[] }
  /**
   * The bits (i64) of a single or double as a number. The word reports DE for a denormal; it is negative for a NaN, and
   * for a denormal where DE is not masked.
   */
  | { readonly k: 'fwiden'; readonly size: 4 | 8; readonly s: number; readonly w: number; e: Expr }
  /** Reads 8 bytes into an i64 temporary, or 10, the last two into the i32 temporary `w`. */
  | { readonly k: 'fload'; readonly size: 8 | 10; readonly s: number; readonly w: number; addr: Expr }
  | { readonly k: 'fstore'; readonly size: 8 | 10; addr: Expr; s: Expr; w: Expr }
  /** New status flags; `kind` and which operands count are in abi.ts. */
  | { readonly k: 'flags'; readonly kind: number; readonly size: number; a?: Expr; b?: Expr; r?: Expr; c?: Expr }
  /** Replaces CF and/or OF (values 0 or 1), keeping the other flags. */
  | { readonly k: 'override'; cf?: Expr; of?: Expr }
  /** Flags change only where `e` is not zero: to the state that `then` describes. */
  | { readonly k: 'flagsif'; e: Expr; readonly then: Extract<Stmt, { k: 'flags' }> }
  /** Reads the time-stamp counter into two temporaries. */
  | { readonly k: 'timestamp'; readonly low: number; readonly high: number }
  /** The monitor or interpreter carries the instruction out. */
  | { readonly k: 'callout' }
  /** Start of the guest instruction number `index` of the block. */
  | { readonly k: 'insn'; readonly index: number };

/** How a block ends. Targets are EIPs. docs/ir.md specifies each. */
export type Ending =
  | { readonly k: 'jump'; readonly target: number }
  | { readonly k: 'branch'; e: Expr; readonly taken: number; readonly next: number }
  /** `targets`: EIPs that it is likely to go to, blocks of the region among them. */
  | { readonly k: 'indirect'; e: Expr; targets?: readonly number[] }
  /**
   * A repeated string instruction, alone in its block: where `zero` is not 0 on the way in, nothing happens
   * but going on to `next`; after the statements, back to the block itself where `e` is not 0, else to `next`.
   */
  | { readonly k: 'repeat'; zero: Expr; e: Expr; readonly self: number; readonly next: number }
  /**
   * The instruction at `eip` is carried out by the monitor; where there is a `transition` (abi.ts), without the dispatcher
   * if it can be. `shadowed`: an STI before it has just set IF.
   */
  | { readonly k: 'callout'; readonly eip: number; readonly transition?: number; readonly shadowed?: boolean };

export interface IrBlock {
  readonly eip: number;
  /** Retired instructions of the whole block, the one of its ending included (a callout's is not). */
  readonly count: number;
  /** EIP of each instruction. */
  readonly eips: readonly number[];
  stmts: Stmt[];
  ending: Ending;
  /** The region may be left on the way into it, where a page is not mapped as it was. */
  checked: boolean;
}

export const con = (value: number): Expr => ({ k: 'const', value: value | 0 });
export const reg = (r: number): Expr => ({ k: 'reg', r });
export const tmp = (id: number): Expr => ({ k: 'tmp', id });
export const state = (offset: number): Expr => ({ k: 'state', offset });
export const cond = (cc: number): Expr => ({ k: 'cond', cc });
export const bin = (op: BinaryOp, a: Expr, b: Expr): Expr => ({ k: 'bin', op, a, b });
export const un = (op: UnaryOp, a: Expr): Expr => ({ k: 'un', op, a });
export const select = (c: Expr, a: Expr, b: Expr): Expr => ({ k: 'select', c, a, b });
/** A WebAssembly instruction on the values of `args`. */
export const op = (name: string, args: readonly Expr[], imm?: number | readonly number[]): Expr =>
  imm === undefined ? { k: 'op', op: name, args } : { k: 'op', op: name, args, imm };
export const xmm = (r: number): Expr => ({ k: 'xmm', r });
export const add = (a: Expr, b: Expr): Expr => bin('add', a, b);
export const sub = (a: Expr, b: Expr): Expr => bin('sub', a, b);
export const and = (a: Expr, b: Expr): Expr => bin('and', a, b);
export const or = (a: Expr, b: Expr): Expr => bin('or', a, b);
export const xor = (a: Expr, b: Expr): Expr => bin('xor', a, b);
export const shl = (a: Expr, n: number): Expr => bin('shl', a, con(n));
export const shr = (a: Expr, n: number): Expr => bin('shr', a, con(n));
