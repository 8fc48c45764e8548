/**
 * The I/O APIC (Intel 82093AA, order number 290566): 24 inputs, each with an
 * entry of the redirection table that says what is sent for it and to whom.
 *
 * An edge at a masked input is lost; a level is sent again as long as it lasts
 * after each end of interrupt, which clears the entry's remote IRR.
 */
import type { AccessSize } from '../io-bus.ts';
import type { MmioHandler } from '../mmio-bus.ts';
import { type ApicMessage, MODE_LOWEST } from './message.ts';

export const IO_APIC_BASE = 0xfec0_0000;
export const IO_APIC_PINS = 24;

const VERSION_VALUE = ((IO_APIC_PINS - 1) << 16) | 0x11;
const SELECT = 0x00;
const WINDOW = 0x10;
const REGISTER_ID = 0;
const REGISTER_VERSION = 1;
const REGISTER_ARBITRATION = 2;
const FIRST_ENTRY = 0x10;

const LOGICAL = 1 << 11;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
/** Vector, delivery mode, destination mode, polarity, trigger mode, mask. */
const WRITABLE_LOW = 0xff | (7 << 8) | LOGICAL | (1 << 13) | LEVEL | MASKED;

/** Whether an entry sends its vector: only such interrupts have an end. */
function isFixed(entry: number): boolean {
  return ((entry >> 8) & 7) <= MODE_LOWEST;
}

export class IoApic implements MmioHandler {
  private id = 0;
  private selected = 0;
  private readonly low = new Uint32Array(IO_APIC_PINS).fill(MASKED);
  private readonly high = new Uint32Array(IO_APIC_PINS);
  /** Bit n: whether input n is driven active. Polarity is between the board and its firmware: active is active. */
  private lines = 0;
  private readonly send: (message: ApicMessage) => boolean;

  /** @param send gives a message to the local APICs; returns whether one has accepted it */
  constructor(send: (message: ApicMessage) => boolean) {
    this.send = send;
  }

  /** Power-on state: all inputs masked; their levels stay as they are driven. */
  reset(): void {
    this.id = 0;
    this.selected = 0;
    this.low.fill(MASKED);
    this.high.fill(0);
  }

  /** Drives input `pin`, 0..23. */
  setInput(pin: number, active: boolean): void {
    const bit = 1 << pin;
    const rising = active && (this.lines & bit) === 0;
    this.lines = active ? this.lines | bit : this.lines & ~bit;
    if (!rising) return;
    const entry = this.low[pin]!;
    if ((entry & LEVEL) !== 0) this.drive(pin);
    else if ((entry & MASKED) === 0) this.deliver(pin);
  }

  /** The end of a level-triggered interrupt with this vector. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const entry = this.low[pin]!;
      if ((entry & (0xff | LEVEL | REMOTE_IRR)) !== (vector | LEVEL | REMOTE_IRR)) continue;
      this.low[pin] = entry & ~REMOTE_IRR;
      this.drive(pin);
    }
  }

  /** A local APIC takes messages again: levels that found it switched off are sent. */
  retry(): void {
    if (this.lines === 0) return;
    for (let pin = 0; pin < IO_APIC_PINS; pin++) this.drive(pin);
  }

  /** The entry of an input, its low and its high word. */
  entry(pin: number): readonly [number, number] {
    return [this.low[pin]!, this.high[pin]!];
  }

  /** A line of text: the inputs that are not masked. */
  describe(): string {
    const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
    const open = [...this.low.keys()].filter((pin) => (this.low[pin]! & MASKED) === 0);
    return `ioapic: ${open.map((pin) => `${pin}=${hex(this.low[pin]!, 4)}/${hex(this.high[pin]! >>> 24, 2)}`).join(' ')}`;
  }

  read(offset: number, size: AccessSize): number {
    const lane = offset & 3;
    if (lane + size > 4) return 0;
    const at = offset & 0xfc;
    const value = at === SELECT ? this.selected : at === WINDOW ? this.register(this.selected) : 0;
    const part = value >>> (lane * 8);
    return size === 4 ? part >>> 0 : size === 2 ? part & 0xffff : part & 0xff;
  }

  write(offset: number, value: number, size: AccessSize): void {
    const at = offset & 0xff;
    if (at === SELECT) this.selected = value & 0xff;
    else if (at === WINDOW && size === 4) this.setRegister(this.selected, value >>> 0);
  }

  private register(index: number): number {
    if (index === REGISTER_ID || index === REGISTER_ARBITRATION) return this.id << 24;
    if (index === REGISTER_VERSION) return VERSION_VALUE;
    const pin = (index - FIRST_ENTRY) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return 0;
    return (index & 1) === 0 ? this.low[pin]! : this.high[pin]!;
  }

  private setRegister(index: number, value: number): void {
    if (index === REGISTER_ID) this.id = (value >>> 24) & 0xf;
    const pin = (index - FIRST_ENTRY) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return;
    if ((index & 1) === 1) {
      this.high[pin] = (value & 0xff00_0000) >>> 0;
      return;
    }
    // Made edge-triggered, an input has no end of interrupt to wait for: that is how software without one clears it.
    const kept = (value & LEVEL) !== 0 ? this.low[pin]! & REMOTE_IRR : 0;
    this.low[pin] = (value & WRITABLE_LOW) | kept;
    this.drive(pin);
  }

  /** Sends for a level that is there and not sent yet. */
  private drive(pin: number): void {
    const entry = this.low[pin]!;
    if ((this.lines & (1 << pin)) === 0 || (entry & (LEVEL | MASKED | REMOTE_IRR)) !== LEVEL) return;
    if (this.deliver(pin) && isFixed(entry)) this.low[pin]! |= REMOTE_IRR;
  }

  private deliver(pin: number): boolean {
    const entry = this.low[pin]!;
    return this.send({
      vector: entry & 0xff,
      mode: (entry >> 8) & 7,
      level: (entry & LEVEL) !== 0 && isFixed(entry),
      destination: this.high[pin]! >>> 24,
      logical: (entry & LOGICAL) !== 0,
    });
  }
}
