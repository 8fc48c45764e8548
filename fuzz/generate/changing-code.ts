/**
 * Pieces of whole-system code that is changed while it runs: written to under its first or second address, or mapped
 * to another frame.
 */
import { PAGE_TABLE } from './pages.ts';
import { ECX, FS, GS, PieceTools } from './piece-tools.ts';
import { le32 } from './registers.ts';
import { ALIAS } from './system-tables.ts';

/** Two pages that are mapped to their own frames, or to those this far behind. */
const REMAPPED = 0x3_4000;
const FRAMES = 0x2000;
const NOP = 0x90;

export class ChangingCode extends PieceTools {
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

  /** ADD EAX, imm32, to be written to. */
  target(): number[] {
    return [...this.wide, 0x05, ...le32(this.draw.word())];
  }

  /**
   * A write to the immediate of a {@link target} further on, in the same block or page or in the next one: by an
   * instruction of any kind, such as are left to the monitor too.
   * @param section linear address at which the target lies
   */
  ahead(section: number): number[] {
    const { draw, code } = this;
    const count = code.load(ECX, draw.between(1, 7));
    code.forget();
    const linear = this.alias(section + this.wide.length + 1 + draw.below(4));
    const kind = draw.below(4);
    // ROL byte, CL; INC; XOR with an immediate; XADD of CL.
    if (kind < 2) return [...count, ...this.absolute(GS, linear, [0xd2], 0)];
    if (kind === 2) return [...count, ...this.absolute(GS, linear, [0x80], 6), draw.below(256)];
    return [...count, ...this.absolute(GS, linear, [0x0f, 0xc0], ECX)];
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
    const sub = () => [0xba, ...le32(draw.word()), 0x31, 0xd0, 0xc3];
    const over = code.jmp(sub().length);
    const subAt = at + prepare.length + over.length;
    if (draw.once(3)) return [...prepare, ...this.collidingCalls(at + prepare.length, start, sub)];
    const head = [...prepare, ...over, ...sub(), ...start];
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
   * Two subroutines in one page, called in turn, one under its first and one under its second address, such that page
   * and offset together are alike: what is looked up by address finds both in the same place.
   */
  private collidingCalls(at: number, start: readonly number[], sub: () => readonly number[]): number[] {
    const { code } = this;
    const other = (linear: number) => {
      const page = linear >>> 12;
      return linear ^ ((page ^ (page + (ALIAS >>> 12))) & 0xfff);
    };
    const JUMP = 5;
    let first = at + JUMP;
    while (other(first) < first + sub().length || (other(first) ^ first) >>> 12 !== 0) first++;
    const second = other(first);
    const bytes: number[] = new Array<number>(second - at).fill(NOP);
    bytes.splice(0, JUMP, 0xe9, ...le32(second + sub().length - (at + JUMP)));
    bytes.splice(first - at, sub().length, ...sub());
    bytes.push(...sub(), ...start);
    const body: number[] = [];
    const call = (to: number) => body.push(0xe8, ...le32(to - (at + bytes.length + body.length + 5)));
    call(first);
    call(second + ALIAS);
    code.reserve(ECX, false);
    code.forget();
    return [...bytes, ...body, ...code.decrementJump(ECX, body.length)];
  }

  /**
   * A subroutine in a page of its own, or across two, that is called and mapped to another frame with other bytes by
   * turns, as when the pages of a program are exchanged.
   */
  remappedCall(at: number): number[] {
    const { draw, code, world } = this;
    if (world.mode !== 'protected32' || !world.paging) return this.selfModifying(at);
    const prepare = code.ensureStack();
    // Long enough now and then for the subroutine to be translated in the middle.
    const start = code.load(ECX, draw.once(2) ? draw.between(40, 110) : draw.between(3, 24));
    code.reserve(ECX, true);
    code.forget();
    const sub = REMAPPED + (draw.once(3) ? 0x100 : 0x1000 - (draw.once(3) ? draw.between(1, 7) : draw.between(1, 4)));
    for (const frame of [0, FRAMES]) {
      // MOV EDX, imm32; XOR EAX, EDX; RET
      code.poke(sub + frame, [0xba, ...le32(draw.word()), 0x31, 0xd0, 0xc3]);
    }
    const page = (sub + (draw.once(2) ? 7 : 0)) & ~0xfff;
    const head = [...prepare, ...start];
    const body: number[] = [];
    // MOV EDX, imm32; CALL EDX: to wherever the address leads, by a look-up. Or a call that is known.
    const looked = draw.once(2);
    const call = () =>
      looked ? [0xba, ...le32(sub), 0xff, 0xd2] : [0xe8, ...le32(sub - (at + head.length + body.length + 5))];
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
}
