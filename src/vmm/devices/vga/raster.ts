/**
 * Where the beam is: what status port 3DAh tells, computed from the CRTC's timing and the machine's clock.
 * Software waits for the retrace to change palettes, start addresses or just to keep time.
 */
import type { Clock } from '../clock.ts';
import type { VgaRegisterFile } from './register-file.ts';
import { CRTC_OVERFLOW, SEQ_CLOCKING } from './register-file.ts';

/** Dot clocks that bits 2 and 3 of miscellaneous output choose, in Hz; the external ones are taken for the first. */
const DOT_CLOCKS = [25_175_000, 28_322_000, 25_175_000, 25_175_000] as const;
/** Frames a second outside of this are no mode that a monitor shows: timing is then that of 640 by 480. */
const SLOWEST = 40;
const FASTEST = 130;
const DEFAULT_FRAME_NS = 1e9 / 59.94;
const NOT_SHOWN = 0x01;
const VERTICAL_RETRACE = 0x08;

interface Timing {
  readonly frameNs: number;
  readonly lines: number;
  readonly shownLines: number;
  readonly retraceStart: number;
  readonly retraceEnd: number;
  /** Part of a line that is shown, 0 to 1. */
  readonly shownOfLine: number;
}

const DEFAULT_TIMING: Timing = {
  frameNs: DEFAULT_FRAME_NS,
  lines: 525,
  shownLines: 480,
  retraceStart: 490,
  retraceEnd: 492,
  shownOfLine: 0.8,
};

/** A ten-bit count of lines: eight bits of a register, and two of the overflow register. */
function tenBits(low: number, overflow: number, bit8: number, bit9: number): number {
  return low | ((overflow & bit8) !== 0 ? 0x100 : 0) | ((overflow & bit9) !== 0 ? 0x200 : 0);
}

export class Raster {
  private readonly clock: Clock;
  private readonly registers: VgaRegisterFile;
  private timing = DEFAULT_TIMING;
  private known = -1;

  constructor(clock: Clock, registers: VgaRegisterFile) {
    this.clock = clock;
    this.registers = registers;
  }

  /** Bits 0 (nothing is shown now) and 3 (vertical retrace) of input status 1. */
  status(): number {
    if (this.known !== this.registers.generation) {
      this.timing = timingOf(this.registers);
      this.known = this.registers.generation;
    }
    const { frameNs, lines, shownLines, retraceStart, retraceEnd, shownOfLine } = this.timing;
    const position = ((this.clock.now() % frameNs) / frameNs) * lines;
    const line = Math.floor(position);
    if (line >= shownLines) return NOT_SHOWN | (line >= retraceStart && line < retraceEnd ? VERTICAL_RETRACE : 0);
    return position - line >= shownOfLine ? NOT_SHOWN : 0;
  }

  /** Frames since power-on: what blinking counts. */
  frames(): number {
    return Math.floor(this.clock.now() / this.timing.frameNs);
  }
}

function timingOf({ crtc, sequencer, misc }: VgaRegisterFile): Timing {
  const clocking = sequencer[SEQ_CLOCKING]!;
  const dots = (clocking & 1) !== 0 ? 8 : 9;
  const dotClock = DOT_CLOCKS[(misc >>> 2) & 3]! / ((clocking & 8) !== 0 ? 2 : 1);
  const overflow = crtc[CRTC_OVERFLOW]!;
  const characters = crtc[0]! + 5;
  const lines = tenBits(crtc[6]!, overflow, 0x01, 0x20) + 2;
  const shownLines = tenBits(crtc[0x12]!, overflow, 0x02, 0x40) + 1;
  const frameNs = ((characters * dots * lines) / dotClock) * 1e9;
  if (!(frameNs > 1e9 / FASTEST && frameNs < 1e9 / SLOWEST) || shownLines >= lines) return DEFAULT_TIMING;
  const start = Math.max(shownLines, tenBits(crtc[0x10]!, overflow, 0x04, 0x80));
  // The end is four bits that the line counter is compared with.
  const length = (crtc[0x11]! - start) & 15 || 16;
  const retraceStart = Math.min(start, lines - 1);
  return {
    frameNs,
    lines,
    shownLines,
    retraceStart,
    retraceEnd: Math.min(lines, retraceStart + length),
    shownOfLine: Math.min(1, (crtc[1]! + 1) / characters),
  };
}
