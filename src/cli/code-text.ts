/**
 * Reads code written as text, for `explain` and the golden tests: bytes in
 * hexadecimal, comments, labels. There is no assembler in it; whoever writes such a
 * file takes the bytes from one.
 *
 *     ; everything behind a semicolon is a comment
 *     mode 32              32 (the default) or 16; at the top
 *     user                 code of privilege level 3
 *     address 0x10000      offset of the first byte in its code segment (the default)
 *     again:               a label: its address begins a block
 *       8b 45 08           bytes, any number a line
 *       75 >again          a one-byte displacement to a label from the byte behind it
 *       0f 85 >>again      a displacement of two bytes in 16-bit code, of four in 32-bit code
 *       68 =again          a label's address, in two or four bytes
 */
import { parseNumber, shorten } from './parse-options.ts';
import { UsageError } from './usage-error.ts';

/** Where code begins that does not say. */
export const DEFAULT_ADDRESS = 0x1_0000;

export interface CodeText {
  readonly code32: boolean;
  readonly user: boolean;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Addresses of labels by name. */
  readonly labels: ReadonlyMap<string, number>;
}

interface Reference {
  readonly kind: 'relative' | 'absolute';
  readonly label: string;
  readonly at: number;
  readonly size: number;
  readonly line: number;
}

class Reader {
  code32 = true;
  user = false;
  address: number | undefined;
  readonly bytes: number[] = [];
  readonly labels = new Map<string, number>();
  readonly references: Reference[] = [];

  line(text: string, number: number): void {
    const plain = text.replace(/;.*/, '').trim();
    if (plain === '') return;
    const directive = /^(mode|user|address)\b\s*(\S*)$/.exec(plain);
    if (directive) {
      this.directive(directive[1]!, directive[2]!);
      return;
    }
    for (const word of plain.split(/\s+/)) this.word(word, number);
  }

  private directive(name: string, value: string): void {
    if (this.bytes.length > 0) throw new UsageError(`'${name}' must stand above the code`);
    if (name === 'user') {
      this.user = true;
      if (value !== '') throw new UsageError(`'user' takes no value`);
    } else if (name === 'mode') {
      if (value !== '16' && value !== '32') throw new UsageError(`mode '${shorten(value)}': must be 16 or 32`);
      this.code32 = value === '32';
    } else {
      this.address = parseNumber(value, 0, 0xffff_ffff, 'address');
    }
  }

  private word(word: string, line: number): void {
    const label = /^([A-Za-z_][\w.]*):$/.exec(word)?.[1];
    if (label !== undefined) {
      if (this.labels.has(label)) throw new UsageError(`label '${shorten(label)}' is defined twice`);
      this.labels.set(label, this.bytes.length);
      return;
    }
    const reference = /^(>>?|=)([A-Za-z_][\w.]*)$/.exec(word);
    if (reference) {
      const size = reference[1] === '>' ? 1 : this.code32 ? 4 : 2;
      const kind = reference[1] === '=' ? 'absolute' : 'relative';
      this.references.push({ kind, label: reference[2]!, at: this.bytes.length, size, line });
      for (let n = 0; n < size; n++) this.bytes.push(0);
      return;
    }
    if (!/^([0-9a-fA-F]{2})+$/.test(word)) {
      throw new UsageError(`'${shorten(word)}': must be bytes in hexadecimal, a label or a reference`);
    }
    for (let n = 0; n < word.length; n += 2) this.bytes.push(Number.parseInt(word.slice(n, n + 2), 16));
  }

  /** Puts displacements and addresses in place; the code begins at `address`. */
  resolve(address: number): void {
    for (const { kind, label, at, size, line } of this.references) {
      const target = this.labels.get(label);
      if (target === undefined) throw new UsageError(`line ${line}: label '${shorten(label)}' is not defined`);
      const displacement = kind === 'absolute' ? address + target : target - (at + size);
      if (size === 1 && (displacement < -128 || displacement > 127)) {
        throw new UsageError(
          `line ${line}: '${shorten(label)}' is ${displacement} bytes away: more than one byte holds`,
        );
      }
      for (let n = 0; n < size; n++) this.bytes[at + n] = (displacement >> (8 * n)) & 0xff;
    }
  }
}

/**
 * Reads code text.
 * @throws UsageError naming the line and what is wrong with it
 */
export function parseCodeText(text: string): CodeText {
  const reader = new Reader();
  text.split(/\r?\n/).forEach((line, n) => {
    try {
      reader.line(line, n + 1);
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`line ${n + 1}: ${error.message}`);
      throw error;
    }
  });
  const address = reader.address ?? (reader.code32 ? DEFAULT_ADDRESS : 0x1000);
  reader.resolve(address);
  const labels = new Map([...reader.labels].map(([name, at]) => [name, (address + at) | 0]));
  return { code32: reader.code32, user: reader.user, address, bytes: Uint8Array.from(reader.bytes), labels };
}
