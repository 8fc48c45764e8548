/**
 * The x87, MXCSR and XMM0 to XMM7 as FXSAVE lays them out (SDM vol. 1 section 10.5.1), and as a case has them.
 * In the image x87 registers stand in the order of the stack, in a case by physical number.
 */
import type { ArchState } from '../../case.ts';

type Floating = Pick<ArchState, 'fpu' | 'mxcsr' | 'xmm'>;

const CONTROL = 0;
const STATUS = 2;
const TAGS = 4;
const OPCODE = 6;
const IP = 8;
const CS = 12;
const DP = 16;
const DS = 20;
const MXCSR = 24;
const ST = 32;
const XMM = 160;

const word = (digits: string, from: number) => Number.parseInt(digits.slice(from, from + 8), 16) | 0;
const hex8 = (value: number) => value.toString(16).padStart(8, '0');

/** Writes the image at `at`; the reserved bytes are not touched. */
export function fpuToImage({ fpu, mxcsr, xmm }: Floating, to: Buffer, at: number): void {
  const top = (fpu.status >>> 11) & 7;
  to.writeUInt16LE(fpu.control & 0xffff, at + CONTROL);
  to.writeUInt16LE(fpu.status & 0xffff, at + STATUS);
  // A bit is set where a register is not empty.
  to.writeUInt16LE(~fpu.empty & 0xff, at + TAGS);
  to.writeUInt16LE(fpu.opcode & 0x7ff, at + OPCODE);
  to.writeInt32LE(fpu.ip | 0, at + IP);
  to.writeInt32LE(fpu.cs & 0xffff, at + CS);
  to.writeInt32LE(fpu.dp | 0, at + DP);
  to.writeInt32LE(fpu.ds & 0xffff, at + DS);
  to.writeInt32LE(mxcsr | 0, at + MXCSR);
  to.writeInt32LE(0, at + MXCSR + 4);
  for (let n = 0; n < 8; n++) {
    const digits = fpu.registers[(top + n) & 7]!;
    const st = at + ST + n * 16;
    to.writeInt32LE(word(digits, 12), st);
    to.writeInt32LE(word(digits, 4), st + 4);
    to.writeInt32LE(Number.parseInt(digits.slice(0, 4), 16), st + 8);
    to.writeInt32LE(0, st + 12);
    for (let k = 0; k < 4; k++) to.writeInt32LE(word(xmm[n]!, 24 - k * 8), at + XMM + n * 16 + k * 4);
  }
}

/** Reads an image. `before` gives what the harness does not know: the x87's pointers, as they were. */
export function fpuFromImage(from: Buffer, at: number, before: Floating): Floating {
  const status = from.readUInt16LE(at + STATUS);
  const top = (status >>> 11) & 7;
  const registers: string[] = [];
  const xmm: string[] = [];
  for (let n = 0; n < 8; n++) {
    const st = at + ST + ((n - top) & 7) * 16;
    const exponent = from
      .readUInt16LE(st + 8)
      .toString(16)
      .padStart(4, '0');
    registers.push(exponent + hex8(from.readUInt32LE(st + 4)) + hex8(from.readUInt32LE(st)));
    let digits = '';
    for (let k = 12; k >= 0; k -= 4) digits += hex8(from.readUInt32LE(at + XMM + n * 16 + k));
    xmm.push(digits);
  }
  const control = from.readUInt16LE(at + CONTROL);
  const empty = ~from.readUInt8(at + TAGS) & 0xff;
  return {
    fpu: { ...before.fpu, control, status, empty, registers },
    mxcsr: from.readUInt32LE(at + MXCSR),
    xmm,
  };
}
