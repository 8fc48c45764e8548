/** Numbers and bytes one after another: written to a growing buffer, and read with every end watched. */
import { FileError } from '../../json-reader.ts';

export class ByteWriter {
  private buffer: Buffer = Buffer.alloc(1 << 16);
  private length = 0;

  /** Where `size` more bytes go; the buffer may be another then. */
  private room(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.buffer.length) {
      const larger = Buffer.alloc(this.length * 2);
      this.buffer.copy(larger);
      this.buffer = larger;
    }
    return at;
  }

  /** A whole number from 0 to 2^32 - 1, small ones in fewer bytes. */
  number(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      const at = this.room(1);
      this.buffer[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    const at = this.room(1);
    this.buffer[at] = rest;
  }

  word(value: number): void {
    const at = this.room(4);
    this.buffer.writeInt32LE(value | 0, at);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** What has been written; good until more is. */
  get written(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

export class ByteReader {
  private readonly file: string;
  private readonly buffer: Buffer;
  private at = 0;

  constructor(file: string, buffer: Buffer) {
    this.file = file;
    this.buffer = buffer;
  }

  private take(size: number): number {
    const { at } = this;
    if (size > this.buffer.length - at) throw new FileError(`${this.file}: ends in the middle of a case`);
    this.at += size;
    return at;
  }

  /** @throws FileError where there is none, or one that is larger than `most` */
  number(most = 0xffff_ffff): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.buffer[this.take(1)]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > most) throw new FileError(`${this.file}: has ${value} where at most ${most} can be`);
        return value;
      }
    }
    throw new FileError(`${this.file}: has a number of more than 32 bits`);
  }

  word(): number {
    return this.buffer.readInt32LE(this.take(4));
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array {
    const from = this.take(length);
    return Uint8Array.from(this.buffer.subarray(from, from + length));
  }

  get atEnd(): boolean {
    return this.at === this.buffer.length;
  }
}
