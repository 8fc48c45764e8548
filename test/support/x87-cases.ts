/**
 * Random x87 code over random and extreme x87 states, run in the translator and
 * in the interpreter; what differs afterwards is reported. Where the translator
 * leaves an instruction to the interpreter, the state must be that before it.
 */
import * as L from '../../src/cpu/layout.ts';
import { AC, CR0_AM } from '../../src/cpu/registers.ts';
import { decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import { format } from '../../src/decoder/print.ts';
import { liftedMnemonics } from '../../src/translator/lift/lift.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import { DEFAULT_TRANSLATOR_OPTIONS } from '../../src/translator/region.ts';
import {
  BUDGET,
  type Case,
  CODE,
  CODE_STRIDE,
  DATA,
  DATA_SIZE,
  InterpreterSide,
  type Outcome,
  TranslatorSide,
} from './engine-pair.ts';
import { Random } from './x87-host/generate.ts';

const STATE_FROM = L.FPU_CONTROL >> 2;
const STATE_TO = L.XMM >> 2;
const BATCH = 64;
const EBX = 3;
const ECX = 1;

/** Control words: each rounding and precision, each mask, and mostly the usual one. */
const CONTROLS = [
  0x37f, 0x37f, 0x37f, 0x37f, 0x27f, 0x07f, 0x77f, 0xb7f, 0xf7f, 0xe7f, 0x67f, 0xa7f, 0x47f, 0x17f, 0x35f, 0x36f, 0x377,
  0x37b, 0x37d, 0x37e, 0x340, 0x1372,
];
const EXPONENTS = [
  0, 0x3ffe, 0x3fff, 0x4000, 0x403d, 0x403e, 0x403f, 0x3c01, 0x43fe, 0x43ff, 0x3f81, 0x407e, 1, 0x7ffe, 0x7fff, 0x400d,
  0x400e, 0x401d, 0x401e,
];
const MMX_CODE = [
  [0x0f, 0xef, 0xca],
  [0x0f, 0x6f, 0x03],
  [0x0f, 0x7f, 0x13],
  [0x0f, 0x77],
  [0x0f, 0xfe, 0xf7],
];

export interface X87Report {
  total: number;
  /** Instructions that retired in translated code. */
  retired: number;
  /** Of each mnemonic alone: runs, and those left to the interpreter. */
  readonly single: Map<string, { runs: number; cold: number }>;
  readonly differences: string[];
}

export interface X87Options {
  readonly noPass?: readonly string[];
  /** MMX instructions in between. */
  readonly mmx?: boolean;
  /** At CPL 3 with alignment checked. */
  readonly aligned?: boolean;
}

export class X87Cases {
  private readonly random: Random;
  private readonly translator: TranslatorSide;
  private readonly interpreter = new InterpreterSide();
  private readonly instruction = new Instruction();
  private readonly lifted = new Set(liftedMnemonics());
  private readonly mmx: boolean;
  private readonly aligned: boolean;

  constructor(raw: Raw, seed: number, options: X87Options = {}) {
    this.random = new Random(seed);
    this.translator = new TranslatorSide(raw, { ...DEFAULT_TRANSLATOR_OPTIONS, noPass: options.noPass ?? [] });
    this.mmx = options.mmx ?? false;
    this.aligned = options.aligned ?? false;
    if (!this.aligned) return;
    for (const { cpu } of [this.translator, this.interpreter]) {
      cpu.s32[L.CR0 >> 2]! |= CR0_AM;
      cpu.setCpl(3);
    }
  }

  run(count: number): X87Report {
    const report: X87Report = { total: 0, retired: 0, single: new Map(), differences: [] };
    while (report.total < count) this.batch(report);
    return report;
  }

  /** Bits that are often a run of ones or zeros. */
  private word(): number {
    const r = this.random;
    switch (r.below(8)) {
      case 0:
        return 0;
      case 1:
        return -1;
      case 2:
        return 1 << r.below(32);
      case 3:
        return -1 << r.below(32);
      default:
        return r.next() | 0;
    }
  }

  /** Bytes of one lifted instruction. */
  private encode(): number[] {
    const r = this.random;
    for (;;) {
      if (this.mmx && r.below(4) === 0) return [...r.pick(MMX_CODE)];
      if (r.below(16) === 0) return [0x9b];
      const offset = r.below(3) === 0 ? r.below(600) : 8 * r.below(64);
      const modrm = r.below(2) === 0 ? 0xc0 | r.below(64) : 0x83 | (r.below(8) << 3);
      const bytes = new Uint8Array([0xd8 | r.below(8), modrm, offset & 255, offset >> 8, 0, 0, 0, 0]);
      if (decode(bytes, 0, bytes.length, true, this.instruction) !== 0) continue;
      if (this.lifted.has(this.instruction.row.mnemonic)) return [...bytes.subarray(0, this.instruction.length)];
    }
  }

  private makeCase(): Case {
    const r = this.random;
    const code: number[] = [];
    const length = 1 + r.below(r.below(3) === 0 ? 8 : 2);
    for (let n = 0; n < length; n++) code.push(...this.encode());
    const blocks = [0];
    if (r.below(4) === 0) {
      // dec ecx; jnz to the start.
      code.push(0x49, 0x75, -(code.length + 3) & 255);
      blocks.push(code.length);
      code.push(0x90);
    }
    const registers = Int32Array.from({ length: 8 }, () => r.next());
    registers[ECX] = 1 + r.below(6);
    // Over the end of a page now and then, and misaligned.
    registers[EBX] = DATA + 0x1000 + (r.below(8) === 0 ? r.below(16) : 0) + (r.below(10) === 0 ? 0xf00 : 0);
    return { bytes: new Uint8Array(code), blocks, registers, eflags: 2 | (r.next() & 0x8d5) | (this.aligned ? AC : 0) };
  }

  private makeState(): Int32Array {
    const r = this.random;
    const state = new Int32Array(STATE_TO - STATE_FROM);
    const set = (offset: number, value: number) => {
      state[(offset >> 2) - STATE_FROM] = value;
    };
    const control = r.pick(CONTROLS) | 0x40;
    let status = r.next() & 0x7f7f;
    if (r.below(4) !== 0) status &= ~0x3f;
    if ((status & ~control & 0x3f) !== 0) status |= 0x8080;
    set(L.FPU_CONTROL, control);
    set(L.FPU_STATUS, status);
    const empty = r.below(4) === 0 ? 2 : 6;
    for (let n = 0; n < 8; n++) if (r.below(empty) === 0) state[2]! |= 3 << (2 * n);
    for (const at of [L.FPU_OPCODE, L.FPU_IP, L.FPU_CS, L.FPU_DP, L.FPU_DS]) set(at, r.next());
    set(L.MXCSR, 0x1f80);
    for (let n = 0; n < 8; n++) {
      let high = this.word();
      if (r.below(16) !== 0) high |= 0x8000_0000;
      let exponent = r.pick(EXPONENTS);
      const kind = r.below(8);
      if (kind === 0) exponent = r.below(0x8000);
      else if (kind < 7) exponent = 0x3fff - 40 + r.below(80);
      let low = r.below(2) === 0 ? this.word() : this.word() & ~0x7ff;
      if (exponent === 0) [high, low] = r.below(4) === 0 ? [high, low] : [0, 0];
      set(L.FPU_REGISTERS + 16 * n, low);
      set(L.FPU_REGISTERS + 16 * n + 4, high);
      set(L.FPU_REGISTERS + 16 * n + 8, exponent | (r.below(2) << 15));
    }
    return state;
  }

  private memoryWord(): number {
    const r = this.random;
    const word = this.word();
    switch (r.below(6)) {
      case 0:
        return (word & 0x800f_ffff) | ((0x3ff - 20 + r.below(40)) << 20);
      case 1:
        return (word & 0x807f_ffff) | ((0x7f - 10 + r.below(20)) << 23);
      case 2:
        return r.below(1000) - 500;
      case 3:
        return 0;
      default:
        return word;
    }
  }

  private batch(report: X87Report): void {
    const { translator, interpreter } = this;
    const cases = Array.from({ length: BATCH }, () => this.makeCase());
    const states = cases.map(() => this.makeState());
    for (const { cpu } of [translator, interpreter]) {
      cases.forEach((c, n) => {
        cpu.memory.writeBytes(CODE + n * CODE_STRIDE, c.bytes);
      });
    }
    for (let at = 0; at < DATA_SIZE; at += 4) {
      const word = this.memoryWord();
      for (const { cpu } of [translator, interpreter]) cpu.s32[(L.RAM + DATA + at) >> 2] = word;
    }
    translator.run(cases, (n, run) => {
      for (const { cpu } of [translator, interpreter]) cpu.s32.set(states[n]!, STATE_FROM);
      const outcome = run();
      this.compare(cases[n]!, n, states[n]!, outcome, report);
    });
  }

  private compare(c: Case, n: number, state: Int32Array, a: Outcome, report: X87Report): void {
    const { translator, interpreter } = this;
    let { eip } = a;
    let count = BUDGET - a.remaining;
    if (a.cold) {
      const site = translator.site();
      eip = site.eip;
      count -= site.refund;
    }
    const b = interpreter.run(c, n, count);
    report.total++;
    report.retired += count;
    const what: string[] = [];
    const differ = (name: string, x: number, y: number) => {
      if (x !== y) what.push(`${name}: ${(x >>> 0).toString(16)}, interpreter ${(y >>> 0).toString(16)}`);
    };
    a.registers.forEach((value, r) => {
      differ(`register ${r}`, value, b.registers[r]!);
    });
    // Behind a cold exit the flags are still in the exit's words.
    if (!a.cold) differ('eflags', a.eflags, b.eflags);
    differ('eip', eip, b.eip);
    for (let at = STATE_FROM; at < STATE_TO; at++) {
      differ(`state ${(4 * at).toString(16)}`, translator.cpu.s32[at]!, interpreter.cpu.s32[at]!);
    }
    for (let at = L.RAM + DATA; at < L.RAM + DATA + DATA_SIZE; at += 4) {
      const x = translator.cpu.s32[at >> 2]!;
      differ(`memory ${(at - L.RAM).toString(16)}`, x, interpreter.cpu.s32[at >> 2]!);
      interpreter.cpu.s32[at >> 2] = x;
    }
    const names = this.note(c, a.cold, report);
    if (what.length === 0) return;
    const [control, status, tags] = state;
    const where = `control ${control!.toString(16)} status ${status!.toString(16)} tags ${tags!.toString(16)}`;
    report.differences.push(`${names} (${count} done; ${where}): ${what.slice(0, 4).join('; ')}`);
  }

  /** The code as text; counts it where it is one instruction. */
  private note(c: Case, cold: boolean, report: X87Report): string {
    const text: string[] = [];
    const { instruction } = this;
    for (let at = 0; at < c.bytes.length; at += instruction.length) {
      decode(c.bytes, at, c.bytes.length, true, instruction);
      text.push(format(instruction, at));
    }
    if (text.length === 1) {
      const { mnemonic } = instruction.row;
      const entry = report.single.get(mnemonic) ?? { runs: 0, cold: 0 };
      entry.runs++;
      if (cold) entry.cold++;
      report.single.set(mnemonic, entry);
    }
    return text.join(', ');
  }
}
