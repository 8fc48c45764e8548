/**
 * Breakpoints and watchpoints of a debugger, by linear address. Engines ask
 * about pages; only in pages that hold a point does anything get slower.
 *
 * What holds: a page with a breakpoint is executed one instruction at a time, by the
 * interpreter; a page with a watchpoint has no delta, so every access to it
 * comes through the vCPU's slow paths, which report it here.
 */
import { PAGE_COUNT } from './layout.ts';

/** Why the guest stopped. */
export type DebugStop =
  | { readonly kind: 'breakpoint'; readonly address: number }
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
  private readonly breakpoints = new Set<number>();
  private readonly watchpoints: Watchpoint[] = [];

  /** Whether there is any. */
  get any(): boolean {
    return this.breakpoints.size > 0 || this.watchpoints.length > 0;
  }

  /** Returns false when there are too many. @param address linear, unsigned */
  addBreakpoint(address: number): boolean {
    if (this.breakpoints.has(address)) return true;
    if (this.breakpoints.size >= MAX_POINTS) return false;
    this.breakpoints.add(address);
    this.breakPages[address >>> 12]!++;
    return true;
  }

  removeBreakpoint(address: number): void {
    if (this.breakpoints.delete(address)) this.breakPages[address >>> 12]!--;
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
    this.breakpoints.clear();
    this.breakPages.fill(0);
    this.watchpoints.length = 0;
    this.watchPages.fill(0);
  }

  /** Whether the guest stops before the instruction at a linear address. */
  breaksAt(linear: number): boolean {
    const address = linear >>> 0;
    const goOn = this.goOnAt === address;
    this.goOnAt = -1;
    if (goOn || !this.breakpoints.has(address)) return false;
    this.stop = { kind: 'breakpoint', address };
    return true;
  }

  /** An access has been made to a watched page. Returns whether the run has to stop behind the instruction. */
  accessed(linear: number, size: number, write: boolean): boolean {
    const first = linear >>> 0;
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
