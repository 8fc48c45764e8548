/**
 * Breakpoints and watchpoints of a debugger, by linear address. Engines ask
 * about pages; only in pages that hold a point does anything get slower.
 *
 * What holds: a page with a breakpoint is executed one instruction at a time, by the
 * interpreter; a page with a watchpoint has no delta, so every access to it
 * comes through the vCPU's slow paths, which report it here when it has been made.
 */
import { PAGE_COUNT } from './layout.ts';

/** How a debugger asked for a breakpoint: both stop before the instruction; it wants to be told which it was. */
export type BreakType = 'software' | 'hardware';

/** Why the guest stopped. */
export type DebugStop =
  | { readonly kind: 'breakpoint'; readonly type: BreakType; readonly address: number }
  | { readonly kind: 'watchpoint'; readonly type: WatchType; readonly address: number };

export type WatchType = 'read' | 'write' | 'access';

export interface Watchpoint {
  readonly type: WatchType;
  /** Linear address, unsigned, and length in bytes. */
  readonly address: number;
  readonly length: number;
}

/** Points of each kind that may be set. */
export const MAX_POINTS = 4096;

export class DebugPoints {
  /** Breakpoints in each linear page. */
  readonly breakPages = new Uint16Array(PAGE_COUNT);
  /** Watchpoints in each linear page. */
  readonly watchPages = new Uint16Array(PAGE_COUNT);
  /** Set while a run has to stop at the next boundary. */
  stop: DebugStop | undefined;
  /** The linear address at which the guest goes on, whether or not there is a breakpoint; -1 for none. */
  goOnAt = -1;
  private readonly breakpoints: Readonly<Record<BreakType, Set<number>>> = { software: new Set(), hardware: new Set() };
  private readonly watchpoints: Watchpoint[] = [];

  /** Whether there is any. */
  get any(): boolean {
    const { software, hardware } = this.breakpoints;
    return software.size > 0 || hardware.size > 0 || this.watchpoints.length > 0;
  }

  /** Returns false when there are too many. @param address linear, unsigned */
  addBreakpoint(type: BreakType, address: number): boolean {
    const points = this.breakpoints[type];
    if (points.has(address)) return true;
    if (points.size >= MAX_POINTS) return false;
    points.add(address);
    this.breakPages[address >>> 12]!++;
    return true;
  }

  removeBreakpoint(type: BreakType, address: number): void {
    if (this.breakpoints[type].delete(address)) this.breakPages[address >>> 12]!--;
  }

  /** Returns false when there are too many. */
  addWatchpoint(point: Watchpoint): boolean {
    if (this.watchpoints.length >= MAX_POINTS) return false;
    this.watchpoints.push(point);
    this.eachPage(point, 1);
    return true;
  }

  removeWatchpoint({ type, address, length }: Watchpoint): void {
    const at = this.watchpoints.findIndex((w) => w.type === type && w.address === address && w.length === length);
    if (at < 0) return;
    this.eachPage(this.watchpoints[at]!, -1);
    this.watchpoints.splice(at, 1);
  }

  clear(): void {
    this.breakpoints.software.clear();
    this.breakpoints.hardware.clear();
    this.breakPages.fill(0);
    this.watchpoints.length = 0;
    this.watchPages.fill(0);
    this.stop = undefined;
    this.goOnAt = -1;
  }

  /** Whether the guest stops before the instruction at a linear address. */
  breaksAt(linear: number): boolean {
    const address = linear >>> 0;
    const goOn = this.goOnAt === address;
    this.goOnAt = -1;
    if (goOn) return false;
    const { software, hardware } = this.breakpoints;
    if (software.has(address)) this.stop = { kind: 'breakpoint', type: 'software', address };
    else if (hardware.has(address)) this.stop = { kind: 'breakpoint', type: 'hardware', address };
    return this.stop !== undefined;
  }

  /**
   * An access of at most a page has been made.
   * @returns whether the run has to stop behind the instruction
   */
  accessed(linear: number, size: number, write: boolean): boolean {
    const first = linear >>> 0;
    if (this.watchPages[first >>> 12] === 0 && this.watchPages[((first + size - 1) >>> 12) & (PAGE_COUNT - 1)] === 0)
      return false;
    for (const { type, address, length } of this.watchpoints) {
      if (first + size <= address || first >= address + length) continue;
      if (type !== 'access' && (type === 'write') !== write) continue;
      this.stop ??= { kind: 'watchpoint', type, address };
      return true;
    }
    return false;
  }

  private eachPage({ address, length }: Watchpoint, change: number): void {
    const last = (address + Math.max(1, length) - 1) >>> 12;
    for (let page = address >>> 12; page <= last && page < PAGE_COUNT; page++) this.watchPages[page]! += change;
  }
}
