/** WebAssembly's value types by their bytes in the binary format (core specification 5.3.1). */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
/** Not a type of the format: a local for the two results of an x87 function (i64, i32), where a code generator needs one. */
export const PAIR = 0;

export const VALUE_TYPES = { i32: I32, i64: I64, f32: F32, f64: F64, v128: V128 } as const;
