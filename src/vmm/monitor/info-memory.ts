/** What the monitor tells of paging, descriptor tables and the TLB. */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CR0_PG } from '../../cpu/registers.ts';
import { TLB_DIRTY, TLB_GLOBAL, TLB_LARGE, TLB_NO_EXECUTE, TLB_USER, TLB_WRITABLE } from '../../cpu/tlb.ts';
import { physicalOf, readVirtual } from '../debug/guest-memory.ts';
import { hex32 } from '../trace-log.ts';

/** Lines of a listing; the rest is counted. */
const MAX_LINES = 1000;
const PAGES = 0x10_0000;

export function limited(lines: readonly string[]): string {
  if (lines.length <= MAX_LINES) return lines.join('\n');
  return [...lines.slice(0, MAX_LINES), `... and ${lines.length - MAX_LINES} more`].join('\n');
}

/** The TLB: linear page, physical page, rights. */
export function tlb({ tlb: { entries } }: Cpu): string {
  const flags: readonly (readonly [number, string])[] = [
    [TLB_NO_EXECUTE, 'X'],
    [TLB_GLOBAL, 'G'],
    [TLB_LARGE, 'P'],
    [TLB_DIRTY, 'D'],
    [TLB_USER, 'U'],
    [TLB_WRITABLE, 'W'],
  ];
  const lines: string[] = [];
  for (let page = 0; page < PAGES; page++) {
    const entry = entries[page]!;
    if (entry === 0) continue;
    const rights = flags.map(([bit, letter]) => ((entry & bit) !== 0 ? letter : '-')).join('');
    lines.push(`${hex32(page << 12)}: ${hex32(entry & ~0xfff)} ${rights}`);
  }
  return lines.length === 0 ? 'the TLB is empty' : limited(lines);
}

/** Ranges of linear addresses that the page tables map, one behind the other in physical memory. */
export function mappings(cpu: Cpu): string {
  if ((cpu.s32[L.CR0 >> 2]! & CR0_PG) === 0) return 'paging is off';
  const lines: string[] = [];
  let start = -1;
  let physical = 0;
  const end = (page: number) => {
    if (start < 0) return;
    const size = (page - start) * 0x1000;
    lines.push(`${hex32(start << 12)}-${hex32((page << 12) - 1)} ${hex32(size)} at ${hex32(physical)}`);
    start = -1;
  };
  for (let page = 0; page < PAGES; page++) {
    const at = physicalOf(cpu, page << 12);
    if (start >= 0 && at !== physical + (page - start) * 0x1000) end(page);
    if (at < 0 || start >= 0) continue;
    start = page;
    physical = at;
  }
  end(PAGES);
  return limited(lines);
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'TSS16',
  2: 'LDT',
  3: 'TSS16 busy',
  4: 'call gate 16',
  5: 'task gate',
  6: 'interrupt gate 16',
  7: 'trap gate 16',
  9: 'TSS32',
  11: 'TSS32 busy',
  12: 'call gate 32',
  14: 'interrupt gate 32',
  15: 'trap gate 32',
};

function typeName(high: number): string {
  const type = (high >>> 8) & 15;
  if ((high & 0x1000) === 0) return TYPES[type] ?? `system type ${type}`;
  if ((type & 8) !== 0)
    return `code ${(type & 4) !== 0 ? 'conforming ' : ''}${(type & 2) !== 0 ? 'readable' : ''}`.trimEnd();
  return `data ${(type & 4) !== 0 ? 'expand-down ' : ''}${(type & 2) !== 0 ? 'writable' : 'read-only'}`;
}

function table(
  cpu: Cpu,
  baseAt: number,
  limitAt: number,
  line: (n: number, low: number, high: number) => string,
): string {
  const base = cpu.s32[baseAt >> 2]!;
  const limit = cpu.s32[limitAt >> 2]! & 0xffff;
  const lines = [`base ${hex32(base)} limit ${limit.toString(16)}`];
  const bytes = readVirtual(cpu, base >>> 0, limit + 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (low !== 0 || high !== 0) lines.push(line(at / 8, low, high));
  }
  if (bytes.length < limit + 1) lines.push(`not mapped behind ${bytes.length.toString(16)}`);
  return limited(lines);
}

export function gdt(cpu: Cpu): string {
  return table(cpu, L.GDTR_BASE, L.GDTR_LIMIT, (n, low, high) => {
    const base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0;
    const limit = (low & 0xffff) | (high & 0xf_0000);
    const scale = (high & (1 << 23)) === 0 ? '' : ' pages';
    const present = (high & 0x8000) === 0 ? ' not present' : '';
    const selector = (n * 8).toString(16).padStart(4, '0');
    return `${selector}: base ${hex32(base)} limit ${limit.toString(16)}${scale} DPL ${(high >>> 13) & 3} ${typeName(high)}${present}`;
  });
}

export function idt(cpu: Cpu): string {
  return table(cpu, L.IDTR_BASE, L.IDTR_LIMIT, (n, low, high) => {
    const offset = ((low & 0xffff) | (high & 0xffff_0000)) >>> 0;
    const where = `${(low >>> 16).toString(16).padStart(4, '0')}:${hex32(offset)}`;
    const present = (high & 0x8000) === 0 ? ' not present' : '';
    return `${n.toString(16).padStart(2, '0')}: ${where} DPL ${(high >>> 13) & 3} ${typeName(high)}${present}`;
  });
}
