/**
 * What lifting knows of the x87 state at a point of a block: which checks need
 * not be made again.
 */
export class X87State {
  /** No exception is pending. */
  ready = false;
  /** Registers known to be in use, and known to be empty: bit n for st(n). */
  used = 0;
  free = 0;
  /** Segment registers whose selectors are in the pointers already; -1 for none. */
  codeSegment = -1;
  dataSegment = -1;

  /** After something that may have changed any of it. */
  forget(): void {
    this.ready = false;
    this.used = 0;
    this.free = 0;
    this.codeSegment = -1;
    this.dataSegment = -1;
  }
}
