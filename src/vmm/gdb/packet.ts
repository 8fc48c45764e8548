/**
 * Packets of gdb's remote serial protocol: `$data#checksum`, with } escapes and
 * acknowledgements (GDB manual, "Remote Protocol", Overview).
 *
 * What holds: whatever bytes come, what is kept of them is bounded.
 */

/** Longest packet that is taken, as told by qSupported. */
export const PACKET_SIZE = 0x4000;
const BREAK = 0x03;

export type PacketEvent =
  | { readonly kind: 'packet'; readonly data: string }
  /** Ctrl-C. */
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'ack' }
  /** The other side asks for the last packet again. */
  | { readonly kind: 'nack' }
  /** A packet that was too long or whose checksum is wrong. */
  | { readonly kind: 'bad' };

/** Cuts a stream of bytes into packets. */
export class PacketReader {
  private text = '';
  private state: 'idle' | 'data' | 'sum1' | 'sum2' = 'idle';
  private sum = 0;
  private tooLong = false;

  read(bytes: Uint8Array): PacketEvent[] {
    const events: PacketEvent[] = [];
    for (const byte of bytes) {
      const event = this.byte(byte);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  private byte(byte: number): PacketEvent | undefined {
    const c = String.fromCharCode(byte);
    switch (this.state) {
      case 'idle':
        if (c === '$') this.begin();
        else if (byte === BREAK) return { kind: 'interrupt' };
        else if (c === '+') return { kind: 'ack' };
        else if (c === '-') return { kind: 'nack' };
        return undefined;
      case 'data':
        if (c === '#') this.state = 'sum1';
        // A packet cut off by the next one.
        else if (c === '$') this.begin();
        else if (this.text.length >= PACKET_SIZE) this.tooLong = true;
        else this.text += c;
        return undefined;
      case 'sum1':
        this.sum = Number.parseInt(c, 16) << 4;
        this.state = 'sum2';
        return undefined;
      default:
        this.sum |= Number.parseInt(c, 16);
        this.state = 'idle';
        if (this.tooLong || this.sum !== checksum(this.text)) return { kind: 'bad' };
        return { kind: 'packet', data: withoutEscapes(this.text) };
    }
  }

  private begin(): void {
    this.text = '';
    this.tooLong = false;
    this.state = 'data';
  }
}

function checksum(text: string): number {
  let sum = 0;
  for (let n = 0; n < text.length; n++) sum += text.charCodeAt(n);
  return sum & 0xff;
}

function withoutEscapes(text: string): string {
  return text.replace(/\}([\s\S])/g, (_, c: string) => String.fromCharCode(c.charCodeAt(0) ^ 0x20));
}

/** A packet with this data (characters 0 to 255), ready to be sent. */
export function framePacket(data: string): string {
  const escaped = data.replace(/[#$}*]/g, (c) => `}${String.fromCharCode(c.charCodeAt(0) ^ 0x20)}`);
  return `$${escaped}#${checksum(escaped).toString(16).padStart(2, '0')}`;
}

/** Bytes in hexadecimal. */
export function toHex(bytes: Iterable<number>): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Bytes of hexadecimal text; undefined where it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, n) => Number.parseInt(text.slice(2 * n, 2 * n + 2), 16));
}
