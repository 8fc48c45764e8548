/**
 * Pieces of whole-system code: page tables edited, traps, privileged switches. Each is a few
 * instructions in a row that leaves the stack as it was.
 */
import { PAGE_DIRECTORY, PAGE_TABLE } from './pages.ts';
import { ECX, FS, PieceTools } from './piece-tools.ts';
import { le16, le32 } from './registers.ts';
import { GDT } from './segments.ts';
import { END_16, FIRST_16, SYSTEM_PAGES } from './system-tables.ts';
import { CODE } from './world.ts';

const ES = 0;
const DS = 3;
const EDX = 2;
const EBX = 3;
const ESI = 6;

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
    const start = code.load(EBX, draw.between(4, 30));
    code.reserve(EBX, true);
    code.forget();
    const off = draw.once(3) ? this.flagsTo(0x002) : [0xfa];
    const on = draw.once(2) ? this.flagsTo(0x202) : [0xfb];
    const body = [...this.letIn(off, on)];
    code.reserve(EBX, false);
    code.forget();
    return [...prepare, ...start, ...body, ...code.decrementJump(EBX, body.length)];
  }

  /** Behind what lets interrupts in: plain code, the head of a loop, or a block of its own. */
  private letIn(off: readonly number[], on: readonly number[]): number[] {
    const { draw, code } = this;
    const kind = draw.below(3);
    if (kind === 0) return [...off, ...this.while(), ...on, ...this.some()];
    if (kind === 1) {
      const count = code.load(EDX, draw.between(2, 6));
      code.reserve(EDX, true);
      code.forget();
      const held = this.while();
      const inner = this.some();
      code.reserve(EDX, false);
      code.forget();
      return [...count, ...off, ...held, ...on, ...inner, ...code.decrementJump(EDX, inner.length)];
    }
    // REP LODSB.
    const count = code.load(ECX, draw.below(4));
    const from = code.load(ESI, 0x4_0010 - this.world.segments[3]!.base);
    code.forget();
    return [...count, ...from, ...off, ...on, 0xf3, 0xac];
  }

  /** Code while interrupts are held off: often long enough for one to come. */
  private while(): number[] {
    const out: number[] = [];
    for (let n = this.draw.pick([0, 1, 3]); n > 0; n--) out.push(...this.some());
    return out;
  }

  /** DS or ES loaded with the selector that it holds, while something of the segment's descriptor is another. */
  descriptorEdit(): number[] {
    const { draw, code, world } = this;
    const segment = draw.once(2) ? DS : ES;
    const { selector } = world.segments[segment]!;
    if (!this.typed || world.level !== 0 || selector < 4 || (selector & 4) !== 0) return this.some();
    const prepare = code.ensureStack();
    code.forget();
    const load = (): number[] =>
      draw.once(3)
        ? [0x8c, 0xc0 | (segment << 3), 0x8e, 0xc0 | (segment << 3)]
        : segment === DS
          ? [0x1e, 0x1f]
          : [0x06, 0x07];
    // Limit, base, type, granularity; not what is present.
    const byte = draw.pick([0, 0, 1, 2, 3, 4, 5, 6, 6, 7]);
    const bits = byte === 5 ? draw.pick([1, 2, 4]) : byte === 6 ? draw.pick([1, 8, 0x10, 0x80]) : 1 << draw.below(8);
    const turn = [...this.absolute(FS, GDT + (selector & ~7) + byte, [0x80], 6), bits];
    const start = code.load(EBX, draw.between(1, 12));
    code.reserve(EBX, true);
    // As it was and otherwise by turns, and left as it is then.
    const body = [...this.some(), ...turn, ...load(), ...this.some()];
    code.reserve(EBX, false);
    code.forget();
    return [...prepare, ...start, ...body, ...code.decrementJump(EBX, body.length)];
  }

  /** What belongs to the system, which uses it now and then, accessed by a program. */
  forbidden(): number[] {
    const { draw, wide } = this;
    const linear = (draw.pick(SYSTEM_PAGES) << 12) + draw.below(0xff0);
    // MOV and MOVZX to a register, and CMP with one; now and then a write of nothing.
    const opcode = draw.pick([[0x8b], [0x8b], [0x39], [0x0f, 0xb6], [0x80]]);
    const access = this.absolute(FS, linear, opcode, opcode[0] === 0x80 ? 1 : 0);
    const width = opcode.length === 1 && opcode[0] !== 0x80 ? wide : [];
    this.code.forget();
    return [0xcd, draw.between(0x20, 0x2f), ...width, ...access, ...(opcode[0] === 0x80 ? [0] : []), ...this.some()];
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
        // XOR ECX, ECX; often XOR EDX, EDX; DIV ECX
        return [...(draw.once(2) ? [...wide, 0x31, 0xd2] : []), ...wide, 0x31, 0xc9, ...wide, 0xf7, 0xf1];
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
