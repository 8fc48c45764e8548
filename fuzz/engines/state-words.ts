/**
 * A case's architectural state as the words of a vCPU's memory (src/cpu/layout.ts), and back.
 *
 * What holds: the words from GPR to the translator's own are first in an image, then the model-specific
 * registers, then PAE's page-directory pointers; two images are equal exactly when the vCPUs are.
 */
import type { Cpu } from '../../src/cpu/cpu.ts';
import * as L from '../../src/cpu/layout.ts';
import { CR0_PG, CR4_PAE } from '../../src/cpu/registers.ts';
import { loadPdptes } from '../../src/cpu/system/page-directory-pointers.ts';
import type { ArchState, SegmentState, TableRegister } from '../case.ts';

const FIRST = L.GPR >> 2;
const REGISTER_WORDS = (L.TRANSLATOR_WORDS - L.GPR) >> 2;
const MSR_WORDS = (L.MSRS_END - L.MSRS) >> 2;
const PDPTE_WORDS = 8;
/** Words of an image. */
export const IMAGE_WORDS: number = REGISTER_WORDS + MSR_WORDS + PDPTE_WORDS;

const at = (offset: number) => (offset >> 2) - FIRST;
/** Not state of the processor: the INTR line. */
const PENDING = at(L.INTERRUPT_PENDING);

/** Where a word of an image is in the layout, or -1 for a page-directory pointer. */
export function offsetOfWord(word: number): number {
  if (word < REGISTER_WORDS) return L.GPR + word * 4;
  const msr = word - REGISTER_WORDS;
  return msr < MSR_WORDS ? L.MSRS + msr * 4 : -1;
}

/** The word of an image for an offset in the layout that {@link writeImage} writes. */
export function wordOfOffset(offset: number): number {
  return offset >= L.MSRS && offset < L.MSRS_END ? REGISTER_WORDS + ((offset - L.MSRS) >> 2) : at(offset);
}

/** Copies the state of a vCPU into an image. */
export function captureState(cpu: Cpu, image: Int32Array): void {
  const { s32 } = cpu;
  for (let n = 0; n < REGISTER_WORDS; n++) image[n] = s32[FIRST + n]!;
  image[PENDING] = 0;
  for (let n = 0; n < MSR_WORDS; n++) image[REGISTER_WORDS + n] = s32[(L.MSRS >> 2) + n]!;
  image.set(cpu.pdpte, REGISTER_WORDS + MSR_WORDS);
}

/**
 * Puts a vCPU into the state of an image, with nothing in its TLB. Memory must be the case's already: under PAE
 * the page-directory pointers are loaded from it, or are not present where they cannot be.
 */
export function restoreState(cpu: Cpu, image: Int32Array): void {
  cpu.s32.set(image.subarray(0, REGISTER_WORDS), FIRST);
  cpu.s32.set(image.subarray(REGISTER_WORDS, REGISTER_WORDS + MSR_WORDS), L.MSRS >> 2);
  cpu.pdpte.fill(0);
  cpu.tlb.flush(false);
  cpu.setCpl(cpu.cpl);
  for (let seg = 0; seg < 8; seg++) cpu.segmentChanged(seg);
  cpu.halted = false;
  cpu.shutdown = false;
  cpu.interruptShadow = false;
  cpu.stackShadow = false;
  cpu.breakpoints.changed();
  cpu.breakpoints.met = 0;
  cpu.interruptPending = false;
  cpu.withdrawn = 0;
  cpu.memory.a20Mask = -1;
  const paging = (cpu.s32[L.CR0 >> 2]! & CR0_PG) !== 0;
  if (paging && (cpu.s32[L.CR4 >> 2]! & CR4_PAE) !== 0) loadPdptes(cpu, cpu.s32[L.CR3 >> 2]!);
}

/** Spelt numbers that were read before: generators draw from a few hundred. */
const spelt = new Map<string, readonly number[]>();
const MAX_SPELT = 4096;

/** The words of 32 or 20 hex digits, the least significant first. */
function wordsOf(digits: string): readonly number[] {
  let words = spelt.get(digits);
  if (words === undefined) {
    const read: number[] = [];
    for (let end = digits.length; end > 0; end -= 8) {
      read.push(Number.parseInt(digits.slice(Math.max(0, end - 8), end), 16));
    }
    if (spelt.size >= MAX_SPELT) spelt.clear();
    spelt.set(digits, read);
    words = read;
  }
  return words;
}

function putHex(image: Int32Array, to: number, digits: string): void {
  const words = wordsOf(digits);
  for (let n = 0; n < words.length; n++) image[to + n] = words[n]!;
}

function putTable(image: Int32Array, offset: number, table: TableRegister): void {
  image[at(offset)] = table.base;
  image[at(offset) + 1] = table.limit;
}

/**
 * Writes a state over an image; what a case does not have (model-specific registers) stays as it is there.
 */
export function writeImage(state: ArchState, image: Int32Array): void {
  for (let n = 0; n < 8; n++) image[at(L.GPR) + n] = state.gpr[n]!;
  image[at(L.EIP)] = state.eip;
  image[at(L.EFLAGS)] = state.eflags;
  image[at(L.CPL)] = state.cpl;
  image[at(L.CR0)] = state.cr0;
  image[at(L.CR2)] = state.cr2;
  image[at(L.CR3)] = state.cr3;
  image[at(L.CR4)] = state.cr4;
  for (let n = 0; n < 4; n++) image[at(L.DR) + n] = state.dr[n]!;
  image[at(L.DR) + 4] = 0;
  image[at(L.DR) + 5] = 0;
  image[at(L.DR) + 6] = state.dr[4]!;
  image[at(L.DR) + 7] = state.dr[5]!;
  for (let n = 0; n < 8; n++) {
    const segment = state.segments[n]!;
    const to = at(L.SEGMENTS) + n * (L.SEGMENT_SIZE >> 2);
    image[to] = segment.selector;
    image[to + 1] = segment.base;
    image[to + 2] = segment.limit;
    image[to + 3] = segment.attributes;
  }
  putTable(image, L.GDTR_BASE, state.gdtr);
  putTable(image, L.IDTR_BASE, state.idtr);
  for (let n = 0; n < 3; n++) image[at(L.SYSENTER_CS) + n] = state.sysenter[n]!;
  const { fpu } = state;
  image[at(L.FPU_CONTROL)] = fpu.control;
  image[at(L.FPU_STATUS)] = fpu.status;
  let tags = 0;
  for (let n = 0; n < 8; n++) if ((fpu.empty & (1 << n)) !== 0) tags |= 3 << (2 * n);
  image[at(L.FPU_TAGS)] = tags;
  image[at(L.FPU_OPCODE)] = fpu.opcode;
  image[at(L.FPU_IP)] = fpu.ip;
  image[at(L.FPU_CS)] = fpu.cs;
  image[at(L.FPU_DP)] = fpu.dp;
  image[at(L.FPU_DS)] = fpu.ds;
  image[at(L.MXCSR)] = state.mxcsr;
  for (let n = 0; n < 8; n++) {
    putHex(image, at(L.FPU_REGISTERS) + n * 4, fpu.registers[n]!);
    putHex(image, at(L.XMM) + n * 4, state.xmm[n]!);
  }
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

/** The state that an image holds. */
export function readImage(image: Int32Array): ArchState {
  const word = (offset: number) => image[at(offset)]! >>> 0;
  const words = (offset: number, count: number) => Array.from({ length: count }, (_, n) => word(offset + n * 4));
  const segment = (n: number): SegmentState => {
    const [selector, base, limit, attributes] = words(L.SEGMENTS + n * L.SEGMENT_SIZE, 4);
    return { selector: selector!, base: base!, limit: limit!, attributes: attributes! };
  };
  const dr = words(L.DR, 8);
  const tags = word(L.FPU_TAGS);
  let empty = 0;
  for (let n = 0; n < 8; n++) if (((tags >>> (2 * n)) & 3) === 3) empty |= 1 << n;
  const wide = (offset: number, digits: number) =>
    words(offset, 4)
      .reverse()
      .map(hex)
      .join('')
      .slice(32 - digits);
  return {
    gpr: words(L.GPR, 8),
    eip: word(L.EIP),
    eflags: word(L.EFLAGS),
    segments: Array.from({ length: 8 }, (_, n) => segment(n)),
    cpl: word(L.CPL),
    cr0: word(L.CR0),
    cr2: word(L.CR2),
    cr3: word(L.CR3),
    cr4: word(L.CR4),
    dr: [...dr.slice(0, 4), dr[6]!, dr[7]!],
    gdtr: { base: word(L.GDTR_BASE), limit: word(L.GDTR_LIMIT) },
    idtr: { base: word(L.IDTR_BASE), limit: word(L.IDTR_LIMIT) },
    sysenter: [word(L.SYSENTER_CS), word(L.SYSENTER_ESP), word(L.SYSENTER_EIP)],
    fpu: {
      control: word(L.FPU_CONTROL),
      status: word(L.FPU_STATUS),
      empty,
      registers: Array.from({ length: 8 }, (_, n) => wide(L.FPU_REGISTERS + n * 16, 20)),
      opcode: word(L.FPU_OPCODE),
      ip: word(L.FPU_IP),
      cs: word(L.FPU_CS),
      dp: word(L.FPU_DP),
      ds: word(L.FPU_DS),
    },
    mxcsr: word(L.MXCSR),
    xmm: Array.from({ length: 8 }, (_, n) => wide(L.XMM + n * 16, 32)),
  };
}
