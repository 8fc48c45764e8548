/**
 * The monitor's log (`-d`): which items are on, which guest addresses they are
 * limited to, and where lines go.
 */

/** Items that can be logged, with the line that `-d help` shows. */
export const LOG_ITEMS = {
  in_asm: 'guest code of each region when it is translated',
  ir: 'IR of each region, before and after the passes',
  wat: 'WebAssembly text of each region',
  exec: 'regions as the dispatcher enters them (those chained to them are not seen: --no-chain shows all)',
  link: 'regions as they are published, and where their exits are linked to',
  inval: 'regions as they are thrown away, and why',
  int: 'exceptions and interrupts as they are delivered',
  callout: 'calls from translated code to the monitor',
  unimp: 'ports, registers, addresses and encodings that nobody implements',
} as const;

export type LogItem = keyof typeof LOG_ITEMS;

/** Guest linear addresses first..last, both included, unsigned. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

export interface LogOptions {
  readonly items: readonly LogItem[];
  /** Limits in_asm, ir, wat, exec, link, inval and callout to code at these addresses; empty or absent: all. */
  readonly ranges?: readonly AddressRange[];
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
}

export class TraceLog {
  private readonly items: ReadonlySet<LogItem>;
  private readonly ranges: readonly AddressRange[];
  private readonly sink: (line: string) => void;

  constructor(options?: LogOptions) {
    this.items = new Set(options?.items ?? []);
    this.ranges = options?.ranges ?? [];
    this.sink = options?.write ?? (() => {});
  }

  /** Whether an item is on at all: ask before building text. */
  enabled(item: LogItem): boolean {
    return this.items.has(item);
  }

  /** Whether an item is on for code at a linear address (int32 or unsigned). */
  enabledAt(item: LogItem, linear: number): boolean {
    return this.enabledIn(item, linear, 1);
  }

  /** Whether an item is on for any of `size` bytes of code from a linear address on (`size` is 1 or more). */
  enabledIn(item: LogItem, linear: number, size: number): boolean {
    if (!this.items.has(item)) return false;
    if (this.ranges.length === 0) return true;
    const first = linear >>> 0;
    const last = first + size - 1;
    return this.ranges.some((range) => last >= range.first && first <= range.last);
  }

  /** Writes text, which may be several lines, when the item is on. */
  write(item: LogItem, text: string): void {
    if (!this.items.has(item)) return;
    for (const line of text.split('\n')) this.sink(line);
  }
}

/** A 32-bit value as eight hexadecimal digits. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
