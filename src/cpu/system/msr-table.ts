/**
 * The model-specific registers as data (SDM vol. 4): where each is kept and which bits
 * may be written. Those with behaviour of their own are in msr.ts.
 */
import type { CpuFeature } from '../cpu-features.ts';
import { EFER, MSRS, MSRS_END, PAT, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP, TSC_OFFSET } from '../layout.ts';

export const MSR_TSC = 0x10;
export const MSR_TSC_ADJUST = 0x3b;
export const MSR_APIC_BASE = 0x1b;
export const MSR_TSC_DEADLINE = 0x6e0;
export const MSR_PAT = 0x277;
export const MSR_EFER = 0xc000_0080 | 0;
export const MSR_TSC_AUX = 0xc000_0103 | 0;
/** SYSCALL and SYSRET are there. */
export const EFER_SCE = 1;
const EFER_NXE = 1 << 11;

/** IA32_DEBUGCTL: with EFLAGS.TF, a trap behind branches only. */
export const DEBUGCTL_BTF = 2;

export interface MsrRow {
  readonly address: number;
  readonly name: string;
  /** Byte offset of its storage, or -1: always reads `reset`. */
  readonly storage: number;
  /** 32 or 64 bits are stored. */
  readonly words: 1 | 2;
  /** Bits that may be set, low and high word; setting another one is #GP. */
  readonly writableLow: number;
  readonly writableHigh: number;
  /** Low word after reset; the high one is 0. */
  readonly reset: number;
  /** How many of its bytes, from the lowest on, are memory types; one that does not exist is #GP. Absent: none. */
  readonly types?: number;
  /** The feature, or the first family, that has it; absent: whatever has MSRs. */
  readonly needs?: CpuFeature | number;
}

const typed = (types: number, row: MsrRow): MsrRow => ({ ...row, types });
const needing = (needs: CpuFeature | number, rows: readonly MsrRow[]): MsrRow[] =>
  rows.map((row) => ({ ...row, needs }));

let next = MSRS;

function stored(address: number, name: string, writableLow: number, writableHigh: number, reset = 0): MsrRow {
  if (next + 8 > MSRS_END) throw new Error(`MSR table: no room for ${name}`);
  next += 8;
  return { address, name, storage: next - 8, words: 2, writableLow, writableHigh, reset };
}

function at(address: number, name: string, storage: number, words: 1 | 2, writableLow: number, reset = 0): MsrRow {
  return { address, name, storage, words, writableLow, writableHigh: words === 2 ? writableLow : 0, reset };
}

/** Reads a constant; writes of 0 are taken. */
function constant(address: number, name: string, value: number): MsrRow {
  return { address, name, storage: -1, words: 1, writableLow: 0, writableHigh: 0, reset: value };
}

function variableMtrrs(count: number): MsrRow[] {
  const rows: MsrRow[] = [];
  for (let i = 0; i < count; i++) {
    rows.push(typed(1, stored(0x200 + i * 2, `IA32_MTRR_PHYSBASE${i}`, 0xffff_f0ff, 0xf)));
    rows.push(stored(0x201 + i * 2, `IA32_MTRR_PHYSMASK${i}`, 0xffff_f800, 0xf));
  }
  return rows;
}

const FIXED_MTRRS: readonly number[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
const VARIABLE_MTRRS = 8;

export const MSR_TABLE: readonly MsrRow[] = [
  constant(0x00, 'IA32_P5_MC_ADDR', 0),
  constant(0x01, 'IA32_P5_MC_TYPE', 0),
  ...needing(6, [constant(0x17, 'IA32_PLATFORM_ID', 0), constant(0x2a, 'EBL_CR_POWERON', 0)]),
  // On, at its usual place, and this processor is the one that boots.
  ...needing('apic', [stored(MSR_APIC_BASE, 'IA32_APIC_BASE', 0xffff_f900, 0, 0xfee0_0900)]),
  ...needing('tsc_deadline_timer', [stored(MSR_TSC_DEADLINE, 'IA32_TSC_DEADLINE', -1, -1)]),
  // What has been added to the counter, also by writing it: the very offset we keep.
  ...needing('tsc_adjust', [at(MSR_TSC_ADJUST, 'IA32_TSC_ADJUST', TSC_OFFSET, 2, -1)]),
  ...needing(6, [stored(0x8b, 'IA32_BIOS_SIGN_ID', -1, -1)]),
  // Variable ranges, fixed ranges and write-combining exist.
  ...needing('mtrr', [constant(0xfe, 'IA32_MTRRCAP', VARIABLE_MTRRS | (1 << 8) | (1 << 10))]),
  ...needing(6, [constant(0x119, 'BBL_CR_CTL', 0)]),
  ...needing('sep', [
    at(0x174, 'IA32_SYSENTER_CS', SYSENTER_CS, 1, -1),
    at(0x175, 'IA32_SYSENTER_ESP', SYSENTER_ESP, 1, -1),
    at(0x176, 'IA32_SYSENTER_EIP', SYSENTER_EIP, 1, -1),
  ]),
  ...needing(6, [
    constant(0x179, 'IA32_MCG_CAP', 0),
    constant(0x17a, 'IA32_MCG_STATUS', 0),
    // Fast strings and limited CPUID, automatic thermal control, and the rest as plain storage.
    stored(0x1a0, 'IA32_MISC_ENABLE', -1, -1, 1),
    // Single steps by branches. Branches are not recorded.
    stored(0x1d9, 'IA32_DEBUGCTL', DEBUGCTL_BTF, 0),
  ]),
  ...needing('mtrr', [
    ...variableMtrrs(VARIABLE_MTRRS),
    ...FIXED_MTRRS.map((address) => typed(8, stored(address, `IA32_MTRR_FIX_${address.toString(16)}`, -1, -1))),
  ]),
  ...needing('pat', [typed(8, at(MSR_PAT, 'IA32_PAT', PAT, 2, 0x0707_0707, 0x0007_0406))]),
  ...needing('mtrr', [typed(1, stored(0x2ff, 'IA32_MTRR_DEF_TYPE', 0xcff, 0))]),
  at(MSR_EFER, 'IA32_EFER', EFER, 1, EFER_SCE | EFER_NXE),
  ...needing('syscall', [stored(0xc000_0081 | 0, 'STAR', -1, -1)]),
  ...needing('rdtscp', [stored(MSR_TSC_AUX, 'IA32_TSC_AUX', -1, 0)]),
];

/** Rows by MSR number (int32). */
export const MSR_BY_ADDRESS: ReadonlyMap<number, MsrRow> = new Map(MSR_TABLE.map((row) => [row.address, row]));

const storageOf = (name: string): number => MSR_TABLE.find((row) => row.name === name)!.storage;
/** Where STAR (two words) and IA32_TSC_AUX are kept. */
export const STAR: number = storageOf('STAR');
export const TSC_AUX: number = storageOf('IA32_TSC_AUX');
/** Where IA32_DEBUGCTL is kept. */
export const DEBUGCTL: number = storageOf('IA32_DEBUGCTL');

/** Bits of EFER that a processor with these features has; none: it has no EFER. */
export function eferDefined(features: ReadonlySet<CpuFeature>): number {
  return (features.has('nx') ? EFER_NXE : 0) | (features.has('syscall') ? EFER_SCE : 0);
}
