/**
 * Numbers for modes: the jump cache and the keys of regions hold a mode as one
 * small integer.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { CS } from '../cpu/registers.ts';
import { type Mode, modeBits, modeOf } from '../translator/mode.ts';

/** Modes that are compared one by one before the map is asked. */
const RECENT = 12;

export class Modes {
  private readonly cpu: Cpu;
  private readonly ids = new Map<string, number>();
  private readonly modes: Mode[] = [];
  /** Mode bits, CS base and CS limit of each mode. */
  private readonly parts: number[] = [];
  private version = -1;
  private current = 0;
  /** For each mode, the one that it becomes with flat CS and SS: at level 3 in even places, else in odd ones. */
  private readonly flat: number[] = [];

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  /** Number of the vCPU's mode now; 1 and up. */
  id(): number {
    const { cpu } = this;
    if (this.version === cpu.modeVersion) return this.current;
    this.version = cpu.modeVersion;
    const bits = modeBits(cpu);
    const base = cpu.segBase(CS);
    const limit = cpu.segLimit(CS);
    const id = this.recent(bits, base, limit) || this.intern(bits, base, limit);
    this.current = id;
    return id;
  }

  /**
   * As `id`, but quicker.
   * @param before the mode in which nothing but the level, CS and SS were other than now; both are flat and 32-bit now
   */
  idFlat(before: number): number {
    const { cpu } = this;
    const known = this.flat[before * 2 + (cpu.user ? 0 : 1)] ?? 0;
    if (known === 0) {
      this.flat[before * 2 + (cpu.user ? 0 : 1)] = this.id();
      return this.current;
    }
    this.version = cpu.modeVersion;
    this.current = known;
    return known;
  }

  /** The number if it is among the first few, which are nearly all that a system uses; else 0. */
  private recent(bits: number, base: number, limit: number): number {
    const { parts } = this;
    const count = Math.min(parts.length, RECENT * 3);
    for (let n = 0; n < count; n += 3) {
      if (parts[n] === bits && parts[n + 1] === base && parts[n + 2] === limit) return n / 3 + 1;
    }
    return 0;
  }

  private intern(bits: number, base: number, limit: number): number {
    const key = `${bits},${base},${limit}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.modes.push(modeOf(this.cpu));
      this.parts.push(bits, base, limit);
      this.ids.set(key, id);
    }
    return id;
  }

  /** The mode a number stands for. */
  mode(id: number): Mode {
    return this.modes[id - 1]!;
  }

  /** How many modes there are; a hostile guest can make as many as it likes. */
  get count(): number {
    return this.modes.length;
  }

  /** Forgets all numbers. Only when no region is left that was made under one. */
  clear(): void {
    this.ids.clear();
    this.modes.length = 0;
    this.parts.length = 0;
    this.flat.length = 0;
    this.version = -1;
  }
}
