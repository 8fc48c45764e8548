/** Loads and stores that both emitters know, by Binaryen's names for them, with their opcodes (core specification 5.4.6). */

const VECTOR = 0xfd_0000;

/** Loads and stores by their name; those of a lane are of lane 0. */
export const MEMORY = {
  'i32.load16_u': 0x2f,
  'i32.store16': 0x3b,
  'i64.load': 0x29,
  'i64.store': 0x37,
  'v128.load': VECTOR,
  'v128.store': VECTOR + 11,
  'v128.store32_lane': VECTOR + 90,
  'v128.store64_lane': VECTOR + 91,
  'v128.load32_zero': VECTOR + 92,
  'v128.load64_zero': VECTOR + 93,
} as const;
export type MemoryName = keyof typeof MEMORY;
/** Of MEMORY, those with a lane number behind them. */
export const LANE_STORES: readonly number[] = [VECTOR + 90, VECTOR + 91];
