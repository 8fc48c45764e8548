/**
 * The page walk: two-level 32-bit paging with 4 MB pages, and PAE with NX
 * (SDM vol. 3 chapter 4). A walk sets A (and D for a write) as hardware does
 * and returns a TLB word; what is not permitted throws #PF.
 */
import type { Cpu } from './cpu.ts';
import { PF_FETCH, PF_PRESENT, PF_RESERVED, PF_USER, PF_WRITE, VEC_PF } from './exceptions.ts';
import { CR0, CR2, CR3, CR4, EFER } from './layout.ts';
import { CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, CR4_SMEP } from './registers.ts';
import { TLB_DIRTY, TLB_GLOBAL, TLB_LARGE, TLB_NO_EXECUTE, TLB_USER, TLB_VALID, TLB_WRITABLE } from './tlb.ts';

const P = 1;
const RW = 2;
const US = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
const EFER_NXE = 1 << 11;

/** What the walk is for. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_FETCH = 2;

/**
 * Walks for `linear` and returns the TLB word of its page.
 * @param user whether the access has user rights (CPL 3 and not an implicit supervisor access)
 * @throws the vCPU's GuestException (#PF, CR2 set)
 */
export function walk(cpu: Cpu, linear: number, access: number, user: boolean): number {
  const cr0 = cpu.s32[CR0 >> 2]!;
  if ((cr0 & CR0_PG) === 0) return (linear & ~0xfff) | TLB_VALID | TLB_WRITABLE | TLB_USER | TLB_DIRTY;
  return (cpu.s32[CR4 >> 2]! & CR4_PAE) !== 0 ? walkPae(cpu, linear, access, user) : walk32(cpu, linear, access, user);
}

function pageFault(cpu: Cpu, linear: number, access: number, user: boolean, reason: number): never {
  cpu.s32[CR2 >> 2] = linear;
  const cr4 = cpu.s32[CR4 >> 2]!;
  const noExecute = (cr4 & CR4_PAE) !== 0 && (cpu.s32[EFER >> 2]! & EFER_NXE) !== 0;
  const fetchBit = access === ACCESS_FETCH && (noExecute || (cr4 & CR4_SMEP) !== 0);
  cpu.raise(
    VEC_PF,
    reason | (access === ACCESS_WRITE ? PF_WRITE : 0) | (user ? PF_USER : 0) | (fetchBit ? PF_FETCH : 0),
  );
}

/** Whether rights (AND of the levels) permit the access; SMEP and SMAP keep the supervisor off the user's pages. */
function permits(cpu: Cpu, rights: number, access: number, user: boolean): boolean {
  if (user && (rights & US) === 0) return false;
  if (!user && (rights & US) !== 0) {
    if (access === ACCESS_FETCH ? (cpu.s32[CR4 >> 2]! & CR4_SMEP) !== 0 : cpu.closesUserPages) return false;
  }
  if (access === ACCESS_WRITE && (rights & RW) === 0) return !user && (cpu.s32[CR0 >> 2]! & CR0_WP) === 0;
  return true;
}

function walk32(cpu: Cpu, linear: number, access: number, user: boolean): number {
  const memory = cpu.memory;
  const cr4 = cpu.s32[CR4 >> 2]!;
  const pdeAddress = (cpu.s32[CR3 >> 2]! & ~0xfff) + ((linear >>> 22) << 2);
  const pde = memory.read32(pdeAddress);
  if ((pde & P) === 0) pageFault(cpu, linear, access, user, 0);
  const large = (pde & PS) !== 0 && (cr4 & CR4_PSE) !== 0;
  if (large) {
    // PSE-36 is not offered: bits 13..21 must be zero.
    if ((pde & 0x003f_e000) !== 0) pageFault(cpu, linear, access, user, PF_PRESENT | PF_RESERVED);
    if (!permits(cpu, pde, access, user)) pageFault(cpu, linear, access, user, PF_PRESENT);
    const marked = pde | A | (access === ACCESS_WRITE ? D : 0);
    if (marked !== pde) memory.write32(pdeAddress, marked);
    return entryOf((pde & 0xffc0_0000) | (linear & 0x003f_f000), marked, marked, cr4) | TLB_LARGE;
  }
  const pteAddress = (pde & ~0xfff) + (((linear >>> 12) & 0x3ff) << 2);
  const pte = memory.read32(pteAddress);
  if ((pte & P) === 0) {
    if ((pde & A) === 0) memory.write32(pdeAddress, pde | A);
    pageFault(cpu, linear, access, user, 0);
  }
  const rights = pde & pte;
  if (!permits(cpu, rights, access, user)) pageFault(cpu, linear, access, user, PF_PRESENT);
  if ((pde & A) === 0) memory.write32(pdeAddress, pde | A);
  const marked = pte | A | (access === ACCESS_WRITE ? D : 0);
  if (marked !== pte) memory.write32(pteAddress, marked);
  return entryOf(pte & ~0xfff, rights, marked, cr4);
}

function entryOf(frame: number, rights: number, leaf: number, cr4: number): number {
  return (
    frame |
    TLB_VALID |
    ((rights & RW) !== 0 ? TLB_WRITABLE : 0) |
    ((rights & US) !== 0 ? TLB_USER : 0) |
    ((leaf & D) !== 0 ? TLB_DIRTY : 0) |
    ((leaf & G) !== 0 && (cr4 & CR4_PGE) !== 0 ? TLB_GLOBAL : 0)
  );
}

function walkPae(cpu: Cpu, linear: number, access: number, user: boolean): number {
  const memory = cpu.memory;
  const cr4 = cpu.s32[CR4 >> 2]!;
  const nxEnabled = (cpu.s32[EFER >> 2]! & EFER_NXE) !== 0;
  // Physical addresses have 32 bits: high words must hold nothing but NX.
  const highReserved = nxEnabled ? 0x7fff_ffff : -1;
  const index = linear >>> 30;
  const pdpteLow = cpu.pdpte[index * 2]!;
  if ((pdpteLow & P) === 0) pageFault(cpu, linear, access, user, 0);
  const pdeAddress = (pdpteLow & ~0xfff) + (((linear >>> 21) & 0x1ff) << 3);
  const pde = memory.read32(pdeAddress);
  const pdeHigh = memory.read32(pdeAddress + 4);
  if ((pde & P) === 0) pageFault(cpu, linear, access, user, 0);
  const largeReserved = (pde & PS) !== 0 && (pde & 0x001f_e000) !== 0;
  if ((pdeHigh & highReserved) !== 0 || largeReserved) {
    pageFault(cpu, linear, access, user, PF_PRESENT | PF_RESERVED);
  }
  if ((pde & PS) !== 0) {
    if (!permits(cpu, pde, access, user) || (access === ACCESS_FETCH && pdeHigh < 0)) {
      pageFault(cpu, linear, access, user, PF_PRESENT);
    }
    const marked = pde | A | (access === ACCESS_WRITE ? D : 0);
    if (marked !== pde) memory.write32(pdeAddress, marked);
    const entry = entryOf((pde & 0xffe0_0000) | (linear & 0x001f_f000), marked, marked, cr4) | TLB_LARGE;
    return pdeHigh < 0 ? entry | TLB_NO_EXECUTE : entry;
  }
  const pteAddress = (pde & ~0xfff) + (((linear >>> 12) & 0x1ff) << 3);
  const pte = memory.read32(pteAddress);
  const pteHigh = memory.read32(pteAddress + 4);
  if ((pte & P) === 0) {
    if ((pde & A) === 0) memory.write32(pdeAddress, pde | A);
    pageFault(cpu, linear, access, user, 0);
  }
  if ((pteHigh & highReserved) !== 0) pageFault(cpu, linear, access, user, PF_PRESENT | PF_RESERVED);
  const rights = pde & pte;
  const noExecute = (pdeHigh | pteHigh) < 0;
  if (!permits(cpu, rights, access, user) || (access === ACCESS_FETCH && noExecute)) {
    pageFault(cpu, linear, access, user, PF_PRESENT);
  }
  if ((pde & A) === 0) memory.write32(pdeAddress, pde | A);
  const marked = pte | A | (access === ACCESS_WRITE ? D : 0);
  if (marked !== pte) memory.write32(pteAddress, marked);
  const entry = entryOf(pte & ~0xfff, rights, marked, cr4);
  return noExecute ? entry | TLB_NO_EXECUTE : entry;
}
