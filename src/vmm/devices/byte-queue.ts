/** A bounded first-in first-out queue of bytes: a ring that never grows. */
export class ByteQueue {
  private readonly ring: Uint8Array;
  private head = 0;
  length = 0;

  constructor(capacity: number) {
    this.ring = new Uint8Array(capacity);
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.ring.length - this.length;
  }

  /** Appends a byte; false, and nothing done, if the queue is full. */
  push(byte: number): boolean {
    if (this.length === this.ring.length) {
      return false;
    }
    this.ring[(this.head + this.length) % this.ring.length] = byte;
    this.length++;
    return true;
  }

  /** Removes and returns the oldest byte, -1 if the queue is empty. */
  shift(): number {
    if (this.length === 0) {
      return -1;
    }
    const byte = this.ring[this.head] as number;
    this.head = (this.head + 1) % this.ring.length;
    this.length--;
    return byte;
  }

  clear(): void {
    this.head = 0;
    this.length = 0;
  }
}
