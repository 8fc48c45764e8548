/**
 * Machine code as it is written: bytes, and places whose addresses become known later. Memory operands are
 * relative to EBP, which holds the address of the program's data.
 */

/** A place in the code; absolute addresses and displacements to it are filled in at the end. */
export interface Label {
  at: number;
}

export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;

export class Code {
  private readonly bytes: number[] = [];
  private readonly uses: { readonly at: number; readonly label: Label; readonly relative: boolean }[] = [];
  private readonly origin: number;

  /** @param origin address of the first byte */
  constructor(origin: number) {
    this.origin = origin;
  }

  get length(): number {
    return this.bytes.length;
  }

  put(...bytes: readonly number[]): void {
    for (const byte of bytes) this.bytes.push(byte & 0xff);
  }

  word(value: number): void {
    this.put(value, value >> 8, value >> 16, value >> 24);
  }

  label(): Label {
    return { at: -1 };
  }

  /** The label is here. */
  here(label: Label): void {
    label.at = this.bytes.length;
  }

  /** Bytes and the displacement to a label, 32 bits. */
  jump(opcode: readonly number[], label: Label): void {
    this.put(...opcode);
    this.use(label, true);
  }

  /** The address of a label. */
  address(label: Label): void {
    this.use(label, false);
  }

  /** Register and register; `reg` is the field of that name. */
  registers(opcode: readonly number[], reg: number, rm: number): void {
    this.put(...opcode, 0xc0 | (reg << 3) | rm);
  }

  /** [EBP + displacement] */
  memory(opcode: readonly number[], reg: number, displacement: number): void {
    this.put(...opcode, 0x80 | (reg << 3) | EBP);
    this.word(displacement);
  }

  /** [EBP + index * 4 + displacement] */
  indexed(opcode: readonly number[], reg: number, index: number, displacement: number): void {
    this.put(...opcode, 0x84 | (reg << 3), 0x80 | (index << 3) | EBP);
    this.word(displacement);
  }

  /** @throws RangeError when a label that is used is nowhere */
  finish(): Uint8Array {
    const out = Uint8Array.from(this.bytes);
    const view = new DataView(out.buffer);
    for (const { at, label, relative } of this.uses) {
      if (label.at < 0) throw new RangeError('a label that is used is nowhere');
      view.setInt32(at, relative ? label.at - (at + 4) : this.origin + label.at, true);
    }
    return out;
  }

  private use(label: Label, relative: boolean): void {
    this.uses.push({ at: this.bytes.length, label, relative });
    this.word(0);
  }
}
