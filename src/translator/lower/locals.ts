/** The WebAssembly locals of a region's function: fixed ones, all i32, and a pool behind them. */

/** 0..7: the guest's general registers. */
export const BUDGET_LOCAL = 8;
export const SITE_LOCAL = 9;
/** Entry of the jump cache that is looked at. */
export const CACHE_ENTRY = 10;
/** Lazy flags: kind word (where not known statically) and operands. */
export const FLAG_K = 11;
export const FLAG_A = 12;
export const FLAG_B = 13;
export const FLAG_R = 14;
export const FLAG_C = 15;
export const FLAG_X = 16;
/** Linear address and delta of the access being lowered. */
export const LINEAR = 17;
export const DELTA = 18;
/** Target of an indirect branch; where the guest goes on when the region is left. */
export const TARGET = 19;
/** Table index of what comes after the region. */
export const NEXT_SLOT = 20;
/** Which of the routed blocks the router goes to. */
export const ROUTE = 21;
/** First local of the pool. */
export const FIRST_POOLED = 22;

/** Locals of any type, made on first use: temporaries of instructions, and XMM registers. */
export class LocalPool {
  /** Types (value-types.ts) of the pool's locals, in their order. */
  readonly types: number[] = [];
  private readonly numbers = new Map<number, number[]>();

  /** The local for the `id`th value of a type. */
  get(type: number, id: number): number {
    let ofType = this.numbers.get(type);
    if (!ofType) {
      ofType = [];
      this.numbers.set(type, ofType);
    }
    let local = ofType[id];
    if (local === undefined) {
      local = FIRST_POOLED + this.types.length;
      this.types.push(type);
      ofType[id] = local;
    }
    return local;
  }
}
