/**
 * The port I/O bus: 65,536 byte ports, each decoded by at most one device.
 *
 * A byte device sees every access as single bytes, lowest port first; a handler
 * that declares `wide` gets the access whole, whatever ports it spans. A port
 * nobody decodes floats: it reads all ones and swallows writes, and the
 * `unimplemented` hook hears of it once an access.
 */

/** Access width in bytes. */
export type AccessSize = 1 | 2 | 4;

/** A device's side of the bus. Values are unsigned and no wider than `size`. */
export interface IoHandler {
  /** Takes 2- and 4-byte accesses whole instead of as bytes. */
  readonly wide?: boolean;
  read(port: number, size: AccessSize): number;
  write(port: number, value: number, size: AccessSize): void;
}

/** Hears of each access that no device decodes; bounding the rate is its own affair. */
export type UnimplementedHook = (kind: 'read' | 'write', address: number, size: AccessSize, value: number) => void;

const PORTS = 0x10000;
const PORT_MASK = PORTS - 1;

/** The value of a floating bus, by access size. */
export function allOnes(size: AccessSize): number {
  return size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff;
}

export class IoBus {
  private readonly handlers: (IoHandler | null)[] = new Array<IoHandler | null>(PORTS).fill(null);
  /** What was registered for good: it comes before what a guest moves there. */
  private readonly fixed: (IoHandler | null)[] = new Array<IoHandler | null>(PORTS).fill(null);
  private readonly windows: { readonly first: number; readonly count: number; readonly handler: IoHandler }[] = [];
  private readonly unimplemented: UnimplementedHook | undefined;

  constructor(unimplemented?: UnimplementedHook) {
    this.unimplemented = unimplemented;
  }

  /**
   * Gives `count` ports from `first` on to a handler. A later registration takes
   * ports over from an earlier one, so that a device on a chosen port always works.
   * @throws RangeError if a port lies outside 0..FFFFh.
   */
  register(first: number, count: number, handler: IoHandler): void {
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1 || first + count > PORTS) {
      throw new RangeError(`I/O ports ${first} + ${count}: ports are 0 to 65535`);
    }
    this.fixed.fill(handler, first, first + count);
    this.handlers.fill(handler, first, first + count);
  }

  /**
   * Gives ports to a handler for as long as a guest wants it so. Ports that another device has stay with that.
   * @returns what takes them away again
   * @throws RangeError if a port lies outside 0..FFFFh.
   */
  openWindow(first: number, count: number, handler: IoHandler): () => void {
    if (first < 0 || count < 1 || first + count > PORTS) {
      throw new RangeError(`I/O ports ${first} + ${count}: ports are 0 to 65535`);
    }
    const window = { first, count, handler };
    this.windows.push(window);
    this.decode(first, count);
    return () => {
      const at = this.windows.indexOf(window);
      if (at < 0) return;
      this.windows.splice(at, 1);
      this.decode(first, count);
    };
  }

  /** Works out anew who has these ports. */
  private decode(first: number, count: number): void {
    for (let port = first; port < first + count; port++) {
      const window = this.windows.find((w) => port >= w.first && port < w.first + w.count);
      this.handlers[port] = this.fixed[port] ?? window?.handler ?? null;
    }
  }

  /** Whether some device decodes this port. */
  isClaimed(port: number): boolean {
    return this.handlers[port & PORT_MASK] !== null;
  }

  /** IN: returns an unsigned value of `size` bytes. */
  read(port: number, size: AccessSize): number {
    const handler = this.handlers[port & PORT_MASK] as IoHandler | null;
    if (handler !== null && (size === 1 || handler.wide === true)) {
      return handler.read(port & PORT_MASK, size);
    }
    if (this.floats(port, size)) {
      const value = allOnes(size);
      this.unimplemented?.('read', port & PORT_MASK, size, value);
      return value;
    }
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = (port + i) & PORT_MASK;
      const part = this.handlers[at];
      value |= ((part ? part.read(at, 1) : 0xff) & 0xff) << (i * 8);
    }
    return value >>> 0;
  }

  /** OUT: of `value`, the low `size` bytes count. */
  write(port: number, size: AccessSize, value: number): void {
    const handler = this.handlers[port & PORT_MASK] as IoHandler | null;
    if (handler !== null && (size === 1 || handler.wide === true)) {
      handler.write(port & PORT_MASK, (value & allOnes(size)) >>> 0, size);
      return;
    }
    if (this.floats(port, size)) {
      this.unimplemented?.('write', port & PORT_MASK, size, (value & allOnes(size)) >>> 0);
      return;
    }
    for (let i = 0; i < size; i++) {
      const at = (port + i) & PORT_MASK;
      this.handlers[at]?.write(at, (value >>> (i * 8)) & 0xff, 1);
    }
  }

  private floats(port: number, size: AccessSize): boolean {
    for (let i = 0; i < size; i++) {
      if (this.handlers[(port + i) & PORT_MASK] !== null) {
        return false;
      }
    }
    return true;
  }
}
