/**
 * MOVS, STOS, LODS, CMPS, SCAS (SDM vol. 1 section 7.3.9). INS and OUTS are system instructions.
 *
 * Repeated moves and fills go page by page where nothing can interfere: up, in
 * segments that allow the whole span, between pages of RAM in the TLB's fast
 * tables, and (moves) with a target that does not overwrite what is still to be read.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { FLAT_READ, FLAT_WRITE } from '../../cpu/cpu.ts';
import { AC, DF, EAX, ES, ZF } from '../../cpu/registers.ts';
import { segmentAccess } from '../../cpu/segment-check.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { Prefix } from '../../decoder/instruction.ts';
import { sub8, sub16, sub32 } from '../alu.ts';
import { FLAGS } from '../flags.ts';
import type { Handler, Semantics } from '../handler.ts';
import type { Bulk, Step } from '../repeat.ts';
import { isRepeated, moveSource, moveTarget, repeat, sourceIndex, targetIndex, unconditional } from '../repeat.ts';

function readElement(cpu: Cpu, seg: number, offset: number, size: number): number {
  if (size === 4) return cpu.read32(seg, offset);
  return size === 2 ? cpu.read16(seg, offset) : cpu.read8(seg, offset);
}
function writeElement(cpu: Cpu, offset: number, size: number, value: number): void {
  if (size === 4) cpu.write32(ES, offset, value);
  else if (size === 2) cpu.write16(ES, offset, value & 0xffff);
  else cpu.write8(ES, offset, value & 0xff);
}
function accumulator(cpu: Cpu, size: number): number {
  return size === 4 ? cpu.gpr[EAX]! : size === 2 ? cpu.gpr16[EAX << 1]! : cpu.gpr8[0]!;
}
function compare(cpu: Cpu, size: number, a: number, b: number): void {
  if (size === 4) sub32(cpu, a, b);
  else if (size === 2) sub16(cpu, a, b);
  else sub8(cpu, a, b);
}

const moveStep: Step = (cpu, i) => {
  const value = readElement(cpu, i.segment, sourceIndex(cpu, i), i.s0);
  writeElement(cpu, targetIndex(cpu, i), i.s0, value);
  moveSource(cpu, i, 1);
  moveTarget(cpu, i, 1);
};
const storeStep: Step = (cpu, i) => {
  writeElement(cpu, targetIndex(cpu, i), i.s0, accumulator(cpu, i.s0));
  moveTarget(cpu, i, 1);
};
const loadStep: Step = (cpu, i) => {
  const value = readElement(cpu, i.segment, sourceIndex(cpu, i), i.s0);
  if (i.s0 === 4) cpu.gpr[EAX] = value;
  else if (i.s0 === 2) cpu.gpr16[EAX << 1] = value;
  else cpu.gpr8[0] = value;
  moveSource(cpu, i, 1);
};
const compareStep: Step = (cpu, i) => {
  const a = readElement(cpu, i.segment, sourceIndex(cpu, i), i.s0);
  const b = readElement(cpu, ES, targetIndex(cpu, i), i.s0);
  compare(cpu, i.s0, a, b);
  moveSource(cpu, i, 1);
  moveTarget(cpu, i, 1);
};
const scanStep: Step = (cpu, i) => {
  compare(cpu, i.s0, accumulator(cpu, i.s0), readElement(cpu, ES, targetIndex(cpu, i), i.s0));
  moveTarget(cpu, i, 1);
};

/** How many elements from `linear` up lie in its page, at most `most`. */
function inPage(linear: number, size: number, most: number): number {
  const room = ((0x1000 - (linear & 0xfff)) / size) | 0;
  return room < most ? room : most;
}

/** How many elements from `offset` up the segment allows without wrapping, at most `most`; 0 when that cannot be told simply. */
function inSegment(cpu: Cpu, i: Instruction, seg: number, offset: number, most: number, right: number): number {
  let count = most;
  if (i.addressSize === 2) {
    const room = ((0x1_0000 - offset) / i.s0) | 0;
    if (room < count) count = room;
  }
  if ((cpu.segFlat[seg]! & right) !== 0) return count;
  // FLAT_READ and FLAT_WRITE are the same bits as the rights.
  if ((segmentAccess(cpu.segAttr(seg)) & right) === 0) return 0;
  const room = Math.floor(((cpu.segLimit(seg) >>> 0) + 1 - (offset >>> 0)) / i.s0);
  return room <= 0 ? 0 : room < count ? room : count;
}

/** Whether elements may be unaligned or are aligned. */
function alignmentIsFine(cpu: Cpu, linear: number, size: number): boolean {
  return (linear & (size - 1)) === 0 || (cpu.s32[FLAGS]! & AC) === 0;
}

/** Below this many bytes a loop is faster than a call of copyWithin. */
const SHORT_COPY = 48;

const moveBulk: Bulk = (cpu, i, most) => {
  if ((cpu.s32[FLAGS]! & DF) !== 0 || most < 2) return 0;
  const size = i.s0;
  const from = sourceIndex(cpu, i);
  const to = targetIndex(cpu, i);
  const source = cpu.segFlat[i.segment]! !== 0 ? from : (cpu.segBase(i.segment) + from) | 0;
  const target = cpu.segFlat[ES]! !== 0 ? to : (cpu.segBase(ES) + to) | 0;
  const readDelta = cpu.read[source >>> 12]!;
  const writeDelta = cpu.write[target >>> 12]!;
  if (((readDelta | writeDelta) & 1) !== 0) return 0;
  if (!alignmentIsFine(cpu, source, size) || !alignmentIsFine(cpu, target, size)) return 0;
  let count = inPage(source, size, inPage(target, size, most));
  count = inSegment(cpu, i, i.segment, from, count, FLAT_READ);
  count = inSegment(cpu, i, ES, to, count, FLAT_WRITE);
  const hostSource = (source + readDelta) >>> 0;
  const hostTarget = (target + writeDelta) >>> 0;
  if (hostTarget > hostSource && hostTarget - hostSource < count * size) {
    count = ((hostTarget - hostSource) / size) | 0;
  }
  if (count === 0) return 0;
  const bytes = count * size;
  if (bytes >= SHORT_COPY) cpu.u8.copyWithin(hostTarget, hostSource, hostSource + bytes);
  else {
    const u8 = cpu.u8;
    for (let k = 0; k < bytes; k++) u8[hostTarget + k] = u8[hostSource + k]!;
  }
  moveSource(cpu, i, count);
  moveTarget(cpu, i, count);
  return count;
};

const storeBulk: Bulk = (cpu, i, most) => {
  if ((cpu.s32[FLAGS]! & DF) !== 0 || most < 2) return 0;
  const size = i.s0;
  const to = targetIndex(cpu, i);
  const target = cpu.segFlat[ES]! !== 0 ? to : (cpu.segBase(ES) + to) | 0;
  const delta = cpu.write[target >>> 12]!;
  if ((delta & 1) !== 0 || (target & (size - 1)) !== 0) return 0;
  const count = inSegment(cpu, i, ES, to, inPage(target, size, most), FLAT_WRITE);
  if (count === 0) return 0;
  const host = (target + delta) >>> 0;
  const value = accumulator(cpu, size);
  if (size === 4) cpu.s32.fill(value, host >>> 2, (host >>> 2) + count);
  else if (size === 2) cpu.u16.fill(value, host >>> 1, (host >>> 1) + count);
  else cpu.u8.fill(value, host, host + count);
  moveTarget(cpu, i, count);
  return count;
};

/** REPE (F3) ends when ZF is clear, REPNE (F2) when it is set. */
function conditional(step: Step): Handler {
  return (cpu, i) => {
    if (!isRepeated(i)) step(cpu, i);
    else repeat(cpu, i, step, undefined, ZF, (i.prefixes & Prefix.Rep) !== 0 ? 0 : ZF);
  };
}

const movs = unconditional(moveStep, moveBulk);
const stos = unconditional(storeStep, storeBulk);
const lods = unconditional(loadStep);
const cmps = conditional(compareStep);
const scas = conditional(scanStep);

export const STRINGS: Semantics = {
  movs: () => movs,
  stos: () => stos,
  lods: () => lods,
  cmps: () => cmps,
  scas: () => scas,
};
