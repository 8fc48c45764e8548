/** Numbers of the WebAssembly locals of a region's function. All are i32. */

/** 0..7: the guest's general registers. */
export const BUDGET_LOCAL = 8;
export const SITE_LOCAL = 9;
/** Relooper's label. */
export const LABEL_LOCAL = 10;
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
/** Condition of a block's ending. */
export const CONDITION = 19;
/** First temporary of an instruction. */
export const FIRST_TEMPORARY = 20;
