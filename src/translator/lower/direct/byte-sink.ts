/** A growing array of bytes with WebAssembly's number formats (core specification 5.2.2), for code written often. */
const FLOAT = new DataView(new ArrayBuffer(8));

export class ByteSink {
  private bytes: Uint8Array;
  length = 0;

  /** @param room bytes there is room for at first */
  constructor(room = 0x4000) {
    this.bytes = new Uint8Array(room);
  }

  /** Makes room for `count` more bytes. */
  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const more = new Uint8Array(2 * (this.length + count));
    more.set(this.bytes);
    this.bytes = more;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = value;
  }

  /** An unsigned LEB128 number of up to 32 bits. */
  unsigned(value: number): void {
    let v = value >>> 0;
    while (v >= 0x80) {
      this.byte((v & 0x7f) | 0x80);
      v >>>= 7;
    }
    this.byte(v);
  }

  /** A signed LEB128 number of 32 bits. */
  signed(value: number): void {
    let v = value | 0;
    for (;;) {
      const low = v & 0x7f;
      v >>= 7;
      if ((v === 0 && low < 0x40) || (v === -1 && low >= 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** A signed LEB128 number of 64 bits. */
  signed64(value: bigint): void {
    let v = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(v & 0x7fn);
      v >>= 7n;
      if ((v === 0n && low < 0x40) || (v === -1n && low >= 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  f32(value: number): void {
    FLOAT.setFloat32(0, value, true);
    for (let n = 0; n < 4; n++) this.byte(FLOAT.getUint8(n));
  }

  f64(value: number): void {
    FLOAT.setFloat64(0, value, true);
    for (let n = 0; n < 8; n++) this.byte(FLOAT.getUint8(n));
  }

  append(bytes: ArrayLike<number>): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The bytes so far, as long as nothing more is written. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of the bytes so far. */
  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}
