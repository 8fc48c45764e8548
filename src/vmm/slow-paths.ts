/**
 * The slow paths of translated code: accesses that the delta tables did not
 * serve. They walk, refill, and carry out what is plain memory or a quiet device's; what is not
 * (faults, other device memory, writes to code, also by a walk, alignment checks) sets SLOW_FAILED, and the
 * region leaves so that the interpreter does the instruction. Nothing is thrown
 * through WebAssembly.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { CR0, EFLAGS } from '../cpu/layout.ts';
import { ACCESS_READ, ACCESS_WRITE } from '../cpu/paging.ts';
import { AC, CR0_AM } from '../cpu/registers.ts';
import { SLOW_FAILED, VECTOR_SCRATCH } from '../translator/abi.ts';

export interface SlowPaths {
  read8(linear: number): number;
  read16(linear: number): number;
  read32(linear: number): number;
  write8(linear: number, value: number): number;
  write16(linear: number, value: number): number;
  write32(linear: number, value: number): number;
  probe(linear: number, size: number): number;
  gather(linear: number, size: number): number;
  scatter(linear: number, size: number): number;
}

export function createSlowPaths(cpu: Cpu): SlowPaths {
  const { memory, s32, u8 } = cpu;
  const fail = (): number => {
    s32[SLOW_FAILED >> 2] = 1;
    return 0;
  };
  const alignmentChecked = () => cpu.user && (s32[EFLAGS >> 2]! & AC) !== 0 && (s32[CR0 >> 2]! & CR0_AM) !== 0;

  /** Whether the last walk changed code, by its accessed and dirty bits or a frame that it found: the running region may be gone. */
  let changedCode = false;
  const watched = (linear: number) => cpu.tlb.isWatched(linear >>> 12);
  /** Physical address of an access. May throw the guest's exception. */
  const physicalOf = (linear: number, access: number): number => {
    // Whoever keeps code sets this when some of it is written; so does a walk that finds another frame.
    const before = cpu.leaveBlock;
    cpu.leaveBlock = false;
    const physical = cpu.translate(linear, access, cpu.user) & memory.a20Mask;
    changedCode = cpu.leaveBlock;
    cpu.leaveBlock ||= before;
    return physical;
  };

  /** Host address for reading within one page, or -1. May throw the guest's exception. */
  const readable = (linear: number): number => {
    const delta = cpu.read[linear >>> 12]!;
    if ((delta & 1) === 0) return (linear + delta) >>> 0;
    if (watched(linear)) return -1;
    const physical = physicalOf(linear, ACCESS_READ);
    if (changedCode || !memory.isReadable(physical >>> 12)) return -1;
    return (memory.hostPage(physical >>> 12) + (physical & 0xfff)) >>> 0;
  };
  /** Host address for writing `size` bytes within one page, or -1. */
  const writable = (linear: number, size: number): number => {
    const delta = cpu.write[linear >>> 12]!;
    if ((delta & 1) === 0) return (linear + delta) >>> 0;
    if (watched(linear)) return -1;
    const physical = physicalOf(linear, ACCESS_WRITE);
    const page = physical >>> 12;
    if (changedCode || !memory.isRam(page) || memory.holdsCode(page, physical & 0xfff, (physical & 0xfff) + size - 1))
      return -1;
    if (memory.wroteBesideCode(page)) return -1;
    memory.written.note(page);
    return (memory.hostPage(page) + (physical & 0xfff)) >>> 0;
  };

  /**
   * Physical address of an access, just found to be no plain memory's, if a quiet device serves it here and now; else
   * -1. May throw the guest's exception.
   */
  const quiet = (linear: number, size: number, access: number): number => {
    if (changedCode || (linear & 0xfff) + size > 0x1000 || watched(linear)) return -1;
    const physical = physicalOf(linear, access);
    return memory.isQuiet(physical >>> 12) ? physical : -1;
  };
  const readQuiet = (linear: number, size: number): number => {
    const physical = quiet(linear, size, ACCESS_READ);
    if (physical < 0) return fail();
    return size === 1 ? memory.read8(physical) : size === 2 ? memory.read16(physical) : memory.read32(physical);
  };
  const writeQuiet = (linear: number, size: number, value: number): number => {
    const physical = quiet(linear, size, ACCESS_WRITE);
    if (physical < 0) return fail();
    if (size === 1) memory.write8(physical, value);
    else if (size === 2) memory.write16(physical, value);
    else memory.write32(physical, value);
    return 0;
  };

  const read = (linear: number, size: number): number => {
    if ((linear & (size - 1)) !== 0 && alignmentChecked()) return fail();
    try {
      const inFirst = Math.min(size, 0x1000 - (linear & 0xfff));
      const first = readable(linear);
      const second = inFirst < size ? readable((linear + inFirst) | 0) : first;
      if (first < 0 || second < 0) return readQuiet(linear, size);
      let value = 0;
      for (let i = 0; i < size; i++) value |= u8[i < inFirst ? first + i : second + i - inFirst]! << (8 * i);
      return value;
    } catch (error) {
      if (error !== cpu.exception) throw error;
      return fail();
    }
  };

  const write = (linear: number, size: number, value: number): number => {
    if ((linear & (size - 1)) !== 0 && alignmentChecked()) return fail();
    try {
      const inFirst = Math.min(size, 0x1000 - (linear & 0xfff));
      const first = writable(linear, inFirst);
      const second = inFirst < size ? writable((linear + inFirst) | 0, size - inFirst) : first;
      if (first < 0 || second < 0) return writeQuiet(linear, size, value);
      for (let i = 0; i < size; i++) u8[i < inFirst ? first + i : second + i - inFirst] = value >>> (8 * i);
      return 0;
    } catch (error) {
      if (error !== cpu.exception) throw error;
      return fail();
    }
  };

  /** Between VECTOR_SCRATCH and memory. */
  const moveWide = (linear: number, size: number, toMemory: boolean): number => {
    if ((linear & (size - 1)) !== 0 && alignmentChecked()) return fail();
    try {
      const inFirst = Math.min(size, 0x1000 - (linear & 0xfff));
      const first = toMemory ? writable(linear, inFirst) : readable(linear);
      const rest = (linear + inFirst) | 0;
      const second = inFirst === size ? first : toMemory ? writable(rest, size - inFirst) : readable(rest);
      if (first < 0 || second < 0) return fail();
      for (let i = 0; i < size; i++) {
        const at = i < inFirst ? first + i : second + i - inFirst;
        if (toMemory) u8[at] = u8[VECTOR_SCRATCH + i]!;
        else u8[VECTOR_SCRATCH + i] = u8[at]!;
      }
      return 0;
    } catch (error) {
      if (error !== cpu.exception) throw error;
      return fail();
    }
  };

  return {
    read8: (linear) => read(linear, 1),
    read16: (linear) => read(linear, 2),
    read32: (linear) => read(linear, 4),
    write8: (linear, value) => write(linear, 1, value),
    write16: (linear, value) => write(linear, 2, value),
    write32: (linear, value) => write(linear, 4, value),
    gather: (linear, size) => moveWide(linear, size, false),
    scatter: (linear, size) => moveWide(linear, size, true),
    probe: (linear, size) => {
      if ((linear & (size - 1)) !== 0 && alignmentChecked()) return fail();
      try {
        const inFirst = Math.min(size, 0x1000 - (linear & 0xfff));
        if (writable(linear, inFirst) < 0) return fail();
        if (inFirst < size && writable((linear + inFirst) | 0, size - inFirst) < 0) return fail();
        return 0;
      } catch (error) {
        if (error !== cpu.exception) throw error;
        return fail();
      }
    },
  };
}
