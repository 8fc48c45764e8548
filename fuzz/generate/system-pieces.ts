/**
 * Pieces of whole-system code: page tables edited, traps, privileged switches. Each is a few
 * instructions in a row that leaves the stack as it was.
 */
import { PAGE_DIRECTORY, PAGE_TABLE } from './pages.ts';
import { ECX, FS, PieceTools } from './piece-tools.ts';
import { le16, le32 } from './registers.ts';
import { END_16, FIRST_16 } from './system-tables.ts';
import { CODE } from './world.ts';

export class PieceMaker extends PieceTools {
  /** An entry of a page of data changed, the page used, and the entry put back. */
  pageEdit(): number[] {
    const { draw } = this;
    const page = draw.pick([0x40, 0x41, 0x42, 0x45, 0x48, 0x4a, 0x52, 0x54]);
    const linear = page << 12;
    const entry = PAGE_TABLE + page * 4;
    const frame = draw.once(3) ? draw.pick([0x40, 0x43, 0x10, 0x11, 0x7, 0x57]) << 12 : linear;
    const value = frame | draw.pick([7, 7, 5, 3, 6, 0, 1, 0x27, 0x67, 0x107]);
    const use = this.touch(linear + draw.below(0xff0));
    this.code.forget();
    return [
      ...use,
      ...this.store(entry, value),
      ...this.flush(linear),
      ...this.touch(linear + draw.below(0xff0)),
      ...this.some(),
      ...this.store(entry, linear | 7),
      ...this.flush(linear),
    ];
  }

  /** Reads, writes or changes a dword in FS, where FS reaches. */
  private touch(linear: number): number[] {
    const { segments } = this.world;
    // 16-bit addresses reach data in DS only.
    const segment = this.typed ? FS : 3;
    const offset = linear - segments[segment]!.base;
    if (!this.typed && (offset < 0 || offset > 0xfff0)) return this.some();
    const opcode = this.draw.pick([[0x8b], [0x89], [0x01], [0x31], [0x0f, 0xb6], [0x88]]);
    const operand =
      opcode[0] === 0x0f ? this.absolute(segment, linear, opcode, 0) : this.absolute(segment, linear, opcode, 3);
    return [...(opcode.length === 1 && opcode[0] !== 0x88 ? this.wide : []), ...operand];
  }

  /** The whole first 4 MB as one page, and back. */
  largePage(): number[] {
    const { draw, wide } = this;
    if (this.world.level !== 0 || !this.world.paging) return this.pageEdit();
    this.code.forget();
    const pse = [0x0f, 0x20, 0xe0, ...wide, 0x0d, ...le32(0x10), 0x0f, 0x22, 0xe0];
    return [
      ...pse,
      ...this.store(PAGE_DIRECTORY, draw.pick([0x87, 0xe7, 0x85, 0x187])),
      ...this.flush(CODE),
      ...this.some(),
      ...this.store(PAGE_DIRECTORY, PAGE_TABLE | 7),
      ...this.flush(CODE),
    ];
  }

  /** DEC dword [linear], in the first 64 KB. */
  decrement(linear: number): number[] {
    return [...this.wide, ...this.absolute(FS, linear, [0xff], 1)];
  }

  /** PUSH of flags; POPF: single-step or not, IF, NT, AC. */
  flags(trap: boolean): number[] {
    const { draw, world } = this;
    const value = draw.pick([0x002, 0x202, 0x202, 0x4202, 0x4_0202]) | (draw.word() & 0x8d5) | (trap ? 0x100 : 0);
    const iopl = world.eflags & 0x3000;
    return world.code32 ? [0x68, ...le32(value | iopl), 0x9d] : [0x68, ...le16(value | iopl), 0x9d];
  }

  /** A loop in which interrupts are held off for a while, then let in: by STI or by POPF. */
  masked(): number[] {
    const { draw, code } = this;
    const prepare = code.ensureStack();
    const start = code.load(ECX, draw.between(4, 30));
    code.reserve(ECX, true);
    code.forget();
    const off = draw.once(3) ? this.flagsTo(0x002) : [0xfa];
    const on = draw.once(2) ? this.flagsTo(0x202) : [0xfb];
    const body = [...off, ...this.some(), ...on, ...this.some()];
    code.reserve(ECX, false);
    code.forget();
    return [...prepare, ...start, ...body, ...code.decrementJump(ECX, body.length)];
  }

  /** PUSH imm; POPF. */
  private flagsTo(value: number): number[] {
    const flags = value | (this.draw.word() & 0x8d5) | (this.world.eflags & 0x3000);
    return this.world.code32 ? [0x68, ...le32(flags), 0x9d] : [0x68, ...le16(flags), 0x9d];
  }

  /** Something that goes through the IDT, or a gate. */
  event(): number[] {
    const { draw, world, wide } = this;
    this.code.forget();
    switch (draw.below(10)) {
      case 0:
        return [0xcc];
      case 1:
        return [0xce];
      case 2:
        return [0xf1];
      case 3:
        return [0x0f, 0x0b];
      case 4:
        // XOR ECX, ECX; DIV ECX
        return [...wide, 0x31, 0xc9, ...wide, 0xf7, 0xf1];
      case 5:
        return [0xcd, draw.between(FIRST_16, END_16 - 1)];
      case 6:
        // A call gate.
        return world.code32
          ? [0x9a, ...le32(0), 0x30 | world.level, 0]
          : [0x66, 0x9a, ...le32(0), 0x30 | world.level, 0];
      case 7:
        return [draw.pick([0xfa, 0xfb]), ...this.some()];
      default:
        return [0xcd, draw.between(0x20, 0x2f)];
    }
  }

  /** A switch of the processor turned and turned back, with code in between. */
  control(): number[] {
    const { draw, wide, world } = this;
    this.code.forget();
    const kind = draw.below(world.paging ? 4 : 3);
    if (kind === 0) {
      // CR0.TS, something of the x87, CLTS.
      const x87 = draw.pick([[0xd9, 0xe8], [0x0f, 0x77], [0x0f, 0x58, 0xc1], [0x9b]]);
      return [0x0f, 0x20, 0xc0, ...wide, 0x0d, ...le32(8), 0x0f, 0x22, 0xc0, ...x87, 0x0f, 0x06];
    }
    const bit = kind === 1 ? 1 << 16 : kind === 2 ? 1 << 18 : 1 << 31;
    const turn = [0x0f, 0x20, 0xc0, ...wide, 0x35, ...le32(bit), 0x0f, 0x22, 0xc0];
    return [...turn, ...this.some(), ...turn];
  }

  /** A block of memory filled or copied, over pages of all kinds. */
  block(): number[] {
    const { draw, code } = this;
    const count = code.load(ECX, draw.between(1, draw.once(6) ? 200 : 24));
    const to = code.load(7, draw.pick([0x47f80, 0x40ff0, 0x49fc0, 0x52f80]) - this.world.segments[0]!.base);
    const from = code.load(6, draw.pick([0x40010, 0x41ff0, 0x47f00]) - this.world.segments[3]!.base);
    code.forget();
    return [...count, ...to, ...from, 0xf3, draw.pick([0xa4, 0xa5, 0xaa, 0xab])];
  }
}
