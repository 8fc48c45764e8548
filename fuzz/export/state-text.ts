/**
 * Assembly that puts a case's state in place, from 32-bit protected mode at level 0, and jumps to its code.
 *
 * Segment registers are loaded from tables of the image's own, whose entries are made just before, so that
 * each gets what the case says whatever lies in the case's tables. Then the case's own tables and control
 * registers are loaded, and the last jump or IRET loads CS, and of an outer level SS.
 */
import { CR0_PE, CS, LDTR, SS, TR, VM } from '../../src/cpu/registers.ts';
import type { ArchState, SegmentState } from '../case.ts';
import { descriptorWords } from './surroundings.ts';

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const GPR = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

/** The image's own tables, 64 KB each, and selectors of its own, which cases do not use. */
export const OWN_GDT = 0x30_0000;
export const OWN_LDT = 0x31_0000;
export const OWN_CODE = 0xffe0;
export const OWN_DATA = 0xffd8;
export const OWN_CODE_16 = 0xffd0;
const OWN_LDTR = 0xffc8;
const OWN_TR = 0xffc0;
const OWN_STACK = 0xffb0;

/** Instructions that write a descriptor into one of the image's own tables. */
export function entryText(selector: number, words: readonly [number, number]): string {
  const at = ((selector & 4) !== 0 ? OWN_LDT : OWN_GDT) + (selector & 0xfff8);
  return `  mov dword [${hex(at)}], ${hex(words[0])}\n  mov dword [${hex(at + 4)}], ${hex(words[1])}`;
}

function loadSegment(name: string, segment: SegmentState): string {
  const { selector, attributes } = segment;
  if (attributes === 0 || (selector & 0xfffc) === 0) return `  mov ax, ${hex(selector & 3)}\n  mov ${name}, ax`;
  return `${entryText(selector, descriptorWords(segment))}\n  mov ax, ${hex(selector)}\n  mov ${name}, ax`;
}

/** LDTR and TR: entries are made while data is flat; they are loaded after everything else. */
function systemEntries(s: ArchState): { entries: string; load: string } {
  const [ldtr, tr] = [s.segments[LDTR]!, s.segments[TR]!];
  const lines: string[] = [];
  const load: string[] = [];
  if ((ldtr.selector & 0xfffc) !== 0) lines.push(entryText(ldtr.selector & 0xfff8, descriptorWords(ldtr)));
  load.push(`  mov ax, ${hex(ldtr.selector)}`, '  lldt ax');
  const task = (tr.selector & 0xfffc) !== 0 ? tr.selector : OWN_TR;
  // LTR wants one that is not busy.
  lines.push(entryText(task & 0xfff8, descriptorWords({ ...tr, attributes: tr.attributes & ~0x200 })));
  load.push(`  mov ax, ${hex(task)}`, '  ltr ax');
  return { entries: lines.join('\n'), load: load.join('\n') };
}

/** Model-specific and debug registers, x87, SSE: what does not stand in the way of the image itself. */
function quietRegisters(s: ArchState): string {
  const lines: string[] = [];
  s.sysenter.forEach((value, n) => {
    lines.push(`  mov ecx, ${0x174 + n}`, `  mov eax, ${hex(value)}`, '  xor edx, edx', '  wrmsr');
  });
  lines.push(`  mov eax, ${hex(s.cr4 | 0x200)}`, '  mov cr4, eax', '  fxrstor [floating]');
  if (s.dr.some((value, n) => value !== [0, 0, 0, 0, 0xffff_0ff0, 0x400][n])) {
    s.dr.forEach((value, n) => {
      lines.push(`  mov eax, ${hex(value)}`, `  mov dr${n < 4 ? n : n + 2}, eax`);
    });
  }
  lines.push(`  mov eax, ${hex(s.cr2)}`, '  mov cr2, eax', `  mov eax, ${hex(s.cr3)}`, '  mov cr3, eax');
  lines.push(`  mov eax, ${hex(s.cr4)}`, '  mov cr4, eax');
  return lines.join('\n');
}

function generalRegisters(s: ArchState, esp: boolean): string {
  return GPR.map((name, n) => (name === 'esp' && !esp ? '' : `  mov ${name}, ${hex(s.gpr[n]!)}`))
    .filter((line) => line !== '')
    .join('\n');
}

const TABLES = `  lgdt [cs:case_gdtr]
  lidt [cs:case_idtr]`;

/**
 * A stack of the image's own whose ESP has the upper half that the case's has: IRET to a 16-bit stack leaves
 * that half as it is.
 */
function stackLike(esp: number, end: number): string {
  const own = ((esp & 0xffff_0000) | 0x8000) >>> 0;
  const base = (end - own) >>> 0;
  const words = descriptorWords({ selector: OWN_STACK, base, limit: 0xffff_ffff, attributes: 0xc0_9300 });
  return `${entryText(OWN_STACK, words)}\n  mov ax, ${hex(OWN_STACK)}\n  mov ss, ax\n  mov esp, ${hex(own)}`;
}

function protectedText(s: ArchState, end: number): string {
  const system = systemEntries(s);
  const [es, cs, ss, ds, fs, gs] = s.segments as [SegmentState, ...SegmentState[]] & readonly SegmentState[];
  const virtual = (s.eflags & VM) !== 0;
  const outer = s.cpl > 0;
  const lines = [system.entries, `  mov ax, ${OWN_LDTR}`, '  lldt ax'];
  if (outer) {
    lines.push(stackLike(s.gpr[4]!, end));
    if (virtual) for (const segment of [gs, fs, ds, es]) lines.push(`  push dword ${hex(segment!.selector)}`);
    lines.push(`  push dword ${hex(ss!.selector)}`, `  push dword ${hex(s.gpr[4]!)}`);
    lines.push(`  push dword ${hex(s.eflags)}`, `  push dword ${hex(cs!.selector)}`, `  push dword ${hex(s.eip)}`);
  } else {
    lines.push(`  push dword ${hex(s.eflags & ~0x1_0100)}`, '  popfd');
  }
  if (!virtual) {
    lines.push(loadSegment('es', es!), loadSegment('fs', fs!), loadSegment('gs', gs!));
    if (!outer) lines.push(loadSegment('ss', ss!));
    lines.push(loadSegment('ds', ds!));
  }
  lines.push(system.load, TABLES, `  mov eax, ${hex(s.cr0)}`, '  mov cr0, eax', generalRegisters(s, !outer));
  lines.push(outer ? '  iretd' : `  jmp dword ${hex(cs!.selector)}:${hex(s.eip)}`);
  return lines.join('\n');
}

/** Real mode: limits are those that protected mode has left, bases come with the selectors. */
function realText(s: ArchState): string {
  const named: readonly (readonly [string, number])[] = [
    ['es', 0],
    ['fs', 4],
    ['gs', 5],
    ['ss', SS],
    ['ds', 3],
  ];
  const limits = named.map(([name, n]) =>
    loadSegment(name, { selector: 0xffb8, base: 0, limit: s.segments[n]!.limit, attributes: 0x9300 }),
  );
  const bases = named.map(([name, n]) => `  mov ax, ${hex(s.segments[n]!.selector)}\n  mov ${name}, ax`);
  const system = systemEntries(s);
  return `${system.entries}
${limits.join('\n')}
${system.load}
  jmp dword ${hex(OWN_CODE_16)}:(real_mode - IMAGE)
bits 16
real_mode:
  o32 lgdt [cs:dword case_gdtr - IMAGE]
  o32 lidt [cs:dword case_idtr - IMAGE]
  mov eax, ${hex(s.cr0)}
  mov cr0, eax
  mov ax, REPORT_AT >> 4
  mov ss, ax
  mov esp, REPORT_ROOM
  push dword ${hex(s.eflags & ~0x1_0100)}
  popfd
${bases.join('\n')}
${generalRegisters(s, true)}
  jmp word ${hex(s.segments[CS]!.selector)}:${hex(s.eip & 0xffff)}
bits 32`;
}

/**
 * From flat protected mode, with the case's memory in place, into the case.
 * @param end the image ends there, with its stack
 */
export function stateText(s: ArchState, end: number): string {
  const own = [
    entryText(OWN_LDTR, [0xffff | ((OWN_LDT & 0xffff) << 16), 0x8200 | (OWN_LDT >>> 16)]),
    quietRegisters(s),
    (s.cr0 & CR0_PE) === 0 ? realText(s) : protectedText(s, end),
  ];
  return own.join('\n');
}

/** FXRSTOR's operand. */
export function floatingImage(s: ArchState): Uint8Array {
  const { fpu } = s;
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  const top = (fpu.status >>> 11) & 7;
  view.setUint16(0, fpu.control, true);
  view.setUint16(2, fpu.status, true);
  bytes[4] = ~fpu.empty & 0xff;
  view.setUint16(6, fpu.opcode, true);
  view.setUint32(8, fpu.ip, true);
  view.setUint16(12, fpu.cs, true);
  view.setUint32(16, fpu.dp, true);
  view.setUint16(20, fpu.ds, true);
  view.setUint32(24, s.mxcsr, true);
  const put = (digits: string, at: number) => {
    const values = digits.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
    bytes.set(values.reverse(), at);
  };
  for (let n = 0; n < 8; n++) {
    put(fpu.registers[(top + n) & 7]!, 32 + n * 16);
    put(s.xmm[n]!, 160 + n * 16);
  }
  return bytes;
}
