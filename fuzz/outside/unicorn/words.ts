/**
 * What goes between the oracle and its child process, in 32-bit words, little endian. A request is its length in
 * bytes, then what {@link requestWords} makes; an answer is its length in bytes, then what {@link readAnswer} reads.
 * The state's order is that of state.h.
 */
import type { ArchState, FuzzCase, Patch, SegmentState } from '../../case.ts';

const STATE_WORDS = 125;

/** Child's words for how a case ended. */
export const CHILD_ENDINGS = ['steps', 'halt', 'exception', 'error'] as const;

/** One access to memory by an instruction, at a linear address. */
export interface TracedAccess {
  readonly at: number;
  readonly size: number;
  readonly write: boolean;
}

/** An instruction that was begun. */
export interface TracedInstruction {
  /** Linear address. */
  readonly at: number;
  /** 16 bytes from there on. */
  readonly code: Uint8Array;
  /** The x87 before it. */
  readonly fpuStatus: number;
  /** A bit for each physical register. */
  readonly fpuEmpty: number;
  readonly ecx: number;
  /** ES CS SS DS FS GS before it. */
  readonly segments: readonly SegmentState[];
  /** Among them those to the tables of the system. */
  readonly accesses: readonly TracedAccess[];
}

export interface ChildAnswer {
  readonly ending: (typeof CHILD_ENDINGS)[number];
  readonly vector: number;
  /** The error code of an exception, or Unicorn's own error number. */
  readonly code: number;
  readonly retired: number;
  /** Code that had been run was written to. */
  readonly codeWritten: boolean;
  /** The run that was watched for accesses went another way. */
  readonly diverged: boolean;
  /** The trace holds only the beginning. */
  readonly traceCut: boolean;
  readonly state: ArchState;
  readonly trace: readonly TracedInstruction[];
  readonly written: readonly Patch[];
  /** Ports in order, as the engines write them. */
}

/** 32 or 20 hex digits as words, the least significant first. */
function hexWords(digits: string): number[] {
  const words: number[] = [];
  for (let end = digits.length; end > 0; end -= 8) {
    words.push(Number.parseInt(digits.slice(Math.max(0, end - 8), end), 16));
  }
  return words;
}

function stateWords(s: ArchState): number[] {
  const { fpu } = s;
  return [
    ...s.gpr,
    s.eip,
    s.eflags,
    ...s.segments.flatMap((x) => [x.selector, x.base, x.limit, x.attributes]),
    s.cpl,
    s.cr0,
    s.cr2,
    s.cr3,
    s.cr4,
    ...s.dr,
    s.gdtr.base,
    s.gdtr.limit,
    s.idtr.base,
    s.idtr.limit,
    ...s.sysenter,
    fpu.control,
    fpu.status,
    fpu.empty,
    fpu.opcode,
    fpu.ip,
    fpu.cs,
    fpu.dp,
    fpu.ds,
    ...fpu.registers.flatMap(hexWords),
    s.mxcsr,
    ...s.xmm.flatMap(hexWords),
  ];
}

/** A case as a request, its length in front. */
export function requestBytes(c: FuzzCase): Buffer {
  const words = [0, c.steps, ...stateWords(c.initial)];
  const { background } = c;
  words.push(background?.at ?? 0, background?.size ?? 0, background?.seed ?? 0, c.patches.length);
  let length = words.length * 4;
  for (const { bytes } of c.patches) length += 8 + ((bytes.length + 3) & ~3);
  const out = Buffer.alloc(length);
  words[0] = length - 4;
  let at = 0;
  for (const word of words) at = out.writeInt32LE(word | 0, at);
  for (const patch of c.patches) {
    at = out.writeInt32LE(patch.at | 0, at);
    at = out.writeInt32LE(patch.bytes.length, at);
    out.set(patch.bytes, at);
    at += (patch.bytes.length + 3) & ~3;
  }
  return out;
}

/** Reads words one after the other. */
class WordReader {
  private readonly bytes: Buffer;
  private at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  word(): number {
    const value = this.bytes.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }
  words(count: number): number[] {
    return Array.from({ length: count }, () => this.word());
  }
  take(length: number): Uint8Array {
    const taken = Uint8Array.from(this.bytes.subarray(this.at, this.at + length));
    this.at += (length + 3) & ~3;
    return taken;
  }
  get position(): number {
    return this.at;
  }
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

function readSegments(r: WordReader, count: number): SegmentState[] {
  return Array.from({ length: count }, () => {
    const [selector, base, limit, attributes] = r.words(4);
    return { selector: selector!, base: base!, limit: limit!, attributes: attributes! };
  });
}

function readState(r: WordReader): ArchState {
  const before = r.position;
  const gpr = r.words(8);
  const [eip, eflags] = r.words(2);
  const segments = readSegments(r, 8);
  const [cpl, cr0, cr2, cr3, cr4] = r.words(5);
  const dr = r.words(6);
  const table = () => ({ base: r.word(), limit: r.word() });
  const gdtr = table();
  const idtr = table();
  const sysenter = [r.word(), r.word(), r.word()] as const;
  const [control, status, empty, opcode, ip, cs, dp, ds] = r.words(8);
  const registers = Array.from({ length: 8 }, () => {
    const [low, high, top] = r.words(3);
    return hex(top!).slice(4) + hex(high!) + hex(low!);
  });
  const mxcsr = r.word();
  const xmm = Array.from({ length: 8 }, () => r.words(4).reverse().map(hex).join(''));
  if (r.position - before !== STATE_WORDS * 4) throw new Error(`a state has ${STATE_WORDS} words`);
  return {
    gpr,
    eip: eip!,
    eflags: eflags!,
    segments,
    cpl: cpl!,
    cr0: cr0!,
    cr2: cr2!,
    cr3: cr3!,
    cr4: cr4!,
    dr,
    gdtr,
    idtr,
    sysenter,
    fpu: {
      control: control!,
      status: status!,
      empty: empty!,
      registers,
      opcode: opcode!,
      ip: ip!,
      cs: cs!,
      dp: dp!,
      ds: ds!,
    },
    mxcsr,
    xmm,
  };
}

function readTrace(r: WordReader, cut: boolean): TracedInstruction[] {
  const length = r.word();
  if (cut) {
    r.take(length * 4);
    return [];
  }
  const end = r.position + length * 4;
  const trace: TracedInstruction[] = [];
  let segments: readonly SegmentState[] = [];
  while (r.position < end) {
    const at = r.word();
    const code = r.take(16);
    const x87 = r.word();
    const ecx = r.word();
    const counts = r.word();
    if ((counts & 0x1_0000) !== 0) segments = readSegments(r, 6);
    const accesses = Array.from({ length: counts & 0xffff }, () => {
      const address = r.word();
      const size = r.word();
      return { at: address, size: size & 0xff, write: (size & 256) !== 0 };
    });
    trace.push({ at, code, fpuStatus: x87 & 0xffff, fpuEmpty: x87 >>> 16, ecx, segments, accesses });
  }
  return trace;
}

/**
 * Reads an answer without its length.
 * @throws Error where it is damaged
 */
export function readAnswer(bytes: Buffer): ChildAnswer {
  const r = new WordReader(bytes);
  const [ending, vector, code, retired, notes] = r.words(5);
  const state = readState(r);
  const traceCut = (notes! & 2) !== 0;
  // A trace that was cut ends somewhere within an instruction.
  const trace = readTrace(r, traceCut);
  const written = Array.from({ length: r.word() }, () => {
    const at = r.word();
    return { at, bytes: r.take(r.word()) };
  });
  return {
    ending: CHILD_ENDINGS[ending!] ?? 'error',
    vector: vector!,
    code: code!,
    retired: retired!,
    codeWritten: (notes! & 1) !== 0,
    traceCut,
    diverged: (notes! & 4) !== 0,
    state,
    trace,
    written,
  };
}
