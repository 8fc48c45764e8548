/**
 * Guest memory as a debugger sees it: through the page tables, without rights,
 * and without leaving a trace: no accessed bits, no TLB entries, no faults.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { CR0, CR3, CR4 } from '../../cpu/layout.ts';
import { CR0_PG, CR4_PAE, CR4_PSE } from '../../cpu/registers.ts';

const PRESENT = 1;
const PAGE_SIZE_BIT = 0x80;

/** Physical address of a linear one as the page tables have it now, unsigned; -1 where nothing is mapped. */
export function physicalOf(cpu: Cpu, linear: number): number {
  if ((cpu.s32[CR0 >> 2]! & CR0_PG) === 0) return linear >>> 0;
  return (cpu.s32[CR4 >> 2]! & CR4_PAE) !== 0 ? walkPae(cpu, linear) : walk32(cpu, linear);
}

/** A word of a page table; tables outside RAM read as ones. */
function entry(cpu: Cpu, physical: number): number {
  return new DataView(cpu.memory.readBytes(physical >>> 0, 4).buffer).getInt32(0, true);
}

function walk32(cpu: Cpu, linear: number): number {
  const pde = entry(cpu, (cpu.s32[CR3 >> 2]! & ~0xfff) + ((linear >>> 22) << 2));
  if ((pde & PRESENT) === 0) return -1;
  if ((pde & PAGE_SIZE_BIT) !== 0 && (cpu.s32[CR4 >> 2]! & CR4_PSE) !== 0) {
    return ((pde & 0xffc0_0000) | (linear & 0x3f_ffff)) >>> 0;
  }
  const pte = entry(cpu, (pde & ~0xfff) + (((linear >>> 12) & 0x3ff) << 2));
  return (pte & PRESENT) === 0 ? -1 : ((pte & ~0xfff) | (linear & 0xfff)) >>> 0;
}

/** Addresses above 4 GiB are not mapped here. */
function walkPae(cpu: Cpu, linear: number): number {
  const pdpte = cpu.pdpte[(linear >>> 30) * 2]!;
  if ((pdpte & PRESENT) === 0) return -1;
  const pde = entry(cpu, (pdpte & ~0xfff) + (((linear >>> 21) & 0x1ff) << 3));
  if ((pde & PRESENT) === 0) return -1;
  if ((pde & PAGE_SIZE_BIT) !== 0) return ((pde & 0xffe0_0000) | (linear & 0x1f_ffff)) >>> 0;
  const pte = entry(cpu, (pde & ~0xfff) + (((linear >>> 12) & 0x1ff) << 3));
  return (pte & PRESENT) === 0 ? -1 : ((pte & ~0xfff) | (linear & 0xfff)) >>> 0;
}

/**
 * Bytes at a linear address.
 * @returns as many as are mapped, up to the first page that is not
 */
export function readVirtual(cpu: Cpu, address: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const linear = (address + done) >>> 0;
    const physical = physicalOf(cpu, linear);
    if (physical < 0 || !cpu.memory.isReadable(physical >>> 12)) break;
    const n = Math.min(0x1000 - (linear & 0xfff), length - done);
    out.set(cpu.memory.readBytes((physical & cpu.memory.a20Mask) >>> 0, n), done);
    done += n;
  }
  return out.subarray(0, done);
}

/** Writes bytes at a linear address, into RAM only. Returns false, and writes nothing, where some of it is not mapped. */
export function writeVirtual(cpu: Cpu, address: number, bytes: Uint8Array): boolean {
  const parts: [number, Uint8Array][] = [];
  for (let done = 0; done < bytes.length; ) {
    const linear = (address + done) >>> 0;
    const physical = physicalOf(cpu, linear);
    if (physical < 0 || !cpu.memory.isRam(physical >>> 12)) return false;
    const n = Math.min(0x1000 - (linear & 0xfff), bytes.length - done);
    parts.push([(physical & cpu.memory.a20Mask) >>> 0, bytes.subarray(done, done + n)]);
    done += n;
  }
  for (const [physical, part] of parts) cpu.memory.writeBytes(physical, part);
  return true;
}
