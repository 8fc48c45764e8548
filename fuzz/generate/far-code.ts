/**
 * Pieces of whole-system code that go somewhere else than before: the same bytes run in segments of different base or limit,
 * IRET at the level at which it is, behind an STI, and a jump by register to another place than all the time.
 */
import { ECX, FS, PieceTools } from './piece-tools.ts';
import { le16, le32 } from './registers.ts';
import { CODE_FLAT, CODE_LIMITED, CODE_SPARE, selectorOf, widerCode } from './segments.ts';
import { CODE } from './world.ts';

/** A page beyond the limit of limited code, and within those of wider and of flat code. */
const BEYOND = 0x3_8000;
/** A dword in the first 64 KB that flags are added up in. */
const TALLY = 0xe204;
const EDX = 2;
const EBX = 3;

export class FarCode extends PieceTools {
  /**
   * A subroutine called again and again in one segment of code, then in another that has the same bytes and differs in base
   * or limit only.
   * @param at linear address at which the piece will lie
   */
  calls(at: number): number[] {
    const { draw, code, world } = this;
    if (world.mode === 'protected16') return this.some();
    const prepare = code.ensureStack();
    const sub = world.mode === 'protected32' ? this.leaping : this.telling;
    const over = code.jmp(sub(0).length);
    const subAt = at + prepare.length + over.length;
    const [one, other] = this.pointers(subAt);
    const start = code.load(ECX, draw.between(2, 60));
    code.forget();
    const back = code.decrementJump(ECX, one.length);
    return [...prepare, ...over, ...sub(subAt), ...start, ...one, ...back, ...other];
  }

  /** JMP to INC EAX; RETF, which is beyond the limit of the other segment. */
  private readonly leaping = (at: number): number[] => {
    if (at !== 0) this.code.poke(BEYOND, [0x40, 0xcb]);
    return [0xe9, ...le32(BEYOND - (at + 5))];
  };

  /** CALL to the next instruction; POP AX; ADD BX, AX; RETF: it knows where it is. */
  private readonly telling = (): number[] => [0xe8, 0, 0, 0x58, 0x01, 0xc3, 0xcb];

  /** Far calls of a subroutine in the two segments. */
  private pointers(linear: number): readonly [readonly number[], readonly number[]] {
    const { draw, world } = this;
    if (world.mode === 'protected32') {
      const call = (kind: number) => [0x9a, ...le32(linear), ...le16(selectorOf(kind, world.level, false))];
      const { at, bytes } = widerCode(world.level);
      this.code.poke(at, bytes);
      return [call(draw.once(3) ? CODE_FLAT : CODE_SPARE), call(CODE_LIMITED)];
    }
    const call = (segment: number) => [0x9a, ...le16(linear - segment * 16), ...le16(segment)];
    const segment = CODE >>> 4;
    return [call(segment), call(segment - draw.between(1, 0x100))];
  }

  /**
   * A loop with a jump by register to an instruction that sets all flags anew, and once to the one behind that, which asks
   * for those from before the jump.
   */
  turning(at: number): number[] {
    const { draw, code, world, wide } = this;
    // Most often so late that all of it has been translated by then.
    const rounds = draw.between(40, 120);
    const start = code.load(EBX, rounds);
    code.reserve(EBX, true);
    code.reserve(EDX, true);
    code.forget();
    // CMP EBX, imm8; JNE; CMP EAX, imm32; SETcc AL; SETcc AH; ADD FS:[TALLY], AX or EAX
    const compare = [...wide, 0x83, 0xfb, draw.between(1, draw.once(4) ? rounds : 8)];
    const anew = [...wide, 0x3d, ...le32(draw.extreme())];
    const condition = () => [0x0f, 0x90 | draw.below(16)];
    const asked = [...condition(), 0xc0, ...condition(), 0xc4, ...this.absolute(FS, TALLY, [0x01], 0)];
    const operation = code.comparison();
    const load = code.load(EDX, 0).length;
    const first = at + start.length + compare.length + 2 * load + 2 + operation.length + 2 - world.segments[1]!.base;
    const body = [
      ...compare,
      ...code.load(EDX, first),
      ...[0x75, load],
      ...code.load(EDX, first + anew.length),
      ...operation,
      ...[0xff, 0xe2],
      ...anew,
      ...asked,
    ];
    code.reserve(EBX, false);
    code.reserve(EDX, false);
    code.forget();
    return [...start, ...body, ...code.decrementJump(EBX, body.length)];
  }

  /** A loop with STI and IRET to the next instruction, behind an operation whose flags IRET is to replace. */
  returns(at: number): number[] {
    const { draw, code, world } = this;
    if (world.mode !== 'protected32' || world.level !== 0) return this.some();
    const prepare = code.ensureStack();
    const start = code.load(EBX, draw.between(4, 30));
    code.reserve(EBX, true);
    code.forget();
    // PUSHFD; CLI, or the other way round; PUSH CS; PUSH imm32
    const saved = draw.once(2) ? [0x9c, 0xfa, 0x0e] : [0xfa, 0x9c, 0x0e];
    const operation = [...code.comparison(), 0xfb, 0xcf];
    const target = at + prepare.length + start.length + saved.length + 5 + operation.length;
    const body = [...saved, 0x68, ...le32(target - world.segments[1]!.base), ...operation, ...this.some()];
    code.reserve(EBX, false);
    code.forget();
    return [...prepare, ...start, ...body, ...code.decrementJump(EBX, body.length)];
  }
}
