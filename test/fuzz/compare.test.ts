/** The comparison sees every part of an outcome, and leaves out what is undefined and nothing else. */
import { describe, expect, it } from 'vitest';
import type { ArchState, FuzzCase, Outcome } from '../../fuzz/case.ts';
import { compareOutcomes } from '../../fuzz/compare.ts';
import { plainOutcome } from '../../fuzz/engines/engine-outcome.ts';
import { EVERYTHING, InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Tracer } from '../../fuzz/engines/trace.ts';
import type { Knowledge } from '../../fuzz/oracle.ts';
import { plainCase } from '../../fuzz/plain-case.ts';

const interpreter = new InterpreterOracle();
const tracer = new Tracer();
const OURS = { name: 'interpreter', independent: false, knows: EVERYTHING };
const theirs = (knows: Partial<Knowledge> = {}) => ({
  name: 'other',
  independent: true,
  knows: { ...EVERYTHING, ...knows },
});

const LITTLE: Knowledge = { system: false, segmentCaches: false, fpuPointers: false, eflags: 0xcd5, cr2: false };

function outcomeOf(c: FuzzCase): Outcome {
  return plainOutcome(interpreter.one(c)!);
}

/** What differs when the other oracle says `change`. */
function differing(c: FuzzCase, change: (o: Outcome) => Partial<Outcome>, knows?: Knowledge): string[] | undefined {
  const outcome = outcomeOf(c);
  const other = { ...outcome, ...change(outcome) };
  const a = { oracle: OURS, outcome };
  const b = { oracle: knows ? theirs(knows) : { ...OURS, name: 'second' }, outcome: other };
  return compareOutcomes(a, b, () => tracer.trace(c).executed)?.map((d) => d.what);
}

const state = (change: (s: ArchState) => Partial<ArchState>) => (o: Outcome) => ({
  state: { ...o.state, ...change(o.state) },
});

const NOP = plainCase('protected32', [0x90]);

describe('comparison', () => {
  it('finds nothing between equal outcomes', () => {
    expect(differing(NOP, () => ({}))).toEqual([]);
    const [a, b] = [interpreter.one(NOP)!, interpreter.one(NOP)!];
    expect(compareOutcomes({ oracle: OURS, outcome: a }, { oracle: OURS, outcome: b }, () => [])).toEqual([]);
  });

  const flip = (digits: string) => (digits.startsWith('f') ? `0${digits.slice(1)}` : `f${digits.slice(1)}`);
  const CHANGES: readonly [what: string, change: (o: Outcome) => Partial<Outcome>][] = [
    ['ending', () => ({ ending: { kind: 'shutdown' } })],
    ['ending', () => ({ ending: { kind: 'exception', vector: 13, software: false, errorCode: 0 } })],
    ['retired', (o) => ({ retired: o.retired! + 1 })],
    ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'].map((name, n): [string, (o: Outcome) => object] => [
      name,
      state((s) => ({ gpr: s.gpr.map((v, k) => (k === n ? v ^ 0x8000_0000 : v)) })),
    ]),
    ['eip', state((s) => ({ eip: s.eip + 1 }))],
    ['eflags', state((s) => ({ eflags: s.eflags ^ 0x10 }))],
    ['fs', state((s) => ({ segments: s.segments.map((v, n) => (n === 4 ? { ...v, selector: 3 } : v)) }))],
    ['gs.base', state((s) => ({ segments: s.segments.map((v, n) => (n === 5 ? { ...v, base: 3 } : v)) }))],
    ['ss.limit', state((s) => ({ segments: s.segments.map((v, n) => (n === 2 ? { ...v, limit: 3 } : v)) }))],
    ['tr.attributes', state((s) => ({ segments: s.segments.map((v, n) => (n === 7 ? { ...v, attributes: 3 } : v)) }))],
    ['cpl', state(() => ({ cpl: 3 }))],
    ['cr0', state((s) => ({ cr0: s.cr0 ^ 8 }))],
    ['cr2', state(() => ({ cr2: 8 }))],
    ['cr3', state(() => ({ cr3: 8 }))],
    ['cr4', state((s) => ({ cr4: s.cr4 ^ 8 }))],
    ['dr3', state((s) => ({ dr: s.dr.map((v, n) => (n === 3 ? 1 : v)) }))],
    ['dr7', state((s) => ({ dr: s.dr.map((v, n) => (n === 5 ? 1 : v)) }))],
    ['gdtr.limit', state((s) => ({ gdtr: { ...s.gdtr, limit: 3 } }))],
    ['idtr.base', state((s) => ({ idtr: { ...s.idtr, base: 3 } }))],
    ['sysenter_eip', state(() => ({ sysenter: [0, 0, 1] }))],
    ['fpu.control', state((s) => ({ fpu: { ...s.fpu, control: 0x27f } }))],
    ['fpu.status', state((s) => ({ fpu: { ...s.fpu, status: 0x200 } }))],
    ['fpu.empty', state((s) => ({ fpu: { ...s.fpu, empty: 1 } }))],
    ['fpr5', state((s) => ({ fpu: { ...s.fpu, registers: s.fpu.registers.map((v, n) => (n === 5 ? flip(v) : v)) } }))],
    ['fpu.opcode', state((s) => ({ fpu: { ...s.fpu, opcode: 1 } }))],
    ['fpu.dp', state((s) => ({ fpu: { ...s.fpu, dp: 1 } }))],
    ['xmm7', state((s) => ({ xmm: s.xmm.map((v, n) => (n === 7 ? flip(v) : v)) }))],
    ['mxcsr', state(() => ({ mxcsr: 0x1f81 }))],
    ['memory at 3000', () => ({ written: [{ at: 0x3000, bytes: Uint8Array.of(1) }] })],
    ['accesses', () => ({ accesses: ['in8 60'] })],
  ];

  it.each(CHANGES)('sees another %s', (what, change) => {
    expect(differing(NOP, change)).toEqual([what]);
  });

  it('leaves out what the other oracle does not know', () => {
    const blind = ['gs.base', 'ss.limit', 'tr.attributes', 'cpl', 'cr0', 'cr2', 'cr3', 'cr4', 'dr3', 'dr7'];
    blind.push('gdtr.limit', 'idtr.base', 'sysenter_eip', 'fpu.opcode', 'fpu.dp', 'memory at 3000');
    for (const [what, change] of CHANGES) {
      expect(differing(NOP, change, LITTLE), what).toEqual(blind.includes(what) ? [] : [what]);
    }
  });

  it('counts a failure as a difference, whoever failed', () => {
    const failed = () => ({ ending: { kind: 'failed', message: 'x' } }) as const;
    expect(differing(NOP, failed)).toContain('ending');
    expect(differing(NOP, failed, LITTLE)).toContain('ending');
  });

  it('does not compare a run that was cut off with one of an oracle that cannot count', () => {
    const cut = { ...NOP, steps: 1 };
    const gone = (o: Outcome) =>
      ({ retired: undefined, ending: { kind: 'halt' }, state: { ...o.state, eip: 0 } }) as const;
    expect(differing(cut, gone, LITTLE)).toBeUndefined();
    expect(differing(NOP, gone, LITTLE)).toEqual(['eip']);
  });

  const flags = (bits: number) => state((s) => ({ eflags: s.eflags ^ bits }));
  const MUL = [0xf7, 0xe1]; // SF ZF AF PF undefined
  const ADD = [0x01, 0xc8];

  it('masks undefined flags for an independent oracle only', () => {
    const mul = plainCase('protected32', MUL);
    expect(differing(mul, flags(0xd4), LITTLE)).toEqual([]);
    expect(differing(mul, flags(0xd4))).toEqual(['eflags']);
    expect(differing(mul, flags(0x801), LITTLE)).toEqual(['eflags']);
    // Defined again by what follows; undefined again by what follows that.
    expect(differing(plainCase('protected32', [...MUL, ...ADD]), flags(0x40), LITTLE)).toEqual(['eflags']);
    expect(differing(plainCase('protected32', [...ADD, ...MUL]), flags(0x40), LITTLE)).toEqual([]);
    // A shift of no places keeps the flags: they may be undefined still.
    expect(differing(plainCase('protected32', [...MUL, 0xd3, 0xe8]), flags(0x40), LITTLE)).toEqual([]);
  });

  it('does not mask what an instruction that faulted would leave undefined', () => {
    const c = plainCase('protected32', [0xf7, 0x25, 0, 0, 0x20, 0, 0x0f, 0x0b]); // mul dword [200000h]; ud2
    expect(differing(c, flags(0x40), LITTLE)).toEqual([]);
    const divide = plainCase('protected32', [0x31, 0xc9, 0xf7, 0xf1]); // xor ecx, ecx; div ecx
    expect(differing(divide, flags(0x40), LITTLE)).toEqual(['eflags']);
  });

  it('allows the last bits of a sine, and no more', () => {
    const last = (by: string) =>
      state((s) => ({
        fpu: { ...s.fpu, registers: s.fpu.registers.map((v) => (/^0{20}$/.test(v) ? v : v.slice(0, 18) + by)) },
      }));
    const sine = plainCase('protected32', [0xd9, 0xe8, 0xd9, 0xfe]); // fld1; fsin
    const digits = outcomeOf(sine).state.fpu.registers[7]!;
    const low = Number.parseInt(digits.slice(18), 16);
    const near = (low + (low > 128 ? -1 : 1)).toString(16).padStart(2, '0');
    const far = (low + (low > 128 ? -9 : 9)).toString(16).padStart(2, '0');
    expect(differing(sine, last(near), LITTLE)).toEqual([]);
    expect(differing(sine, last(near))).toEqual(['fpr7']);
    expect(differing(sine, last(far), LITTLE)).toEqual(['fpr7']);
    // What computes on with it is not judged.
    expect(
      differing(plainCase('protected32', [0xd9, 0xe8, 0xd9, 0xfe, 0xd8, 0xc8]), last(far), LITTLE),
    ).toBeUndefined();
  });
});
