/**
 * What can come of an instruction in a mode: which cells of the coverage matrix there are.
 * Derived from operands, feature and mnemonic by SDM vol. 2's lists of exceptions. Exceptions of fetching an instruction
 * belong to no row and have no cells.
 */
import type { OpcodeRow } from '../src/decoder/opcode-row.ts';
import type { Mode } from './case.ts';
import { type CellOutcome, type Form, isString } from './cells.ts';
import { isModelled } from './generate/rows.ts';

const named = (names: string) => new Set(names.split(' '));

/** #UD in real and virtual-8086 mode. */
const PROTECTED_ONLY = named('arpl lar lsl verr verw lldt ltr sldt str');
/** #UD always. RSM outside of SMM. */
const NEVER = named('ud0 ud1 ud2 rsm');
/** #UD outside of level 0. */
const UNDEFINED_OUTSIDE = named('clac stac');
/** Their memory operand is an address, or a hint. */
const NO_ACCESS = named('lea nop prefetchnta prefetcht0 prefetcht1 prefetcht2 invlpg');
const STACK = named('push pop pusha popa pushf popf enter leave call ret callf retf iret');
/** Privileged, by the level alone or by IOPL and its kin. */
const PRIVILEGED = named(
  'hlt cli sti in out ins outs lgdt lidt lldt ltr lmsw clts invlpg invd wbinvd wrmsr rdmsr rdpmc rdtsc rdtscp mov-system sysexit sysenter sysret',
);
/** #GP(0) in virtual-8086 mode below IOPL 3. */
const BY_IOPL = named('pushf popf iret');
const TRANSFERS = /^(call|jmp|ret|jcc|loop|loope|loopne|jcxz|callf|jmpf|retf|iret)$/;
const SELECTORS = named('les lds lss lfs lgs callf jmpf retf iret');
const X87_NO_WAIT = /^fn(?!op)/;
/** At level 0 only: never with alignment checks, and in virtual-8086 mode never further than the level. */
const LEVEL_0 = named('hlt lgdt lidt lldt ltr lmsw clts invlpg invd wbinvd wrmsr rdmsr sysexit sysret');
/** 16 bytes that need not be aligned: whether they raise #AC is the processor's own. */
const UNALIGNED = /^(movdqu|movups|movupd|lddqu|pcmp[ei]str[im])$/;
/** Integers that any double holds: nothing is rounded. */
const EXACT = named('cvtpi2pd cvtsi2sd cvtdq2pd');
const DIVIDES = named('div idiv aam');
const PACKED_MOVES =
  /^(mov|and|or|xor|punpck|unpck|shuf|pand|por|pxor|maskmov|movnt|rcp|rsqrt|ldmxcsr|stmxcsr|prefetch|[lms]fence|blend|extract|insert|lddqu)/;

/** Arithmetic on floats in XMM registers: #XF where an exception is unmasked. */
function isSimdFloat(row: OpcodeRow): boolean {
  if (!/^sse([23]|41)?$/.test(row.feature)) return false;
  const float = row.operands.some((operand) => /(ps|pd|ss|sd|pi)$/.test(operand)) || row.mnemonic.startsWith('cvt');
  return float && !PACKED_MOVES.test(row.mnemonic) && !/^(p[a-z]|emms)/.test(row.mnemonic);
}

function isSystemMove(row: OpcodeRow): boolean {
  return row.mnemonic === 'mov' && row.operands.some((operand) => operand === 'Cd' || operand === 'Dd');
}

function isSegmentLoad(row: OpcodeRow): boolean {
  if (row.mnemonic === 'mov') return row.operands[0] === 'Sw';
  return row.mnemonic === 'pop' && /^[C-G]?[DEFGS]S$/.test(row.operands[0] ?? '');
}

/** Whether only level 0 may execute it. */
export function needsLevel0(row: OpcodeRow): boolean {
  return LEVEL_0.has(row.mnemonic) || isSystemMove(row);
}

const SOFTWARE: Readonly<Record<string, CellOutcome>> = { int: 'int', int3: 'int', into: 'int', int1: '#DB' };

/** Does it access memory through its operand? */
function accesses(row: OpcodeRow, form: Form): boolean {
  if (row.mnemonic === 'xlat' || row.mnemonic.startsWith('maskmov')) return true;
  return /^(mem|rep)/.test(form) && !NO_ACCESS.has(row.mnemonic);
}

/** Whether its operand has 16 bytes that must be aligned, by which #AC is never raised. */
function hasVector(row: OpcodeRow): boolean {
  return row.operands.some((operand) => /^[WM](x|ps|pd|dq)$/.test(operand)) || row.operands.includes('Mfx');
}

function hasByte(row: OpcodeRow): boolean {
  return (
    row.operands.some((operand) => /^[EMOXYW]b$|Mb$/.test(operand)) ||
    row.mnemonic === 'xlat' ||
    row.mnemonic.startsWith('maskmov')
  );
}

/** The exceptions of a memory access. */
function ofAccess(row: OpcodeRow, form: Form, mode: Mode, add: (...list: CellOutcome[]) => void): void {
  const real = mode === 'real';
  if (accesses(row, form)) {
    // The destination of a string instruction is in ES always.
    const toExtra = isString(row) && !/X[bvz]/.test(row.operands.join());
    add('#GP');
    if (!toExtra) add('#SS');
    if (!real) add('#PF');
    if (!real && (!hasVector(row) || UNALIGNED.test(row.mnemonic)) && !hasByte(row)) add('#AC');
    if (!real && row.mnemonic === 'maskmovq') add('#AC');
  }
  if (STACK.has(row.mnemonic)) {
    add('#SS');
    if (!real) add('#PF', '#AC');
  }
}

function ofSystem(row: OpcodeRow, form: Form, mode: Mode, add: (...list: CellOutcome[]) => void): void {
  const { mnemonic } = row;
  const real = mode === 'real';
  const virtual = mode === 'virtual8086';
  const name = isSystemMove(row) ? 'mov-system' : mnemonic;
  if (PRIVILEGED.has(name) && !real) add('#GP');
  if (BY_IOPL.has(mnemonic) && virtual) add('#GP');
  if (isSystemMove(row) && row.operands.includes('Dd')) add('#DB');
  if (
    /^(wrmsr|rdmsr|rdpmc|sysexit|sysret|sysenter)$/.test(mnemonic) ||
    (name === 'mov-system' && row.operands[0] === 'Cd')
  )
    add('#GP');
  // Beyond the limit of the code segment: of 64 KB in real and virtual-8086 mode, which 16 bits do not leave.
  const within = (real || virtual) && form.endsWith('16');
  if (TRANSFERS.test(mnemonic) && !within) add('#GP');
  if (SELECTORS.has(mnemonic) || isSegmentLoad(row)) {
    if (!real && !virtual) {
      add('#GP');
      // An absent stack segment is #SS.
      if (mnemonic !== 'lss' && row.operands[0] !== 'SS') add('#NP');
      if (mnemonic === 'lss' || row.operands[0] === 'SS' || row.operands[0] === 'Sw') add('#SS');
      if (/^(callf|jmpf|retf|iret)$/.test(mnemonic)) add('#SS', '#PF');
      // A task, or the inner stack of a gate; RETF goes through neither.
      if (/^(callf|jmpf|iret)$/.test(mnemonic)) add('#TS');
    }
  }
  if (/^(lldt|ltr)$/.test(mnemonic)) add('#NP', '#GP');
}

function ofNumbers(row: OpcodeRow, form: Form, add: (...list: CellOutcome[]) => void): void {
  const { feature, mnemonic } = row;
  if (DIVIDES.has(mnemonic)) add('#DE');
  if (mnemonic === 'bound') add('#BR');
  if (mnemonic === 'wait') add('#NM', '#MF');
  if (/^(fpu|fcmov|fisttp)$/.test(feature) || /^(ffreep|fstpnce)$/.test(mnemonic))
    add('#NM', ...(X87_NO_WAIT.test(mnemonic) ? [] : (['#MF'] as const)));
  // MMX, and conversions between MMX and XMM registers.
  if (feature === 'mmx' || row.operands.some((operand) => /^[PQN]/.test(operand))) {
    add('#NM');
    // From memory it has nothing to do with the x87.
    if (mnemonic !== 'cvtpi2pd' || form !== 'mem') add('#MF');
  }
  if (/^(s?sse|fxsr)/.test(feature) && !/^(prefetch|[lms]fence|movnti|crc32)/.test(mnemonic)) add('#NM');
  if (isSimdFloat(row) && !EXACT.has(mnemonic)) add('#XF');
}

/**
 * Outcomes that are possible.
 * @returns the cells there are of a row, form and mode; never empty
 */
export function possibleOutcomes(row: OpcodeRow, form: Form, mode: Mode): ReadonlySet<CellOutcome> {
  const found = new Set<CellOutcome>();
  const add = (...list: CellOutcome[]) => {
    for (const outcome of list) found.add(outcome);
  };
  const { mnemonic } = row;
  const segmented = mode === 'protected16' || mode === 'protected32';
  if (NEVER.has(mnemonic) || !isModelled(row) || (PROTECTED_ONLY.has(mnemonic) && !segmented)) return found.add('#UD');
  if (UNDEFINED_OUTSIDE.has(mnemonic) && mode === 'virtual8086') return found.add('#UD');
  // LOCK makes #UD of whatever it has no business with.
  if (!row.lockable || form.startsWith('reg')) add('#UD');
  const software = SOFTWARE[mnemonic];
  if (software !== undefined) {
    add(software);
    // CR4.VME redirects it to a handler of the program's own.
    if (mode === 'virtual8086' && mnemonic === 'int') add('#GP', '#SS', '#PF', 'ok');
    if (mnemonic !== 'into') return found;
  }
  add('ok');
  ofAccess(row, form, mode, add);
  ofSystem(row, form, mode, add);
  ofNumbers(row, form, add);
  if (LEVEL_0.has(mnemonic)) {
    found.delete('#AC');
    if (mode === 'virtual8086') for (const outcome of [...found]) if (!/#(GP|UD)/.test(outcome)) found.delete(outcome);
  }
  // No counters are modelled; real mode has no SYSENTER.
  if (mnemonic === 'rdpmc' || (/^sys(enter|exit|call|ret)$/.test(mnemonic) && mode === 'real')) found.delete('ok');
  if (isSystemMove(row) && mode === 'virtual8086') {
    found.delete('ok');
    found.delete('#DB');
  }
  return found;
}
