/**
 * Pieces of whole-system code: page tables edited, code written to, traps, privileged switches. Each is a few
 * instructions in a row that leaves the stack as it was.
 */
import type { Draw } from './draw.ts';
import type { LiveCode } from './live-code.ts';
import { PAGE_DIRECTORY, PAGE_TABLE } from './pages.ts';
import { le16, le32 } from './registers.ts';
import { ALIAS, DATA_ALIAS, END_16, FIRST_16 } from './system-tables.ts';
import { CODE, DATA, type World } from './world.ts';

const FS = 4;
const GS = 5;
const ECX = 1;
/** Two pages that are mapped to their own frames, or to those this far behind. */
const REMAPPED = 0x3_4000;
const FRAMES = 0x2000;
const PREFIX = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** What pieces are made with. */
export class PieceMaker {
  private readonly draw: Draw;
  private readonly world: World;
  private readonly code: LiveCode;

  constructor(draw: Draw, world: World, code: LiveCode) {
    this.draw = draw;
    this.world = world;
    this.code = code;
  }

  private get typed(): boolean {
    return this.world.mode === 'protected32' || this.world.mode === 'protected16';
  }

  /** Prefixes and displacement of an absolute operand in FS (base 0) or GS (over the code): around opcode and ModR/M. */
  private absolute(segment: number, linear: number, opcode: readonly number[], reg: number): number[] {
    const { code32, segments } = this.world;
    const offset = (linear - segments[segment]!.base) >>> 0;
    // 32-bit addresses where segments are flat.
    const wide = this.typed;
    const prefixes = [PREFIX[segment]!, ...(wide && !code32 ? [0x67] : [])];
    return wide
      ? [...prefixes, ...opcode, (reg << 3) | 5, ...le32(offset)]
      : [...prefixes, ...opcode, (reg << 3) | 6, ...le16(offset)];
  }

  /** Operand size prefix for 32 bits. */
  private get wide(): readonly number[] {
    return this.world.code32 ? [] : [0x66];
  }

  /** MOV dword [FS:linear], value. */
  private store(linear: number, value: number): number[] {
    return [...this.wide, ...this.absolute(FS, linear, [0xc7], 0), ...le32(value)];
  }

  /** A second address of linear memory, where paging gives one. */
  private alias(linear: number): number {
    const { paging, mode } = this.world;
    if (!paging || mode === 'virtual8086' || this.draw.once(2)) return linear;
    return linear >= DATA ? linear + DATA_ALIAS : linear + ALIAS;
  }

  /** A plain instruction or two, to look at what has changed. */
  private some(): number[] {
    const out: number[] = [];
    for (let n = this.draw.between(1, 3); n > 0; n--) out.push(...this.code.instruction());
    return out;
  }

  /** What makes a changed entry be seen; once in a while nothing. */
  private flush(linear: number): number[] {
    const kind = this.draw.below(8);
    if (this.world.level !== 0 || kind === 0) return [];
    // MOV EAX, CR3; MOV CR3, EAX. XOR of CR4.PGE.
    if (kind === 1) return [0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8];
    if (kind === 2) return [0x0f, 0x20, 0xe0, ...this.wide, 0x35, ...le32(0x80), 0x0f, 0x22, 0xe0];
    return this.absolute(FS, linear, [0x0f, 0x01], 7);
  }

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

  /**
   * A loop whose body is changed while it runs: an immediate, or an opcode, under the first or the second address.
   * @param at linear address at which the piece will lie
   */
  selfModifying(at: number): number[] {
    const { draw, code, wide } = this;
    const start = code.load(ECX, draw.between(3, 70));
    code.reserve(ECX, true);
    code.forget();
    // ADD EAX, imm32: its immediate or, by 28h, ADD and SUB in turn.
    const target = [...wide, 0x05, ...le32(draw.word())];
    const before = draw.once(2) ? this.some() : [];
    const between = draw.once(2) ? this.some() : [];
    const first = draw.once(2);
    // Not in each round, so that it runs for a while as it is: TEST CL, mask; JNZ over the write.
    const mask = draw.pick([0, 3, 7, 15, 31]);
    const guarded = (write: number[]) => (mask === 0 ? write : [0xf6, 0xc1, mask, 0x75, write.length, ...write]);
    const writer = (where: number): number[] => guarded(bare(where));
    const bare = (where: number): number[] => {
      const linear = this.alias(where);
      const kind = draw.below(4);
      if (kind === 0) return this.absolute(GS, linear, [0xfe], 0);
      if (kind === 1) return [...this.absolute(GS, linear, [0x80], 0), draw.below(256)];
      if (kind === 2) return [...wide, ...this.absolute(GS, linear, [0x01], 2)];
      return [...this.absolute(GS, linear + wide.length - target.length + 4, [0x80], 6), 0x28];
    };
    const length = writer(at).length;
    // The writer's length may differ by kind: it is drawn again until it fits.
    const place = at + start.length + before.length;
    let body: number[] = [];
    for (let tries = 0; tries < 40; tries++) {
      const targetAt = first ? place : place + length + between.length;
      const write = writer(targetAt + target.length - 4);
      if (write.length !== length) continue;
      body = first ? [...before, ...target, ...between, ...write] : [...before, ...write, ...between, ...target];
      break;
    }
    code.reserve(ECX, false);
    code.forget();
    return [...start, ...body, ...code.decrementJump(ECX, body.length)];
  }

  /** A loop with a jump whose displacement, the last byte of its block, is 0 and 1 in turn: over INC EAX, or not. */
  jumpEdit(at: number): number[] {
    const { draw, code } = this;
    const start = code.load(ECX, draw.between(3, 40));
    code.reserve(ECX, true);
    code.forget();
    const before = this.some();
    const place = at + start.length + before.length;
    const jump = [0xeb, 0, 0x40];
    const write = [...this.absolute(GS, this.alias(place + 1), [0x80], 6), 1];
    const mask = draw.pick([0, 3, 7]);
    const guarded = mask === 0 ? write : [0xf6, 0xc1, mask, 0x75, write.length, ...write];
    const body = [...before, ...jump, ...this.some(), ...guarded];
    code.reserve(ECX, false);
    code.forget();
    return [...start, ...body, ...code.decrementJump(ECX, body.length)];
  }

  /** A subroutine called under both of its addresses, and written to in between. */
  aliasedCall(at: number): number[] {
    const { draw, code, world } = this;
    if (world.mode !== 'protected32' || !world.paging) return this.selfModifying(at);
    const prepare = code.ensureStack();
    const start = code.load(ECX, draw.between(2, 20));
    code.reserve(ECX, true);
    code.forget();
    // MOV EDX, imm32; XOR EAX, EDX; RET
    const sub = [0xba, ...le32(draw.word()), 0x31, 0xd0, 0xc3];
    const over = code.jmp(sub.length);
    const subAt = at + prepare.length + over.length;
    const head = [...prepare, ...over, ...sub, ...start];
    const call = (from: number) => [0xe8, ...le32(this.alias(subAt) - (from + 5))];
    const body: number[] = [];
    const here = () => at + head.length + body.length;
    body.push(...call(here()));
    body.push(...this.absolute(GS, this.alias(subAt + 1 + draw.below(4)), [0xfe], 0));
    body.push(...call(here()));
    code.reserve(ECX, false);
    code.forget();
    return [...head, ...body, ...code.decrementJump(ECX, body.length)];
  }

  /**
   * A subroutine in a page of its own, or across two, that is called and mapped to another frame with other bytes by
   * turns, as when the pages of a program are exchanged.
   */
  remappedCall(at: number): number[] {
    const { draw, code, world } = this;
    if (world.mode !== 'protected32' || !world.paging) return this.pageEdit();
    const prepare = code.ensureStack();
    const start = code.load(ECX, draw.between(3, 24));
    code.reserve(ECX, true);
    code.forget();
    const sub = REMAPPED + (draw.once(3) ? 0x100 : 0x1000 - draw.between(1, 7));
    for (const frame of [0, FRAMES]) {
      // MOV EDX, imm32; XOR EAX, EDX; RET
      code.poke(sub + frame, [0xba, ...le32(draw.word()), 0x31, 0xd0, 0xc3]);
    }
    const page = (sub + (draw.once(2) ? 7 : 0)) & ~0xfff;
    const head = [...prepare, ...start];
    const body: number[] = [];
    const call = () => [0xe8, ...le32(sub - (at + head.length + body.length + 5))];
    body.push(...call());
    // XOR dword [entry], FRAMES
    const turn = [
      ...this.absolute(FS, PAGE_TABLE + (page >>> 12) * 4, [0x81], 6),
      ...le32(FRAMES),
      ...this.flush(page),
    ];
    // TEST CL, mask; JNZ: not each time.
    const mask = draw.pick([0, 1, 3, 7]);
    body.push(...(mask === 0 ? turn : [0xf6, 0xc1, mask, 0x75, turn.length, ...turn]));
    if (draw.once(2)) body.push(...call());
    code.reserve(ECX, false);
    code.forget();
    return [...head, ...body, ...code.decrementJump(ECX, body.length)];
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
