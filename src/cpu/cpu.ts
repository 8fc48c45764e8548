/**
 * One virtual CPU: its state, and access to memory through segments and pages.
 *
 * Both engines and the monitor stand on this class. Registers live in the
 * machine's WebAssembly.Memory (layout.ts), so translated code sees the same
 * bytes; fields here are views and values derived from them. Accesses that the
 * guest is not allowed throw this vCPU's `GuestException` before anything
 * changed. Linear addresses, offsets and values are int32.
 */

import { Breakpoints } from './breakpoints.ts';
import type { CpuModel } from './cpu-model.ts';
import { DEFAULT_CPU_MODEL } from './cpu-models.ts';
import type { DebugPoints } from './debug-points.ts';
import { ATTR_DB } from './descriptors.ts';
import type { CpuEnvironment } from './environment.ts';
import { GuestException, VEC_AC } from './exceptions.ts';
import * as L from './layout.ts';
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, walk } from './paging.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { AC, CR0_AM, CR0_WP, CR4_SMAP, CR4_SMEP, CS, ESP, FS, SS } from './registers.ts';
import { checkSegment, segmentAccess } from './segment-check.ts';
import { fetchBarOf, permitsFetch, TLB_DIRTY, TLB_NO_EXECUTE, TLB_USER, TLB_WRITABLE, Tlb } from './tlb.ts';

/** What fetching code depends on in a TLB word. */
const FETCH_BITS = ~0xfff | TLB_USER | TLB_NO_EXECUTE;

/** Bits of {@link Cpu.segFlat}. */
export const FLAT_READ = 1;
export const FLAT_WRITE = 2;

export class Cpu {
  readonly memory: PhysicalMemory;
  readonly environment: CpuEnvironment;
  readonly tlb: Tlb;
  readonly exception = new GuestException();
  /** What CPUID reports and which features exist. */
  model: CpuModel = DEFAULT_CPU_MODEL;

  /** The whole memory as bytes, halfwords and words. State words: `s32[EIP >> 2]`. */
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly s32: Int32Array;
  /** General registers, then a word that is always 0 (index NO_REG). */
  readonly gpr: Int32Array;
  /** The general registers as 16-bit halves: register r is `gpr16[r * 2]`. */
  readonly gpr16: Uint16Array;
  /** The general registers as bytes: see {@link byteIndex}. */
  readonly gpr8: Uint8Array;

  /** Read and write delta tables for the current privilege. */
  read!: Int32Array;
  write!: Int32Array;
  /** Whether data accesses have user rights now (CPL 3). */
  user = false;
  /** Whether data accesses are implicit ones now, of tables and the like, with supervisor rights whatever the CPL. */
  private implicit = false;
  /** Bits of a TLB word that keep from fetching code, unless they are needed: CR4.SMEP adds the user's. */
  private fetchBar = TLB_NO_EXECUTE;
  /** For each segment register: base 0, no limit, readable (FLAT_READ) and writable (FLAT_WRITE). */
  readonly segFlat: Uint8Array;
  /** For each segment register: 1 where it is present, expand-up, readable and writable, whatever its base and limit. */
  readonly segPlain: Uint8Array;
  /** ESP or SP: -1 or 0xffff. */
  stackMask = 0xffff;
  /** Whether code is 32-bit (CS.D). */
  code32 = false;
  /** PAE page-directory pointers, as loaded with CR3 (low and high words). */
  readonly pdpte = new Int32Array(8);

  /** EIP of the instruction being executed: where a fault returns to. */
  instructionEip = 0;
  /** Instructions that may still retire in this run; goes down by one for each. */
  remaining = 0;
  /** Instructions taken from `remaining` that did not retire: somebody ended a run early. */
  withdrawn = 0;
  /** Goes up whenever CPL, the cache of ES, CS, SS or DS, CR0 or CR4 changes: what the mode of translations is derived from. */
  modeVersion = 0;
  /** Something changed that the running block was decoded under: leave it after this instruction. */
  leaveBlock = false;
  /** HLT was executed and no interrupt has come yet. */
  halted = false;
  /** Interrupts (and debug traps) are held off until the next instruction has completed: STI, MOV SS, POP SS. */
  interruptShadow = false;
  /** The shadow is that of MOV SS or POP SS: debug exceptions are held off, too. */
  stackShadow = false;
  /** NMI has come and not been taken. */
  nmiPending = false;
  /** NMI is being handled: the next one waits until an IRET. */
  nmiBlocked = false;
  /** Whether NMI can be taken at this boundary. */
  get nmiReady(): boolean {
    return this.nmiPending && !this.nmiBlocked && !this.interruptShadow;
  }
  /** What the guest's debug registers enable. */
  readonly breakpoints: Breakpoints;
  /** A debugger's breakpoints and watchpoints; absent where there is none. */
  debug: DebugPoints | undefined;
  /** Triple fault: the monitor resets the machine. */
  shutdown = false;

  constructor(memory: PhysicalMemory, environment: CpuEnvironment) {
    this.memory = memory;
    this.environment = environment;
    this.u8 = memory.u8;
    this.u16 = memory.u16;
    this.s32 = memory.i32;
    const buffer = memory.memory.buffer;
    this.gpr = new Int32Array(buffer, L.GPR, 9);
    this.gpr16 = new Uint16Array(buffer, L.GPR, 18);
    this.gpr8 = new Uint8Array(buffer, L.GPR, 36);
    this.segFlat = new Uint8Array(buffer, L.SEG_FLAT, 8);
    this.segPlain = new Uint8Array(buffer, L.SEG_PLAIN, 8);
    this.tlb = new Tlb(memory);
    this.breakpoints = new Breakpoints(this.s32, this.tlb);
    this.setCpl(0);
  }

  /** Throws a fault with this vector and error code. */
  raise(vector: number, errorCode = 0): never {
    this.exception.vector = vector;
    this.exception.errorCode = errorCode;
    // What the instruction has accessed so far, it will access again.
    if (this.debug !== undefined) this.debug.stop = undefined;
    this.breakpoints.met = 0;
    throw this.exception;
  }

  get eip(): number {
    return this.s32[L.EIP >> 2]!;
  }
  set eip(value: number) {
    this.s32[L.EIP >> 2] = value;
  }
  get eflags(): number {
    return this.s32[L.EFLAGS >> 2]!;
  }
  set eflags(value: number) {
    this.s32[L.EFLAGS >> 2] = value;
  }
  /** The INTR line, as the interrupt controller drives it. Whoever raises it also sets `leaveBlock`. */
  get interruptPending(): boolean {
    return this.s32[L.INTERRUPT_PENDING >> 2] !== 0;
  }
  set interruptPending(pending: boolean) {
    this.s32[L.INTERRUPT_PENDING >> 2] = pending ? 1 : 0;
  }
  get cpl(): number {
    return this.s32[L.CPL >> 2]!;
  }

  /** Sets the privilege level and with it the rights of data accesses. */
  setCpl(cpl: number): void {
    this.guardsChanged();
    this.modeVersion++;
    this.s32[L.CPL >> 2] = cpl;
    this.user = cpl === 3;
    this.read = this.user ? this.tlb.readUser : this.tlb.readSupervisor;
    this.write = this.user ? this.tlb.writeUser : this.tlb.writeSupervisor;
  }

  /** Renews what is derived from CR4.SMEP and CR4.SMAP. */
  guardsChanged(): void {
    const cr4 = this.s32[L.CR4 >> 2]!;
    this.fetchBar = fetchBarOf((cr4 & CR4_SMEP) !== 0);
    this.tlb.guardUserPages((cr4 & CR4_SMAP) !== 0);
  }

  /** Whether code may be fetched now from the page of a TLB word, which may be 0. */
  mayFetch(entry: number): boolean {
    return permitsFetch(entry, this.user, this.fetchBar);
  }

  /** Whether pages of the user are closed to the supervisor's data accesses now: CR4.SMAP (SDM vol. 3 section 4.6.1). */
  get closesUserPages(): boolean {
    return this.tlb.userPagesGuarded && (this.implicit || (this.eflags & AC) === 0);
  }

  segSelector(seg: number): number {
    return this.s32[(L.SEGMENTS + seg * L.SEGMENT_SIZE + L.SEG_SELECTOR) >> 2]!;
  }
  segBase(seg: number): number {
    return this.s32[(L.SEGMENTS + seg * L.SEGMENT_SIZE + L.SEG_BASE) >> 2]!;
  }
  /** Limit in bytes, unsigned in an int32. */
  segLimit(seg: number): number {
    return this.s32[(L.SEGMENTS + seg * L.SEGMENT_SIZE + L.SEG_LIMIT) >> 2]!;
  }
  segAttr(seg: number): number {
    return this.s32[(L.SEGMENTS + seg * L.SEGMENT_SIZE + L.SEG_ATTR) >> 2]!;
  }

  /** Writes a whole segment cache and what is derived from it. No checks. */
  setSegment(seg: number, selector: number, base: number, limit: number, attr: number): void {
    const at = (L.SEGMENTS + seg * L.SEGMENT_SIZE) >> 2;
    this.s32[at] = selector;
    this.s32[at + 1] = base;
    this.s32[at + 2] = limit;
    this.s32[at + 3] = attr;
    this.segmentChanged(seg);
  }

  /** Renews what is derived from a segment cache (also after a snapshot was loaded). */
  segmentChanged(seg: number): void {
    const at = (L.SEGMENTS + seg * L.SEGMENT_SIZE) >> 2;
    const attr = this.s32[at + 3]!;
    // Translations do not depend on FS and GS, LDTR and TR.
    if (seg < FS) this.modeVersion++;
    const flat = this.s32[at + 1] === 0 && this.s32[at + 2] === -1;
    const access = segmentAccess(attr);
    this.segFlat[seg] = flat ? access : 0;
    this.segPlain[seg] = access === (FLAT_READ | FLAT_WRITE) ? 1 : 0;
    if (seg === CS) this.code32 = (attr & ATTR_DB) !== 0;
    if (seg === SS) this.stackMask = (attr & ATTR_DB) !== 0 ? -1 : 0xffff;
  }

  // ---- linear memory, with the rights of the current privilege -------------------------------

  /** Whether a valid TLB word permits reading or writing, and without a walk. */
  private mayAccess(entry: number, access: number, user: boolean): boolean {
    if (user ? (entry & TLB_USER) === 0 : (entry & TLB_USER) !== 0 && this.closesUserPages) return false;
    if (access === ACCESS_READ) return true;
    if ((entry & TLB_DIRTY) === 0) return false;
    return (entry & TLB_WRITABLE) !== 0 || (!user && (this.s32[L.CR0 >> 2]! & CR0_WP) === 0);
  }

  /** Physical address of a linear one for the access, by TLB or walk; code is fetched with the rights of the CPL. @throws #PF */
  translate(linear: number, access: number, user: boolean): number {
    const page = linear >>> 12;
    const entry = this.tlb.entries[page]!;
    if (entry !== 0) {
      if (access === ACCESS_FETCH ? this.mayFetch(entry) : this.mayAccess(entry, access, user)) {
        if (access !== ACCESS_FETCH) this.tlb.cache(page, user, access === ACCESS_WRITE);
        return (entry & ~0xfff) | (linear & 0xfff);
      }
    }
    // Not there, not dirty, or not permitted: hardware walks anew before it faults.
    const found = walk(this, linear, access, user);
    // Where code may be fetched from has changed under whoever runs there: it is to look anew.
    if (entry !== 0 && ((entry ^ found) & FETCH_BITS) !== 0) this.leaveBlock = true;
    this.tlb.set(page, found);
    if (access !== ACCESS_FETCH) this.tlb.cache(page, user, access === ACCESS_WRITE);
    return (found & ~0xfff) | (linear & 0xfff);
  }

  readLinear8(linear: number): number {
    const delta = this.read[linear >>> 12]!;
    if ((delta & 1) === 0) return this.u8[(linear + delta) >>> 0]!;
    const value = this.memory.read8(this.translate(linear, ACCESS_READ, this.user));
    this.accessed(linear, 1, false);
    return value;
  }

  readLinear16(linear: number): number {
    const delta = this.read[linear >>> 12]!;
    if (((linear | delta) & 1) === 0) return this.u16[(linear + delta) >>> 1]!;
    return this.slowRead(linear, 2);
  }

  readLinear32(linear: number): number {
    const delta = this.read[linear >>> 12]!;
    if (((linear | delta) & 3) === 0) return this.s32[(linear + delta) >>> 2]!;
    return this.slowRead(linear, 4);
  }

  writeLinear8(linear: number, value: number): void {
    const delta = this.write[linear >>> 12]!;
    if ((delta & 1) === 0) {
      this.u8[(linear + delta) >>> 0] = value;
      return;
    }
    this.memory.write8(this.translate(linear, ACCESS_WRITE, this.user), value);
    this.accessed(linear, 1, true);
  }

  writeLinear16(linear: number, value: number): void {
    const delta = this.write[linear >>> 12]!;
    if (((linear | delta) & 1) === 0) this.u16[(linear + delta) >>> 1] = value;
    else this.slowWrite(linear, 2, value);
  }

  writeLinear32(linear: number, value: number): void {
    const delta = this.write[linear >>> 12]!;
    if (((linear | delta) & 3) === 0) this.s32[(linear + delta) >>> 2] = value;
    else this.slowWrite(linear, 4, value);
  }

  /** Tells a debugger, and the guest's debug registers, of an access. */
  private accessed(linear: number, size: number, write: boolean): void {
    if (this.debug?.accessed(linear, size, write) === true) this.leaveBlock = true;
    if (this.breakpoints.accessed(linear, size, write)) this.leaveBlock = true;
  }

  /** Makes sure that `size` bytes (1 to 4096) can be written, so that later writes of them cannot fault. @throws #PF, #AC */
  probeWrite(linear: number, size: number): void {
    if ((this.write[linear >>> 12]! & 1) !== 0) this.translate(linear, ACCESS_WRITE, this.user);
    const last = (linear + size - 1) | 0;
    if ((linear ^ last) >>> 12 !== 0 && (this.write[last >>> 12]! & 1) !== 0) {
      this.translate(last & ~0xfff, ACCESS_WRITE, this.user);
    }
  }

  /** #AC where alignment checking is on; `size` is the natural alignment (power of two). */
  checkAlignment(linear: number, size: number): void {
    if ((linear & (size - 1)) === 0 || !this.user) return;
    if ((this.eflags & AC) !== 0 && (this.s32[L.CR0 >> 2]! & CR0_AM) !== 0) this.raise(VEC_AC, 0);
  }

  /** Unaligned, page-crossing, MMIO or not yet cached. `size` is 2 or 4. */
  slowRead(linear: number, size: number): number {
    this.checkAlignment(linear, size);
    const value = this.readByWalk(linear, size);
    this.accessed(linear, size, false);
    return value;
  }

  private readByWalk(linear: number, size: number): number {
    const offset = linear & 0xfff;
    if (offset + size <= 0x1000) {
      const delta = this.read[linear >>> 12]!;
      if ((delta & 1) === 0) {
        const u8 = this.u8;
        const h = (linear + delta) >>> 0;
        return size === 2
          ? u8[h]! | (u8[h + 1]! << 8)
          : u8[h]! | (u8[h + 1]! << 8) | (u8[h + 2]! << 16) | (u8[h + 3]! << 24);
      }
      const physical = this.translate(linear, ACCESS_READ, this.user);
      return size === 2 ? this.memory.read16(physical) : this.memory.read32(physical);
    }
    const first = this.translate(linear, ACCESS_READ, this.user);
    const second = this.translate((linear + size - 1) & ~0xfff, ACCESS_READ, this.user);
    let value = 0;
    for (let i = 0; i < size; i++) {
      const byte = offset + i < 0x1000 ? this.memory.read8(first + i) : this.memory.read8(second + offset + i - 0x1000);
      value |= byte << (8 * i);
    }
    return value;
  }

  /** Unaligned, page-crossing, MMIO, code page or not yet cached. `size` is 2 or 4. */
  slowWrite(linear: number, size: number, value: number): void {
    this.checkAlignment(linear, size);
    this.writeByWalk(linear, size, value);
    this.accessed(linear, size, true);
  }

  private writeByWalk(linear: number, size: number, value: number): void {
    const offset = linear & 0xfff;
    if (offset + size <= 0x1000) {
      const physical = this.translate(linear, ACCESS_WRITE, this.user);
      if (size === 2) this.memory.write16(physical, value);
      else this.memory.write32(physical, value);
      return;
    }
    const first = this.translate(linear, ACCESS_WRITE, this.user);
    const second = this.translate((linear + size - 1) & ~0xfff, ACCESS_WRITE, this.user);
    for (let i = 0; i < size; i++) {
      if (offset + i < 0x1000) this.memory.write8(first + i, (value >>> (8 * i)) & 0xff);
      else this.memory.write8(second + offset + i - 0x1000, (value >>> (8 * i)) & 0xff);
    }
  }

  // ---- implicit supervisor accesses: descriptor tables, TSS ----------------------------------

  systemRead8(linear: number): number {
    return this.asSupervisor(() => this.readLinear8(linear));
  }
  systemRead16(linear: number): number {
    return this.asSupervisor(() => this.readLinear16(linear));
  }
  systemRead32(linear: number): number {
    return this.asSupervisor(() => this.readLinear32(linear));
  }
  systemWrite8(linear: number, value: number): void {
    this.asSupervisor(() => this.writeLinear8(linear, value));
  }
  systemWrite16(linear: number, value: number): void {
    this.asSupervisor(() => this.writeLinear16(linear, value));
  }
  systemWrite32(linear: number, value: number): void {
    this.asSupervisor(() => this.writeLinear32(linear, value));
  }

  /** Runs `access` with supervisor rights whatever the CPL. */
  asSupervisor<T>(access: () => T): T {
    const { user } = this;
    if (!user && !this.tlb.userPagesGuarded) return access();
    this.user = false;
    this.implicit = true;
    this.read = this.tlb.readSupervisor;
    this.write = this.tlb.writeSupervisor;
    try {
      return access();
    } finally {
      this.user = user;
      this.implicit = false;
      if (user) {
        this.read = this.tlb.readUser;
        this.write = this.tlb.writeUser;
      }
    }
  }

  // ---- memory through a segment ---------------------------------------------------------------

  /** Linear address for reading `size` bytes at seg:offset. @throws #GP, #SS */
  linearForRead(seg: number, offset: number, size: number): number {
    return (this.segFlat[seg]! & FLAT_READ) !== 0 ? offset : this.checkedLinear(seg, offset, size, false);
  }
  /** Linear address for writing `size` bytes at seg:offset. @throws #GP, #SS */
  linearForWrite(seg: number, offset: number, size: number): number {
    return (this.segFlat[seg]! & FLAT_WRITE) !== 0 ? offset : this.checkedLinear(seg, offset, size, true);
  }

  read8(seg: number, offset: number): number {
    return this.readLinear8(this.linearForRead(seg, offset, 1));
  }
  read16(seg: number, offset: number): number {
    return this.readLinear16(this.linearForRead(seg, offset, 2));
  }
  read32(seg: number, offset: number): number {
    return this.readLinear32(this.linearForRead(seg, offset, 4));
  }
  write8(seg: number, offset: number, value: number): void {
    this.writeLinear8(this.linearForWrite(seg, offset, 1), value);
  }
  write16(seg: number, offset: number, value: number): void {
    this.writeLinear16(this.linearForWrite(seg, offset, 2), value);
  }
  write32(seg: number, offset: number, value: number): void {
    this.writeLinear32(this.linearForWrite(seg, offset, 4), value);
  }

  /** For read-modify-write: all checks for a write first; then use readLinear and writeLinear on the result. */
  linearForUpdate(seg: number, offset: number, size: number): number {
    const linear = this.linearForWrite(seg, offset, size);
    this.checkAlignment(linear, size);
    if ((this.write[linear >>> 12]! & 1) !== 0 || (linear & 0xfff) + size > 0x1000) this.probeWrite(linear, size);
    return linear;
  }

  private checkedLinear(seg: number, offset: number, size: number, write: boolean): number {
    return checkSegment(this, seg, offset, size, write);
  }

  // ---- the stack --------------------------------------------------------------------------------

  push32(value: number): void {
    const esp = this.gpr[ESP]!;
    const sp = (esp - 4) & this.stackMask;
    this.write32(SS, sp, value);
    this.gpr[ESP] = (esp & ~this.stackMask) | sp;
  }
  push16(value: number): void {
    const esp = this.gpr[ESP]!;
    const sp = (esp - 2) & this.stackMask;
    this.write16(SS, sp, value);
    this.gpr[ESP] = (esp & ~this.stackMask) | sp;
  }
  pop32(): number {
    const esp = this.gpr[ESP]!;
    const value = this.read32(SS, esp & this.stackMask);
    this.gpr[ESP] = (esp & ~this.stackMask) | ((esp + 4) & this.stackMask);
    return value;
  }
  pop16(): number {
    const esp = this.gpr[ESP]!;
    const value = this.read16(SS, esp & this.stackMask);
    this.gpr[ESP] = (esp & ~this.stackMask) | ((esp + 2) & this.stackMask);
    return value;
  }
}

/** Index into `gpr8` of 8-bit register number r: al cl dl bl ah ch dh bh. */
export function byteIndex(r: number): number {
  return r < 4 ? r * 4 : (r - 4) * 4 + 1;
}
