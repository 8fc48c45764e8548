/**
 * Opcodes of WebAssembly's numeric, conversion and vector instructions (core
 * specification 5.4), by the names that Binaryen's interface has for them. A
 * number above FFh is a prefix byte, from bit 16, and what follows it.
 */

const VECTOR = 0xfd_0000;
const SATURATING = 0xfc_0000;

/** Names in the order of their opcodes, "-" for one that is not there. */
const RUNS: readonly (readonly [first: number, prefix: string, names: string])[] = [
  [0x45, 'i32.', 'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  [0x50, 'i64.', 'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  [0x5b, 'f32.', 'eq ne lt gt le ge'],
  [0x61, 'f64.', 'eq ne lt gt le ge'],
  [0x67, 'i32.', 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'],
  [0x79, 'i64.', 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'],
  [0x8b, 'f32.', 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign'],
  [0x99, 'f64.', 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign'],
  [0xa7, '', 'i32.wrap i32.trunc_s.f32 i32.trunc_u.f32 i32.trunc_s.f64 i32.trunc_u.f64 i64.extend_s i64.extend_u'],
  [0xae, 'i64.', 'trunc_s.f32 trunc_u.f32 trunc_s.f64 trunc_u.f64'],
  [0xb2, 'f32.', 'convert_s.i32 convert_u.i32 convert_s.i64 convert_u.i64 demote'],
  [0xb7, 'f64.', 'convert_s.i32 convert_u.i32 convert_s.i64 convert_u.i64 promote'],
  [0xbc, '', 'i32.reinterpret i64.reinterpret f32.reinterpret f64.reinterpret i32.extend8_s i32.extend16_s'],
  [SATURATING, 'i32.', 'trunc_s_sat.f32 trunc_u_sat.f32 trunc_s_sat.f64 trunc_u_sat.f64'],
  [VECTOR + 14, '', 'i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'],
  [VECTOR + 35, 'i8x16.', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  [VECTOR + 45, 'i16x8.', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  [VECTOR + 55, 'i32x4.', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  [VECTOR + 65, 'f32x4.', 'eq ne lt gt le ge'],
  [VECTOR + 71, 'f64x2.', 'eq ne lt gt le ge'],
  [VECTOR + 77, 'v128.', 'not and andnot or xor bitselect any_true'],
  [VECTOR + 94, '', 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  [VECTOR + 96, 'i8x16.', 'abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u'],
  [VECTOR + 103, 'f32x4.', 'ceil floor trunc nearest'],
  [VECTOR + 107, 'i8x16.', 'shl shr_s shr_u add add_saturate_s add_saturate_u sub sub_saturate_s sub_saturate_u'],
  [VECTOR + 116, 'f64x2.', 'ceil floor'],
  [VECTOR + 118, 'i8x16.', 'min_s min_u max_s max_u - avgr_u'],
  [VECTOR + 122, 'f64x2.', 'trunc'],
  [VECTOR + 124, 'i16x8.', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u'],
  [VECTOR + 126, 'i32x4.', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u'],
  [VECTOR + 128, 'i16x8.', 'abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u'],
  [VECTOR + 135, 'i16x8.', 'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u'],
  [VECTOR + 139, 'i16x8.', 'shl shr_s shr_u add add_saturate_s add_saturate_u sub sub_saturate_s sub_saturate_u'],
  [VECTOR + 148, '', 'f64x2.nearest i16x8.mul'],
  [VECTOR + 150, 'i16x8.', 'min_s min_u max_s max_u - avgr_u'],
  [VECTOR + 156, 'i16x8.', 'extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u'],
  [VECTOR + 160, 'i32x4.', 'abs neg - all_true bitmask'],
  [VECTOR + 167, 'i32x4.', 'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u'],
  [VECTOR + 171, 'i32x4.', 'shl shr_s shr_u add - - sub - - - mul min_s min_u max_s max_u dot_i16x8_s'],
  [VECTOR + 188, 'i32x4.', 'extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u'],
  [VECTOR + 192, 'i64x2.', 'abs neg - all_true bitmask'],
  [VECTOR + 199, 'i64x2.', 'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u'],
  [VECTOR + 203, 'i64x2.', 'shl shr_s shr_u add - - sub - - - mul eq ne lt_s gt_s le_s ge_s'],
  [VECTOR + 220, 'i64x2.', 'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u'],
  [VECTOR + 224, 'f32x4.', 'abs neg - sqrt add sub mul div min max pmin pmax'],
  [VECTOR + 236, 'f64x2.', 'abs neg - sqrt add sub mul div min max pmin pmax'],
  [VECTOR + 248, 'i32x4.', 'trunc_sat_f32x4_s trunc_sat_f32x4_u'],
  [VECTOR + 250, 'f32x4.', 'convert_i32x4_s convert_i32x4_u'],
  [VECTOR + 252, 'i32x4.', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero'],
  [VECTOR + 254, 'f64x2.', 'convert_low_i32x4_s convert_low_i32x4_u'],
];

function byName(): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const [first, prefix, names] of RUNS) {
    names.split(' ').forEach((name, n) => {
      if (name !== '-') out.set(prefix + name, first + n);
    });
  }
  return out;
}

/** Instructions whose operands are all on the stack. */
export const PLAIN: ReadonlyMap<string, number> = byName();

/** Instructions with a lane number behind them. */
export const LANE: ReadonlyMap<string, number> = new Map([
  ['i8x16.extract_lane_s', VECTOR + 21],
  ['i8x16.extract_lane_u', VECTOR + 22],
  ['i8x16.replace_lane', VECTOR + 23],
  ['i16x8.extract_lane_s', VECTOR + 24],
  ['i16x8.extract_lane_u', VECTOR + 25],
  ['i16x8.replace_lane', VECTOR + 26],
  ['i32x4.extract_lane', VECTOR + 27],
  ['i32x4.replace_lane', VECTOR + 28],
  ['i64x2.extract_lane', VECTOR + 29],
  ['i64x2.replace_lane', VECTOR + 30],
  ['f32x4.extract_lane', VECTOR + 31],
  ['f32x4.replace_lane', VECTOR + 32],
  ['f64x2.extract_lane', VECTOR + 33],
  ['f64x2.replace_lane', VECTOR + 34],
]);

/** i32.load and i32.store by size: index = bytes; signed loads in the second. */
export const LOAD_UNSIGNED: readonly number[] = [0, 0x2d, 0x2f, 0, 0x28];
export const LOAD_SIGNED: readonly number[] = [0, 0x2c, 0x2e, 0, 0x28];
export const STORE: readonly number[] = [0, 0x3a, 0x3b, 0, 0x36];

export const SHUFFLE = VECTOR + 13;
export const V128_CONST = VECTOR + 12;
