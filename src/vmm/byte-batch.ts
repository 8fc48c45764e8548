/**
 * Collects the single bytes a device sends, so that listeners get them in
 * arrays: at the end of each slice, or when the batch is full.
 */
const CAPACITY = 16384;

export class ByteBatch {
  private readonly bytes = new Uint8Array(CAPACITY);
  private readonly sink: (bytes: Uint8Array) => void;
  private length = 0;

  constructor(sink: (bytes: Uint8Array) => void) {
    this.sink = sink;
  }

  push(byte: number): void {
    this.bytes[this.length++] = byte;
    if (this.length === CAPACITY) this.flush();
  }

  /** Hands over what there is; the array is the sink's to keep. */
  flush(): void {
    if (this.length === 0) return;
    const bytes = this.bytes.slice(0, this.length);
    this.length = 0;
    this.sink(bytes);
  }
}
