/**
 * A case as text for people: its code in Intel syntax with the bytes, the state it begins in, the memory it brings,
 * and how outcomes of it differ. What is as it would be after a reset is left out.
 */
import { disassemble, formatLine } from '../src/decoder/listing.ts';
import { type ArchState, type FuzzCase, type Outcome, type Patch, SEGMENT_NAMES } from './case.ts';
import { codeBytes, isCode32 } from './case-bytes.ts';
import { type Difference, differenceText } from './compare.ts';

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
/** Bytes shown of one patch. */
const SHOWN = 64;

const hex = (value: number, digits = 1) => (value >>> 0).toString(16).padStart(digits, '0');

/** Instructions in a row that are alike are not listed beyond this. */
const MANY = 4;

/** The code, one instruction a line: address, bytes, Intel syntax. */
export function listingOf(c: FuzzCase): string[] {
  const out: string[] = [];
  let same = 0;
  let last = '';
  const flush = () => {
    if (same > MANY) out.splice(out.length - same + 1, same - 1, `          (${same - 1} more of it)`);
    same = 0;
  };
  for (const line of disassemble(codeBytes(c), c.initial.eip, isCode32(c))) {
    if (line.text !== last) flush();
    last = line.text;
    same++;
    out.push(formatLine(line));
  }
  flush();
  return out;
}

function fpuText({ fpu, mxcsr, xmm }: ArchState): string[] {
  const out: string[] = [];
  const numbers = fpu.registers.some((digits) => /[^0]/.test(digits));
  if (numbers || fpu.control !== 0x37f || fpu.status !== 0 || fpu.empty !== 0xff) {
    out.push(`fpu control ${hex(fpu.control, 4)} status ${hex(fpu.status, 4)} empty ${hex(fpu.empty, 2)}`);
    if (numbers) {
      fpu.registers.forEach((digits, n) => {
        if (/[^0]/.test(digits)) out.push(`  R${n} ${digits.slice(0, 4)} ${digits.slice(4)}`);
      });
    }
  }
  const vectors = xmm.some((digits) => /[^0]/.test(digits));
  if (vectors || mxcsr !== 0x1f80) out.push(`mxcsr ${hex(mxcsr, 4)}`);
  xmm.forEach((digits, n) => {
    if (/[^0]/.test(digits)) out.push(`  xmm${n} ${digits}`);
  });
  return out;
}

/** A state, a few registers a line. */
export function stateText(s: ArchState): string[] {
  const segments = s.segments.map(
    ({ selector, base, limit, attributes }, n) =>
      `${SEGMENT_NAMES[n]} ${hex(selector, 4)} base ${hex(base, 8)} limit ${hex(limit, 8)} attributes ${hex(attributes, 6)}`,
  );
  const debug = s.dr.slice(0, 4).some((value) => value !== 0) || s.dr[5] !== 0x400;
  return [
    REGISTERS.map((name, n) => `${name} ${hex(s.gpr[n]!, 8)}`).join('  '),
    `eip ${hex(s.eip, 8)}  eflags ${hex(s.eflags, 8)}  cpl ${s.cpl}  cr0 ${hex(s.cr0, 8)}  cr2 ${hex(s.cr2, 8)}  cr3 ${hex(s.cr3, 8)}  cr4 ${hex(s.cr4, 8)}`,
    ...segments,
    `gdtr ${hex(s.gdtr.base, 8)} ${hex(s.gdtr.limit, 4)}  idtr ${hex(s.idtr.base, 8)} ${hex(s.idtr.limit, 4)}`,
    ...(debug ? [`dr0-3, dr6, dr7 ${s.dr.map((value) => hex(value, 8)).join(' ')}`] : []),
    ...(s.sysenter.some((value) => value !== 0) ? [`sysenter ${s.sysenter.map((value) => hex(value)).join(' ')}`] : []),
    ...fpuText(s),
  ];
}

function patchText({ at, bytes }: Patch): string {
  const shown = Array.from(bytes.subarray(0, SHOWN), (byte) => hex(byte, 2)).join(' ');
  return `${hex(at, 5)}: ${shown}${bytes.length > SHOWN ? ` ... (${bytes.length} bytes)` : ''}`;
}

/** Memory as patches, a line each. */
export function memoryText(patches: readonly Patch[]): string[] {
  return patches.map(patchText);
}

/** How a run ended, what was retired, the state and what was written. */
export function outcomeText(outcome: Outcome): string[] {
  const { ending, retired } = outcome;
  const how =
    ending.kind === 'exception'
      ? `${ending.software ? 'software interrupt' : 'exception'} ${ending.vector}` +
        (ending.errorCode === undefined ? '' : `, error code ${hex(ending.errorCode)}`)
      : ending.kind === 'failed'
        ? `failed: ${ending.message}`
        : ending.kind;
  return [
    `${how}${retired === undefined ? '' : ` after ${retired} instructions`}`,
    ...stateText(outcome.state).map((line) => `  ${line}`),
    ...(outcome.written.length === 0
      ? []
      : ['  written:', ...memoryText(outcome.written).map((line) => `    ${line}`)]),
  ];
}

/** A case: what it is, its code, its state, its memory. */
export function caseText(c: FuzzCase): string[] {
  const events = c.interrupts.map(({ after, vector }) => `interrupt ${hex(vector, 2)} after ${after}`);
  return [
    `case ${c.name}, ${c.mode}, at most ${c.steps} instructions, ` +
      (c.exceptions === 'first' ? 'up to the first exception' : 'exceptions are delivered'),
    ...events.map((line) => `  ${line}`),
    ...listingOf(c).map((line) => `  ${line}`),
    'begins with',
    ...stateText(c.initial).map((line) => `  ${line}`),
    ...(c.background ? [`background of seed ${c.background.seed} at ${hex(c.background.at)}`] : []),
    'memory',
    ...memoryText(c.patches).map((line) => `  ${line}`),
  ];
}

/** Differences, a line each. */
export function differencesText(differences: readonly Difference[], left: string, right: string): string[] {
  return differences.map((difference) => `  ${differenceText(difference, left, right)}`);
}
