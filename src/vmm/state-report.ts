/**
 * The processor's state as text, for a triple fault or a processor that is
 * halted for ever.
 */
import type { Cpu } from '../cpu/cpu.ts';
import * as L from '../cpu/layout.ts';
import { CS, TR } from '../cpu/registers.ts';
import { hex32 } from './trace-log.ts';

const GENERAL = ['EAX', 'ECX', 'EDX', 'EBX', 'ESP', 'EBP', 'ESI', 'EDI'];
const SEGMENT = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS', 'LDT', 'TR'];
const CODE_BYTES = 16;

/** Several lines: registers, segments, tables, control registers, the bytes at CS:EIP. Changes nothing. */
export function stateReport(cpu: Cpu): string {
  const word = (offset: number) => hex32(cpu.s32[offset >> 2] ?? 0);
  const lines: string[] = [];
  const pairs = GENERAL.map((name, i) => `${name}=${hex32(cpu.gpr[i] ?? 0)}`);
  lines.push(pairs.slice(0, 4).join(' '), pairs.slice(4).join(' '));
  lines.push(`EIP=${word(L.EIP)} EFL=${word(L.EFLAGS)} CPL=${cpu.cpl} HLT=${cpu.halted ? 1 : 0}`);
  for (let seg = 0; seg <= TR; seg++) {
    const selector = (cpu.segSelector(seg) & 0xffff).toString(16).padStart(4, '0');
    const name = (SEGMENT[seg] ?? '').padEnd(3);
    const cache = `${hex32(cpu.segBase(seg))} ${hex32(cpu.segLimit(seg))} ${hex32(cpu.segAttr(seg))}`;
    lines.push(`${name} =${selector} ${cache}`);
  }
  lines.push(`GDT=${word(L.GDTR_BASE)} ${word(L.GDTR_LIMIT)}  IDT=${word(L.IDTR_BASE)} ${word(L.IDTR_LIMIT)}`);
  lines.push(`CR0=${word(L.CR0)} CR2=${word(L.CR2)} CR3=${word(L.CR3)} CR4=${word(L.CR4)}`);
  lines.push(`Code=${codeAt(cpu)}`);
  return lines.join('\n');
}

/** One line for `-d int`: what is delivered, and where the guest stood. */
export function deliveryLine(cpu: Cpu, vector: number, software: boolean, errorCode: number | undefined): string {
  const selector = (cpu.segSelector(CS) & 0xffff).toString(16).padStart(4, '0');
  const parts = [
    `int=${vector.toString(16).padStart(2, '0')}`,
    software ? 'soft' : 'hard',
    errorCode === undefined ? '' : `error=${(errorCode & 0xffff).toString(16).padStart(4, '0')}`,
    `cpl=${cpu.cpl} pc=${selector}:${hex32(cpu.eip)} esp=${hex32(cpu.gpr[4] ?? 0)} eax=${hex32(cpu.gpr[0] ?? 0)}`,
    vector === 14 && !software ? `cr2=${hex32(cpu.s32[L.CR2 >> 2] ?? 0)}` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Bytes at CS:EIP, as far as the TLB maps them: a report must not walk or fault. */
function codeAt(cpu: Cpu): string {
  const linear = (cpu.segBase(CS) + cpu.eip) >>> 0;
  const paging = (cpu.s32[L.CR0 >> 2] ?? 0) < 0;
  const entry = cpu.tlb.entries[linear >>> 12] ?? 0;
  if (paging && entry === 0) return '(not mapped)';
  const physical = paging ? ((entry & ~0xfff) | (linear & 0xfff)) >>> 0 : linear;
  const length = Math.min(CODE_BYTES, 0x1000 - (physical & 0xfff));
  return [...cpu.memory.readBytes(physical, length)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
}
