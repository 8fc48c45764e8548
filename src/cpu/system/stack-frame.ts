/**
 * Frames pushed by interrupts, calls through gates and far calls: checked as a
 * whole first, so that nothing is half pushed. There are two steps, because limit checks come before and
 * page faults after the other checks of a transfer.
 */
import type { Cpu } from '../cpu.ts';
import { ATTR_DB, ATTR_EC } from '../descriptors.ts';
import { VEC_SS } from '../exceptions.ts';
import { ESP, SS } from '../registers.ts';
import { supervisorProbeWrite, supervisorWrite16, supervisorWrite32 } from './supervisor-access.ts';

/** The stack that a frame goes to, and the frame. One object serves all transfers, which never nest. */
export class StackFrame {
  base = 0;
  limit = 0;
  attr = 0;
  mask = 0;
  /** Stack pointer before the pushes. */
  pointer = 0;
  /** Pushes have supervisor rights whatever the CPL is now. */
  supervisor = false;
  /** What is pushed, first push first. */
  readonly values = new Int32Array(48);
  count = 0;
  /** Bytes a value: 2 or 4. */
  size = 4;

  /** The current stack, with the current rights. */
  useCurrent(cpu: Cpu, size: number): void {
    this.base = cpu.segBase(SS);
    this.limit = cpu.segLimit(SS);
    this.attr = cpu.segAttr(SS);
    this.mask = cpu.stackMask;
    this.pointer = cpu.gpr[ESP]!;
    this.supervisor = false;
    this.size = size;
    this.count = 0;
  }

  /** An inner stack. */
  useInner(base: number, limit: number, attr: number, pointer: number, size: number): void {
    this.base = base;
    this.limit = limit;
    this.attr = attr;
    this.mask = (attr & ATTR_DB) !== 0 ? -1 : 0xffff;
    this.pointer = pointer;
    this.supervisor = true;
    this.size = size;
    this.count = 0;
  }

  add(value: number): void {
    this.values[this.count++] = value;
  }

  /** Checks that `count` values fit within the segment's limit. @throws #SS(errorCode) */
  checkRoom(cpu: Cpu, count: number, errorCode: number): void {
    const limit = this.limit >>> 0;
    const down = (this.attr & ATTR_EC) !== 0;
    const top = (this.attr & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
    for (let k = 1; k <= count; k++) {
      const first = ((this.pointer - k * this.size) & this.mask) >>> 0;
      const last = first + this.size - 1;
      if (down ? first <= limit || last > top : last > limit) cpu.raise(VEC_SS, errorCode);
    }
  }

  /** Makes sure that every value can be written. @throws #PF, #AC */
  probe(cpu: Cpu): void {
    let page = -1;
    for (let k = 1; k <= this.count; k++) {
      const linear = this.linearOf(k);
      if (!this.supervisor) cpu.checkAlignment(linear, this.size);
      if (linear >>> 12 === page && (linear & 0xfff) + this.size <= 0x1000) continue;
      if (this.supervisor) supervisorProbeWrite(cpu, linear, this.size);
      else cpu.probeWrite(linear, this.size);
      page = linear >>> 12;
    }
  }

  /** Writes the values; call {@link probe} first. Returns the new stack pointer within the old one's upper bits. */
  write(cpu: Cpu): number {
    for (let k = 1; k <= this.count; k++) {
      const linear = this.linearOf(k);
      const value = this.values[k - 1]!;
      if (this.size === 4) {
        if (this.supervisor) supervisorWrite32(cpu, linear, value);
        else cpu.writeLinear32(linear, value);
      } else if (this.supervisor) supervisorWrite16(cpu, linear, value & 0xffff);
      else cpu.writeLinear16(linear, value & 0xffff);
    }
    return (this.pointer & ~this.mask) | ((this.pointer - this.count * this.size) & this.mask);
  }

  private linearOf(k: number): number {
    return (this.base + ((this.pointer - k * this.size) & this.mask)) | 0;
  }
}

/** The frame being built. */
export const frame: StackFrame = new StackFrame();
