/**
 * Where memory operands go: in the middle of the data, unaligned, across
 * pages, where one kind of page meets another, at segment limits, on the code itself, and where
 * nothing is.
 */
import { CASE_MEMORY } from '../case.ts';
import { aimedPage } from './aims.ts';
import type { Draw } from './draw.ts';
import { PAGE_EDGES } from './pages.ts';
import { DATA, type World } from './world.ts';

/** Pages of the data that are plain, before the first that is not; and below the stack. */
const PLAIN_END = DATA + 0x8000;
const STACK_PAGES = 0x5_7000;
const STACK_END = 0x5_f000;

/** S, and the type's bits for code and for expand-down: data that expands down. */
const SS = 2;
const KIND_BITS = 0x1c00;
const EXPAND_DOWN = 0x1400;

/** Linear addresses at which nothing is: for the host's processor only such that its process has nothing there either. */
export function wildAddress(draw: Draw, host: boolean): number {
  const kind = draw.below(4);
  if (kind === 0) return draw.below(0x1_0000);
  if (kind === 1) return CASE_MEMORY - 8 + draw.below(0x20);
  if (host) return 0x2000_0000 + draw.below(0x1000_0000);
  return kind === 2 ? draw.extreme() : draw.word();
}

/** Lowest and highest offset that a segment allows, as unsigned numbers; what 16-bit addresses do not reach is left out. */
function reach(world: World, segment: number, narrow: boolean): readonly [low: number, high: number] {
  const { limit, attributes } = world.segments[segment]!;
  const down = (attributes & KIND_BITS) === EXPAND_DOWN;
  const low = down ? limit + 1 : 0;
  const high = down ? ((attributes & 0x40_0000) !== 0 ? 0xffff_ffff : 0xffff) : limit;
  return [low, narrow ? Math.min(high, 0xffff) : high];
}

/** A linear address of plain memory, where the segment reaches some. */
function plain(draw: Draw, base: number, low: number, high: number, size: number): number {
  for (const [from, to] of [
    [DATA, PLAIN_END],
    [STACK_PAGES, STACK_END],
  ] as const) {
    const first = Math.max(from, base + low);
    const last = Math.min(to, base + high + 1) - size;
    if (last >= first) return first + draw.below(last - first + 1);
  }
  return base + low + draw.below(Math.min(Math.max(high - low, 0), 0x1_0000) + 1);
}

/**
 * An offset in a segment for an operand.
 *
 * @param size of the operand in bytes
 * @param narrow its address has 16 bits
 * @param code linear address of the instruction
 */
export function placeOperand(
  draw: Draw,
  world: World,
  segment: number,
  size: number,
  narrow: boolean,
  code: number,
): number {
  const base = world.segments[segment]!.base | 0;
  const [low, high] = reach(world, segment, narrow);
  const kind = draw.below(32);
  const middle = plain(draw, base, low, high, size);
  const offset = (linear: number) => (linear - base) | 0;
  const { aim } = world;
  if (aim !== undefined && !draw.once(8)) {
    if (aim === 'page' || (aim === 'stack-page' && segment === SS)) return offset(aimedPage(draw, size));
    if (aim === 'crossing' && size > 1) return offset(draw.pick(PAGE_EDGES) - draw.between(1, size - 1));
    if (aim === 'unaligned') return offset(middle | 1);
    const ends = aim === 'limit' || (aim === 'stack-limit' && segment === SS);
    if (ends && !(world.host && high === 0xffff_ffff)) {
      const last = high + 1 - draw.below(size);
      // Aligned, as some must be, and beyond the limit nevertheless.
      const aligned = ((last & -16) >>> 0) + 15 > high ? last & -16 : high + 1;
      return (size >= 16 && !draw.once(4) ? aligned : last) | 0;
    }
  }
  // Across the end of memory: into nothing, where pages do not say otherwise. Few segments reach so far.
  const reaches = !world.host && size > 1 && (base >>> 0) + high > CASE_MEMORY && (base >>> 0) + low < CASE_MEMORY;
  if (reaches && draw.once(world.paging ? 128 : 6)) return offset(CASE_MEMORY - draw.between(1, size - 1));
  if (kind < 16) {
    const aligned = middle & -Math.min(size & -size || 1, 16);
    return offset((aligned - base) >>> 0 >= low ? aligned : middle);
  }
  if (kind < 19) return offset(middle);
  if (kind < 22) return offset((middle & ~0xfff) + 0x1000 - draw.below(size + 1));
  if (kind < 26) {
    const edge = draw.pick(PAGE_EDGES);
    return offset(draw.once(3) ? edge + draw.below(0xff0) : edge - draw.below(size + 1));
  }
  if (kind < 29) {
    // The last byte just inside, or one of the bytes outside; or around the first that is allowed.
    if (world.host && high === 0xffff_ffff) return offset(middle);
    return (low > 0 && draw.once(2) ? low + draw.between(-size, 1) : high + 1 - size + draw.between(-1, size)) | 0;
  }
  if (kind < 30) return offset(code + draw.between(-0x20, 0x20));
  if (kind < 31 && !world.host && draw.once(2)) {
    // The tables themselves.
    return offset(draw.pick([0x1000, 0x1018, 0x1800, 0x3004, 0x6000, 0x7040, 0x7100, 0x7120]) + draw.below(16));
  }
  return offset(wildAddress(draw, world.host));
}

/** An offset of the stack: most often where there is room on both sides. */
export function placeStack(draw: Draw, world: World, code: number): number {
  const { attributes } = world.segments[2]!;
  const wide = (attributes & 0x40_0000) !== 0;
  if (world.aim?.startsWith('stack') === true || world.aim === 'unaligned') {
    // Of 64 KB only few places at the end are none.
    if (world.aim === 'stack-limit' && !wide && draw.once(2))
      return draw.once(2) ? draw.pick([1, 1, 3, 0xffff, 0xffff, 0xfffd]) : (draw.between(-36, 36) | 1) & 0xffff;
    // What is pushed lies below, what is popped above.
    const offset = placeOperand(draw, world, 2, 4, !wide, code);
    return draw.once(2) ? (offset + draw.between(1, 4)) | 0 : offset;
  }
  if (draw.once(4)) return placeOperand(draw, world, 2, 16, !wide, code);
  const base = world.segments[2]!.base | 0;
  const [low, high] = reach(world, 2, !wide);
  for (const top of [0x5_e000, 0x4_7000, DATA + 0x800]) {
    const offset = (top - base) >>> 0;
    if (offset - 0x200 >= low && offset + 0x200 <= high) return (offset - draw.below(0x100)) & (draw.once(4) ? -1 : -4);
  }
  return placeOperand(draw, world, 2, 16, !wide, code);
}

/** Linear address of an offset in a segment. */
export function linearOf(world: World, segment: number, offset: number): number {
  return (world.segments[segment]!.base + offset) >>> 0;
}

/** May a generator put bytes there in advance? In the data only, so that no table is damaged by it. */
export function isData(linear: number, size: number): boolean {
  return linear >= DATA && linear + size <= 0x6_0000;
}
