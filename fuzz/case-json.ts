/**
 * Cases as JSON texts. Addresses and registers are written as "0x..." strings, counts as numbers, bytes as
 * hexadecimal digits; reading takes either form of number. Whatever is read back is a case that any oracle can be
 * given: sizes and ranges are checked here.
 */
import {
  type ArchState,
  type Background,
  CASE_MEMORY,
  type FuzzCase,
  MODES,
  type Patch,
  SEGMENT_NAMES,
  type SegmentState,
  type TableRegister,
} from './case.ts';
import { type JsonValue, parseJson } from './json-reader.ts';

/** First field of every case's file. */
export const CASE_FORMAT = 'transvisor fuzz case 1';
/** Most of what a case may have. */
export const MAX_PATCHES = 4096;
export const MAX_STEPS = 1_000_000;
export const MAX_INTERRUPTS = 256;
const MAX_NAME = 200;
const MAX_NOTE = 4000;
const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;
const DEBUG = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'] as const;

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const hexBytes = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

// ---- writing ---------------------------------------------------------------------------------

function named<T, U>(names: readonly string[], values: readonly T[], write: (value: T) => U): Record<string, U> {
  return Object.fromEntries(names.map((name, n) => [name, write(values[n]!)]));
}

const tableOut = ({ base, limit }: TableRegister) => ({ base: hex(base), limit: hex(limit) });

/** A state as JSON data. */
export function stateToJson(state: ArchState): unknown {
  const { fpu } = state;
  return {
    registers: named(REGISTERS, state.gpr, hex),
    eip: hex(state.eip),
    eflags: hex(state.eflags),
    segments: named(SEGMENT_NAMES, state.segments, (s) => ({
      selector: hex(s.selector),
      base: hex(s.base),
      limit: hex(s.limit),
      attributes: hex(s.attributes),
    })),
    cpl: state.cpl,
    cr0: hex(state.cr0),
    cr2: hex(state.cr2),
    cr3: hex(state.cr3),
    cr4: hex(state.cr4),
    debug: named(DEBUG, state.dr, hex),
    gdtr: tableOut(state.gdtr),
    idtr: tableOut(state.idtr),
    sysenter: named(['cs', 'esp', 'eip'], state.sysenter, hex),
    fpu: {
      control: hex(fpu.control),
      status: hex(fpu.status),
      empty: hex(fpu.empty),
      registers: fpu.registers,
      opcode: hex(fpu.opcode),
      ip: hex(fpu.ip),
      cs: hex(fpu.cs),
      dp: hex(fpu.dp),
      ds: hex(fpu.ds),
    },
    mxcsr: hex(state.mxcsr),
    xmm: state.xmm,
  };
}

const patchOut = ({ at, bytes }: Patch) => ({ at: hex(at), bytes: hexBytes(bytes) });

/** Patches as JSON data. */
export function patchesToJson(patches: readonly Patch[]): unknown {
  return patches.map(patchOut);
}

/**
 * A case as the text of a file.
 * @param note what it shows, for people; no reader looks at it
 */
export function caseToJson(c: FuzzCase, note?: string): string {
  const { background } = c;
  const data = {
    format: CASE_FORMAT,
    ...(note !== undefined && { note: note.slice(0, MAX_NOTE) }),
    name: c.name,
    mode: c.mode,
    codeLength: c.codeLength,
    steps: c.steps,
    exceptions: c.exceptions,
    interrupts: c.interrupts,
    background: background ? { at: hex(background.at), size: hex(background.size), seed: background.seed } : null,
    initial: stateToJson(c.initial),
    memory: c.patches.map(patchOut),
  };
  return `${JSON.stringify(data, undefined, 1)}\n`;
}

// ---- reading ---------------------------------------------------------------------------------

function segmentIn(v: JsonValue): SegmentState {
  return {
    selector: v.field('selector').integer(0, 0xffff),
    base: v.field('base').word(),
    limit: v.field('limit').word(),
    attributes: v.field('attributes').word() & 0x00f0_ff00,
  };
}

function tableIn(v: JsonValue): TableRegister {
  return { base: v.field('base').word(), limit: v.field('limit').integer(0, 0xffff) };
}

/** Reads a state. @throws FileError */
export function stateFromJson(v: JsonValue): ArchState {
  const fpu = v.field('fpu');
  const sysenter = v.field('sysenter');
  return {
    gpr: REGISTERS.map((name) => v.field('registers').field(name).word()),
    eip: v.field('eip').word(),
    eflags: v.field('eflags').word(),
    segments: SEGMENT_NAMES.map((name) => segmentIn(v.field('segments').field(name))),
    cpl: v.field('cpl').integer(0, 3),
    cr0: v.field('cr0').word(),
    cr2: v.field('cr2').word(),
    cr3: v.field('cr3').word(),
    cr4: v.field('cr4').word(),
    dr: DEBUG.map((name) => v.field('debug').field(name).word()),
    gdtr: tableIn(v.field('gdtr')),
    idtr: tableIn(v.field('idtr')),
    sysenter: [sysenter.field('cs').word(), sysenter.field('esp').word(), sysenter.field('eip').word()],
    fpu: {
      control: fpu.field('control').integer(0, 0xffff),
      status: fpu.field('status').integer(0, 0xffff),
      empty: fpu.field('empty').integer(0, 0xff),
      registers: fpu
        .field('registers')
        .items(8)
        .map((r) => r.digits(20)),
      opcode: fpu.field('opcode').integer(0, 0x7ff),
      ip: fpu.field('ip').word(),
      cs: fpu.field('cs').integer(0, 0xffff),
      dp: fpu.field('dp').word(),
      ds: fpu.field('ds').integer(0, 0xffff),
    },
    mxcsr: v.field('mxcsr').integer(0, 0xffff),
    xmm: v
      .field('xmm')
      .items(8)
      .map((r) => r.digits(32)),
  };
}

function patchIn(v: JsonValue): Patch {
  const at = v.field('at').integer(0, CASE_MEMORY - 1);
  return { at, bytes: v.field('bytes').bytes(CASE_MEMORY - at) };
}

/** Reads patches: addresses below CASE_MEMORY. @throws FileError */
export function patchesFromJson(v: JsonValue): Patch[] {
  return v.items({ most: MAX_PATCHES }).map(patchIn);
}

function backgroundIn(v: JsonValue): Background | undefined {
  if (v.value === null || v.value === undefined) return undefined;
  const at = v.field('at').integer(0, CASE_MEMORY - 4);
  const size = v.field('size').integer(4, CASE_MEMORY - at);
  if (size % 4 !== 0 || at % 4 !== 0) v.fail('at and of a multiple of 4');
  return { at, size, seed: v.field('seed').integer(1, 0x7fff_ffff) };
}

/** Reads a case from JSON data. @throws FileError */
export function caseFromValue(v: JsonValue): FuzzCase {
  const format = v.field('format');
  if (format.value !== CASE_FORMAT) format.fail(`"${CASE_FORMAT}"`);
  const interrupts = v
    .field('interrupts')
    .items({ most: MAX_INTERRUPTS })
    .map((i) => ({ after: i.field('after').integer(0, MAX_STEPS), vector: i.field('vector').integer(0, 255) }));
  interrupts.forEach(({ after }, n) => {
    if (n > 0 && after < interrupts[n - 1]!.after) v.field('interrupts').fail('in the order of "after"');
  });
  return {
    name: v.field('name').text(MAX_NAME),
    mode: v.field('mode').oneOf(MODES),
    initial: stateFromJson(v.field('initial')),
    background: backgroundIn(v.field('background')),
    patches: patchesFromJson(v.field('memory')),
    codeLength: v.field('codeLength').integer(0, CASE_MEMORY),
    steps: v.field('steps').integer(1, MAX_STEPS),
    exceptions: v.field('exceptions').oneOf(['first', 'deliver']),
    interrupts,
  };
}

/**
 * Reads a case from the text of a file.
 * @param file its name, for messages
 * @throws FileError in one line: file, field, value, rule
 */
export function caseFromJson(file: string, text: string): FuzzCase {
  return caseFromValue(parseJson(file, text));
}
