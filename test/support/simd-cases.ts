/**
 * Random MMX and SSE instructions over random and extreme register contents,
 * run in the translator and in the interpreter; what differs afterwards is reported.
 */
import * as L from '../../src/cpu/layout.ts';
import { AC, CR0_AM } from '../../src/cpu/registers.ts';
import { decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import type { Feature } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
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
  TranslatorSide,
} from './engine-pair.ts';

const FEATURES: ReadonlySet<Feature> = new Set<Feature>(['mmx', 'sse', 'sse2', 'sse3', 'ssse3', 'sse41', 'sse42']);
const CR4_OSFXSR_OSXMMEXCPT = 0x600;
/** All masked, round to nearest, PE sticky: what the fast paths want. */
const USUAL_MXCSR = 0x1fa0;
/** The state that SIMD instructions touch: x87 words and registers, MXCSR, XMM. */
const STATE_FROM = L.FPU_CONTROL;
const STATE_TO = L.XMM + 128;
const BATCH = 128;

const SINGLES = [
  0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 0x4049_0fdb, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x0100_0000,
  0x7f7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7fa0_0000, 0x4f00_0000, 0xcf00_0000, 0x4eff_ffff, 0x3f00_0000,
  0x4b80_0001,
];
const DOUBLE_TOPS = [
  0, 0x8000_0000, 0x3ff0_0000, 0xbff0_0000, 0x4009_21fb, 0x000f_ffff, 0x0010_0000, 0x0020_0000, 0x7fef_ffff,
  0x7ff0_0000, 0xfff0_0000, 0x7ff8_0000, 0x7ff4_0000, 0x41e0_0000, 0xc1e0_0000, 0x41df_ffff, 0x3fe0_0000, 0x47ef_ffff,
  0x3810_0000, 0x3800_0000,
];

export interface Difference {
  readonly code: string;
  readonly mnemonics: readonly string[];
  readonly what: string;
}
export interface Report {
  total: number;
  /** Cases the translator left to the interpreter. */
  cold: number;
  /** For each mnemonic run alone: how often, and how often it was left to the interpreter. */
  readonly single: Map<string, { runs: number; cold: number }>;
  readonly differences: Difference[];
}

export class SimdCases {
  private seed: number;
  /** Which values registers and memory are filled with. */
  private taste: 'wild' | 'doubles' | 'singles' | 'positive' = 'wild';
  private readonly translator: TranslatorSide;
  private readonly interpreter = new InterpreterSide();
  private readonly instruction = new Instruction();
  private readonly opcodes: { readonly bytes: readonly number[]; readonly digit: number }[];
  private readonly aligned: boolean;

  /** `aligned`: at CPL 3 with alignment checked. */
  constructor(raw: Raw, seed: number, noPass: readonly string[] = [], aligned = false) {
    this.aligned = aligned;
    this.seed = seed | 0 || 1;
    this.translator = new TranslatorSide(raw, { ...DEFAULT_TRANSLATOR_OPTIONS, noPass });
    for (const { cpu } of [this.translator, this.interpreter]) {
      cpu.s32[L.CR4 >> 2] = CR4_OSFXSR_OSXMMEXCPT;
      if (!aligned) continue;
      cpu.s32[L.CR0 >> 2]! |= CR0_AM;
      cpu.setCpl(3);
    }
    const lifted = new Set(liftedMnemonics());
    this.opcodes = OPCODES.filter((row) => FEATURES.has(row.feature) && lifted.has(row.mnemonic)).flatMap((row) =>
      row.encodings.flatMap((e) => {
        const prefixes: number[][] = [];
        for (const [bit, bytes] of [
          [1, []],
          [2, [0x66]],
          [4, [0xf3]],
          [8, [0xf2]],
        ] as const) {
          if ((e.prefixClasses & bit) !== 0) prefixes.push([...bytes]);
        }
        const map = [[], [], [0x38], [0x3a]][e.map] ?? [];
        return prefixes.map((p) => ({ bytes: [...p, 0x0f, ...map, e.opcode], digit: e.reg }));
      }),
    );
  }

  private random(): number {
    this.seed ^= this.seed << 13;
    this.seed ^= this.seed >>> 17;
    this.seed ^= this.seed << 5;
    return this.seed >>> 0;
  }
  private below(n: number): number {
    return this.random() % n;
  }
  private pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One instruction's bytes. */
  private encode(): { bytes: number[]; mnemonic: string } {
    for (;;) {
      const { bytes: opcode, digit } = this.pick(this.opcodes);
      const mod = this.pick([0, 0, 0x40, 0x80, 0xc0, 0xc0, 0xc0]);
      const modrm = mod | ((digit >= 0 ? digit : this.below(8)) << 3) | this.below(8);
      const bytes = new Uint8Array([...opcode, modrm, ...Array.from({ length: 9 }, () => this.below(256))]);
      // Mostly an aligned displacement near the data, and no index.
      if ((modrm & 7) === 4 && this.below(8) > 0) continue;
      if (mod === 0x40 && this.below(4) > 0) bytes[opcode.length + 1]! &= 0xf0;
      if (mod === 0x80) bytes.set([this.below(4) * 16, 0, 0, 0], opcode.length + 1);
      const i = this.instruction;
      if (decode(bytes, 0, bytes.length, true, i) !== 0 || !FEATURES.has(i.row.feature)) continue;
      return { bytes: [...bytes.subarray(0, i.length)], mnemonic: i.row.mnemonic };
    }
  }

  private single(): number {
    return this.below(3) === 0
      ? this.random()
      : this.below(4) === 0
        ? this.pick(SINGLES)
        : ordinarySingle(this.random());
  }
  private pair(): [number, number] {
    if (this.taste !== 'wild' && this.below(16) === 0) return [0, this.below(2) << 31];
    if (this.taste === 'doubles') return [this.below(2) === 0 ? 0 : this.random(), ordinaryDoubleTop(this.random())];
    if (this.taste === 'singles') return [ordinarySingle(this.random()), ordinarySingle(this.random())];
    if (this.taste === 'positive') {
      return [ordinarySingle(this.random()) & 0x7fff_ffff, ordinarySingle(this.random()) & 0x7fff_ffff];
    }
    switch (this.below(4)) {
      case 0:
        return [this.single(), this.single()];
      case 1:
        return [this.below(2) === 0 ? 0 : this.random(), this.pick(DOUBLE_TOPS)];
      case 2:
        return [this.below(70), 0];
      default:
        return [this.below(2) === 0 ? 0 : this.random(), ordinaryDoubleTop(this.random())];
    }
  }

  private fill(index: number, pairs: number): void {
    for (let n = 0; n < pairs; n++) {
      const [low, high] = this.pair();
      this.both(index + 2 * n, low);
      this.both(index + 2 * n + 1, high);
    }
  }
  private both(index: number, value: number): void {
    this.translator.cpu.s32[index] = value;
    this.interpreter.cpu.s32[index] = value;
  }

  /** Both machines' SIMD state, the same. */
  private scramble(): void {
    this.fill(L.XMM >> 2, 16);
    for (let r = 0; r < 8; r++) {
      this.fill((L.FPU_REGISTERS >> 2) + 4 * r, 1);
      this.both((L.FPU_REGISTERS >> 2) + 4 * r + 2, this.random() & 0xffff);
    }
    this.both(L.FPU_CONTROL >> 2, 0x37f);
    this.both(L.FPU_STATUS >> 2, (this.random() & 0x7f00) | (this.below(20) === 0 ? 0x80 : 0));
    this.both(L.FPU_TAGS >> 2, this.random() & 0xffff);
    this.both(L.MXCSR >> 2, this.below(4) > 0 ? USUAL_MXCSR : this.below(2) === 0 ? 0x1f80 : this.random() & 0xffff);
  }

  private makeCase(length: number): { c: Case; mnemonics: string[] } {
    const parts = Array.from({ length }, () => this.encode());
    const registers = new Int32Array(8);
    for (let r = 0; r < 8; r++) {
      const at = DATA + 0x4000 + this.below(DATA_SIZE - 0x8000);
      registers[r] = this.below(8) === 0 ? this.random() : this.below(3) > 0 ? at & ~15 : at;
    }
    const bytes = new Uint8Array(parts.flatMap((p) => p.bytes));
    return {
      c: { bytes, blocks: [0], registers, eflags: 2 | (this.random() & 0x8d5) | (this.aligned ? AC : 0) },
      mnemonics: parts.map((p) => p.mnemonic),
    };
  }

  /** Runs `count` cases. */
  run(count: number): Report {
    const report: Report = { total: 0, cold: 0, single: new Map(), differences: [] };
    const a = this.translator.cpu;
    const b = this.interpreter.cpu;
    while (report.total < count) {
      const made = Array.from({ length: BATCH }, () => this.makeCase(this.below(2) === 0 ? 1 : 2 + this.below(5)));
      made.forEach(({ c }, n) => {
        for (const cpu of [a, b]) cpu.memory.writeBytes(CODE + n * CODE_STRIDE, c.bytes);
      });
      this.taste = this.pick(['wild', 'doubles', 'doubles', 'singles', 'positive'] as const);
      this.fill((L.RAM + DATA) >> 2, DATA_SIZE / 8);
      this.translator.run(
        made.map(({ c }) => c),
        (n, run) => {
          const { c, mnemonics } = made[n]!;
          report.total++;
          this.scramble();
          const mine = run();
          if (mnemonics.length === 1) {
            const counts = report.single.get(mnemonics[0]!) ?? { runs: 0, cold: 0 };
            counts.runs++;
            if (mine.cold) counts.cold++;
            report.single.set(mnemonics[0]!, counts);
          }
          const wrong: string[] = [];
          if (mine.cold) report.cold++;
          // A case that was left stands before the instruction of its site, all earlier ones done.
          const site = mine.cold ? this.translator.site() : undefined;
          const other = this.interpreter.run(c, n, BUDGET - mine.remaining - (site?.refund ?? 0));
          mine.registers.forEach((v, r) => {
            if (v !== other.registers[r]) wrong.push(`r${r} ${hex(v)} not ${hex(other.registers[r]!)}`);
          });
          const eip = site?.eip ?? mine.eip;
          if (eip !== other.eip) wrong.push(`eip ${hex(eip)} not ${hex(other.eip)}`);
          // The flags of such a case are still lazy.
          if (!mine.cold && mine.eflags !== other.eflags) {
            wrong.push(`eflags ${hex(mine.eflags)} not ${hex(other.eflags)}`);
          }
          for (let w = STATE_FROM; w < STATE_TO; w += 4) {
            if (a.s32[w >> 2] === b.s32[w >> 2]) continue;
            wrong.push(`[${hex(w)}] ${hex(a.s32[w >> 2]!)} not ${hex(b.s32[w >> 2]!)}`);
          }
          const ours = Buffer.from(a.u8.buffer, L.RAM, 0x10_0000);
          if (ours.compare(Buffer.from(b.u8.buffer, L.RAM, 0x10_0000)) !== 0) {
            wrong.push('memory');
            b.u8.set(ours, L.RAM);
          }
          if (wrong.length > 0)
            report.differences.push({ code: this.listing(c, n), mnemonics, what: wrong.join(', ') });
        },
      );
    }
    return report;
  }

  private listing(c: Case, n: number): string {
    const lines: string[] = [];
    for (let at = 0; at < c.bytes.length; at += this.instruction.length) {
      if (decode(c.bytes, at, c.bytes.length, true, this.instruction) !== 0) break;
      lines.push(format(this.instruction, CODE + n * CODE_STRIDE + at));
    }
    return lines.join('; ');
  }
}

/** Exponent near that of 1. */
function ordinarySingle(random: number): number {
  return (random & 0x807f_ffff) | ((112 + ((random >>> 23) & 31)) << 23);
}
function ordinaryDoubleTop(random: number): number {
  return (random & 0x800f_ffff) | ((1008 + ((random >>> 20) & 31)) << 20);
}
function hex(value: number): string {
  return (value >>> 0).toString(16);
}
