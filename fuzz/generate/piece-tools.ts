/**
 * What pieces of whole-system code (system-pieces.ts, changing-code.ts) are made with.
 */
import type { Draw } from './draw.ts';
import type { LiveCode } from './live-code.ts';
import { le16, le32 } from './registers.ts';
import { ALIAS, DATA_ALIAS } from './system-tables.ts';
import { DATA, type World } from './world.ts';

export const FS = 4;
export const GS = 5;
export const ECX = 1;
const PREFIX = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** What pieces are made with. */
export class PieceTools {
  protected readonly draw: Draw;
  protected readonly world: World;
  protected readonly code: LiveCode;

  constructor(draw: Draw, world: World, code: LiveCode) {
    this.draw = draw;
    this.world = world;
    this.code = code;
  }

  protected get typed(): boolean {
    return this.world.mode === 'protected32' || this.world.mode === 'protected16';
  }

  /** Prefixes and displacement of an absolute operand in FS (base 0) or GS (over the code): around opcode and ModR/M. */
  protected absolute(segment: number, linear: number, opcode: readonly number[], reg: number): number[] {
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
  protected get wide(): readonly number[] {
    return this.world.code32 ? [] : [0x66];
  }

  /** MOV dword [FS:linear], value. */
  protected store(linear: number, value: number): number[] {
    return [...this.wide, ...this.absolute(FS, linear, [0xc7], 0), ...le32(value)];
  }

  /** A second address of linear memory, where paging gives one. */
  protected alias(linear: number): number {
    const { paging, mode } = this.world;
    if (!paging || mode === 'virtual8086' || this.draw.once(2)) return linear;
    return linear >= DATA ? linear + DATA_ALIAS : linear + ALIAS;
  }

  /** A plain instruction or two, to look at what has changed. */
  protected some(): number[] {
    const out: number[] = [];
    for (let n = this.draw.between(1, 3); n > 0; n--) out.push(...this.code.instruction());
    return out;
  }

  /** What makes a changed entry be seen; once in a while nothing. */
  protected flush(linear: number): number[] {
    const kind = this.draw.below(8);
    if (this.world.level !== 0 || kind === 0) return [];
    // MOV EAX, CR3; MOV CR3, EAX. XOR of CR4.PGE.
    if (kind === 1) return [0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8];
    if (kind === 2) return [0x0f, 0x20, 0xe0, ...this.wide, 0x35, ...le32(0x80), 0x0f, 0x22, 0xe0];
    return this.absolute(FS, linear, [0x0f, 0x01], 7);
  }
}
