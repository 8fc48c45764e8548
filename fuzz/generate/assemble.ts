/**
 * The last step of every generator: code, surroundings and registers become a case.
 */
import type { ArchState, FuzzCase, Patch } from '../case.ts';
import type { Draw } from './draw.ts';
import { aimedMxcsr, FPU_INITIAL, MXCSR_INITIAL, randomFpu, randomXmm, XMM_INITIAL } from './values.ts';
import { CODE, DATA, DATA_SIZE, type World } from './world.ts';

/** HLTs before and behind the code: whatever near branch is taken ends there. */
const FILL = 0x80;
const HLT = 0xf4;
const ARITHMETIC = 0x8d5;
const DF = 0x400;

export interface Place {
  /** Linear address of the first byte. */
  readonly linear: number;
  readonly eip: number;
}

/**
 * Where the code stands: most often inside a page, sometimes across two, before one that is not there or that cannot be
 * written, or before the segment's end. `room` is what sequences need; it is left free behind.
 */
export function codePlace(draw: Draw, world: World, room = 0): Place {
  const { base, limit } = world.segments[1]!;
  if (world.aim === 'code-limit') {
    const eip = limit + 1 - draw.between(12, 70);
    return { linear: (base + eip) >>> 0, eip };
  }
  const kind = draw.below(16);
  let linear = CODE + 0x100 + draw.below(0x400);
  if (kind === 0) linear = CODE + 0x1000 - draw.below(16 + room);
  else if (kind === 1 && room === 0) linear = CODE + 0x2000 - draw.between(1, 16);
  else if (kind === 2) linear = CODE + 0x3000 + draw.below(0x200);
  else if (kind === 3 && room === 0 && (world.mode !== 'protected32' || world.segments[1]!.limit === 0x1_ffff)) {
    linear = CODE + 0x1_0000 - draw.between(1, 16);
  }
  return { linear, eip: linear - world.segments[1]!.base };
}

export interface Parts {
  readonly world: World;
  readonly place: Place;
  readonly bytes: readonly number[];
  readonly registers: { readonly values: readonly number[]; readonly patches: readonly Patch[] };
  /** Features of the opcode table that the code uses. */
  readonly features: ReadonlySet<string>;
  readonly name: string;
  readonly backgroundSeed: number;
  readonly steps: number;
  readonly exceptions?: FuzzCase['exceptions'];
  readonly interrupts?: FuzzCase['interrupts'];
  /** Further memory, and where the IDT is. */
  readonly patches?: readonly Patch[];
  readonly idtr?: { readonly base: number; readonly limit: number };
}

/** What is undocumented is of the x87, but for SALC. */
const X87_FEATURES = ['fpu', 'fcmov', 'fisttp', 'undocumented', 'mmx', 'fxsr'];
const VECTOR_FEATURES = ['mmx', 'sse', 'sse2', 'sse3', 'ssse3', 'sse41', 'sse42', 'fxsr'];
const uses = (features: ReadonlySet<string>, list: readonly string[]) => list.some((name) => features.has(name));

const NO_IDT = { base: 0, limit: 0 };
const NO_DEBUG: readonly number[] = [0, 0, 0, 0, 0xffff_0ff0, 0x400];
/** DR7.GD: the registers may not be touched. */
const GUARDED: readonly number[] = [0, 0, 0, 0, 0xffff_0ff0, 0x2400];
const BACKGROUNDS = Array.from({ length: 8 }, (_, n) => ({
  at: DATA,
  size: DATA_SIZE,
  seed: 0x1234_567 + n * 0x9e37_79,
}));

/** Eight backgrounds there are, so that an oracle can keep them. */
export const BACKGROUND_COUNT: number = BACKGROUNDS.length;

function codePatch(place: Place, bytes: readonly number[]): Patch {
  const patch = new Uint8Array(bytes.length + 2 * FILL).fill(HLT);
  patch.set(bytes, FILL);
  return { at: place.linear - FILL, bytes: patch };
}

/** The case. */
export function assemble(draw: Draw, parts: Parts): FuzzCase {
  const { world, place, bytes, registers, features } = parts;
  const { mode, segments, cr0, cr3, cr4, gdtr } = world;
  const floating = uses(features, X87_FEATURES);
  const vectors = uses(features, VECTOR_FEATURES);
  const initial: ArchState = {
    gpr: registers.values.map((value) => value >>> 0),
    eip: place.eip >>> 0,
    eflags: ((draw.word() & ARITHMETIC) | (draw.once(4) ? DF : 0) | world.eflags | 2) >>> 0,
    segments,
    cpl: world.level,
    cr0,
    cr2: 0,
    cr3,
    cr4,
    dr: world.aim === 'guarded' ? GUARDED : NO_DEBUG,
    gdtr,
    idtr: parts.idtr ?? NO_IDT,
    sysenter: world.sysenter,
    fpu: floating ? randomFpu(draw, world.aim === 'pending') : FPU_INITIAL,
    mxcsr: vectors ? aimedMxcsr(draw, world.aim) : MXCSR_INITIAL,
    xmm: vectors ? randomXmm(draw) : XMM_INITIAL,
  };
  return {
    name: parts.name,
    mode,
    initial,
    background: BACKGROUNDS[parts.backgroundSeed % BACKGROUNDS.length],
    patches: [...world.patches, codePatch(place, bytes), ...(parts.patches ?? []), ...registers.patches],
    codeLength: bytes.length,
    steps: parts.steps,
    exceptions: parts.exceptions ?? 'first',
    interrupts: parts.interrupts ?? [],
  };
}
