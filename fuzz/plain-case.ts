/**
 * The simplest case around a piece of code: flat memory at level 0 or real mode, no paging, everything as after
 * FNINIT. For tests, measurements, and as a start for cases of one's own.
 */
import type { ArchState, FuzzCase, Mode, SegmentState } from './case.ts';

/** Where its code lies; CS:EIP leads there. */
export const PLAIN_CODE = 0x1_0000;
/** Data of {@link PLAIN_DATA_SIZE} bytes; the registers point into it. */
export const PLAIN_DATA = 0x4_0000;
export const PLAIN_DATA_SIZE = 0x2_0000;

const CODE = 0x9b00;
const DATA = 0x9300;

function flat(selector: number, attributes: number): SegmentState {
  return { selector, base: 0, limit: 0xffff_ffff, attributes: attributes | 0x80_0000 };
}

function based(base: number, attributes: number): SegmentState {
  return { selector: base >>> 4, base, limit: 0xffff, attributes };
}

function segmentsFor(mode: Mode): SegmentState[] {
  const rings = mode === 'virtual8086' ? 0x6000 : 0;
  const real = mode === 'real' || mode === 'virtual8086';
  const wide = mode === 'protected32' ? 0x40_0000 : 0;
  const data = real ? based(PLAIN_DATA, DATA | rings) : flat(16, DATA | wide);
  const code = real ? based(PLAIN_CODE, DATA | rings) : flat(8, CODE | wide);
  const none: SegmentState = { selector: 0, base: 0, limit: 0xffff, attributes: 0x8200 };
  return [data, code, data, data, data, data, none, { ...none, attributes: 0x8b00 }];
}

/** The state a plain case starts from. */
export function plainState(mode: Mode): ArchState {
  const real = mode === 'real' || mode === 'virtual8086';
  const data = real ? 0 : PLAIN_DATA;
  return {
    gpr: [1, 2, 3, data + 0x4000, data + 0xf000, data + 0x8000, data + 0xa000, data + 0xc001],
    eip: real ? 0 : PLAIN_CODE,
    eflags: mode === 'virtual8086' ? 0x2_3002 : 2,
    segments: segmentsFor(mode),
    cpl: mode === 'virtual8086' ? 3 : 0,
    cr0: mode === 'real' ? 0x30 : 0x31,
    cr2: 0,
    cr3: 0,
    cr4: 0x600,
    dr: [0, 0, 0, 0, 0xffff_0ff0, 0x400],
    gdtr: { base: 0x1000, limit: 0x7ff },
    idtr: { base: 0x2000, limit: 0 },
    sysenter: [0, 0, 0],
    fpu: {
      control: 0x37f,
      status: 0,
      empty: 0xff,
      registers: new Array<string>(8).fill('0'.repeat(20)),
      opcode: 0,
      ip: 0,
      cs: 0,
      dp: 0,
      ds: 0,
    },
    mxcsr: 0x1f80,
    xmm: new Array<string>(8).fill('0'.repeat(32)),
  };
}

/**
 * A case that runs `code` once, up to the HLT behind it or the first exception.
 * @param changes fields of the state that are otherwise than in {@link plainState}
 */
export function plainCase(
  mode: Mode,
  code: readonly number[] | Uint8Array,
  changes: Partial<ArchState> = {},
): FuzzCase {
  return {
    name: 'plain',
    mode,
    initial: { ...plainState(mode), ...changes },
    background: { at: PLAIN_DATA, size: PLAIN_DATA_SIZE, seed: 1 },
    patches: [{ at: PLAIN_CODE, bytes: Uint8Array.of(...code, 0xf4) }],
    codeLength: code.length,
    steps: 1000,
    exceptions: 'first',
    interrupts: [],
  };
}
