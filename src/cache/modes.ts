/**
 * Numbers for modes: the jump cache and the keys of regions hold a mode as one
 * small integer.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { CS } from '../cpu/registers.ts';
import { type Mode, modeBits, modeOf } from '../translator/mode.ts';

export class Modes {
  private readonly cpu: Cpu;
  private readonly ids = new Map<string, number>();
  private readonly modes: Mode[] = [];
  private version = -1;
  private current = 0;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  /** Number of the vCPU's mode now; 1 and up. */
  id(): number {
    const { cpu } = this;
    if (this.version === cpu.modeVersion) return this.current;
    this.version = cpu.modeVersion;
    const key = `${modeBits(cpu)},${cpu.segBase(CS)},${cpu.segLimit(CS)}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.modes.push(modeOf(cpu));
      this.ids.set(key, id);
    }
    this.current = id;
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
    this.version = -1;
  }
}
