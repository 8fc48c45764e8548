/**
 * Whole-system cases: exceptions and interrupts are delivered, page tables and code are edited while they are in
 * use, pages have second addresses, and TF may be set.
 */
import type { FuzzCase, Mode, SegmentState } from '../case.ts';
import { assemble } from './assemble.ts';
import { ChangingCode } from './changing-code.ts';
import type { Draw } from './draw.ts';
import { FarCode } from './far-code.ts';
import { LiveCode } from './live-code.ts';
import { le16, le32 } from './registers.ts';
import type { RowChoice } from './rows.ts';
import * as S from './segments.ts';
import { Shapes } from './sequence.ts';
import { PieceMaker } from './system-pieces.ts';
import { ALIAS, ALIAS_PAGES, EVENT_BASE, eventTables, ROUNDS, SECTION, SUPERVISOR_PAGES } from './system-tables.ts';
import type { Drawn } from './variants.ts';
import { CODE, makeWorld, type World } from './world.ts';

const TF = 0x100;
const MAX_SECTIONS = 6;
/** Room for the jump to the next section. */
const ROOM = SECTION - 8;
const NOP = 0x90;
const HLT = 0xf4;

export interface SystemWish {
  readonly mode: Mode;
  readonly calm: RowChoice;
  readonly any: RowChoice;
}

/** FS at linear 0, GS over the code, so that pieces reach tables and code. */
function withReach(draw: Draw, world: World): World {
  const { mode, level, segments } = world;
  const put = (fs: SegmentState, gs: SegmentState): World => ({
    ...world,
    segments: [...segments.slice(0, 4), fs, gs, ...segments.slice(6)],
  });
  if (mode === 'protected32' || mode === 'protected16') {
    const flat = S.segmentOf(S.DATA_FLAT, level, false);
    return put(flat, flat);
  }
  const virtual = mode === 'virtual8086';
  const code = world.paging && draw.once(2) ? CODE + ALIAS : CODE;
  return put(S.realSegment(0, virtual), S.realSegment(code >>> 4, virtual));
}

class SectionMaker {
  private readonly draw: Draw;
  private readonly world: World;
  private readonly code: LiveCode;
  private readonly pieces: PieceMaker;
  private readonly changing: ChangingCode;
  private readonly far: FarCode;

  constructor(draw: Draw, world: World, code: LiveCode) {
    this.draw = draw;
    this.world = world;
    this.code = code;
    this.pieces = new PieceMaker(draw, world, code);
    this.changing = new ChangingCode(draw, world, code);
    this.far = new FarCode(draw, world, code);
  }

  private piece(at: number): number[] {
    const { pieces, changing, far, draw, world } = this;
    const kind = draw.below(24);
    if (kind < 3) return world.paging ? pieces.pageEdit() : changing.selfModifying(at);
    if (kind === 3) return changing.selfModifying(at);
    if (kind === 4) return changing.jumpEdit(at);
    if (kind < 7) return changing.aliasedCall(at);
    if (kind === 7) return pieces.event();
    if (kind === 8) return pieces.masked();
    if (kind === 9)
      return draw.once(3) ? [...pieces.flags(true), ...this.plain(), ...pieces.flags(false)] : pieces.flags(false);
    if (kind === 10) return pieces.block();
    if (kind === 11) return world.level === 0 ? pieces.control() : pieces.event();
    if (kind === 12) return pieces.largePage();
    if (kind === 13) return changing.remappedCall(at);
    if (kind === 14) return world.level === 3 && world.paging ? pieces.forbidden() : pieces.descriptorEdit();
    if (kind === 15) return this.next === undefined ? changing.selfModifying(at) : changing.ahead(this.next);
    if (kind === 16) return far.calls(at);
    if (kind === 17) return far.returns(at);
    if (kind === 18) return pieces.masked();
    if (kind === 19 || (kind === 20 && world.code32)) return far.turning(at);
    if (kind === 21 && world.code32) return changing.remappedCall(at);
    return this.plain();
  }

  /** Linear address of the section behind the one being made; undefined behind the last. */
  private next: number | undefined;

  private plain(): number[] {
    return new Shapes(this.draw, this.code, this.draw.between(1, 10)).block(0);
  }

  /** The last section: back to the first byte of all, unless it was the last round. */
  round(length: number): number[] {
    const out = this.pieces.decrement(ROUNDS);
    const { code32 } = this.world;
    // JNZ
    const back = -(length + out.length + (code32 ? 6 : 4));
    out.push(0x0f, 0x85, ...(code32 ? le32(back) : le16(back)), HLT);
    return out;
  }

  /** A section that begins at a linear address; it runs on into the next one. */
  section(at: number, last: boolean): number[] {
    this.next = last ? undefined : at + SECTION;
    // Its first instruction may be written by the one before.
    const out = this.changing.target();
    for (let n = this.draw.between(1, 4); n > 0; n--) {
      const piece = this.piece(at + out.length);
      if (out.length + piece.length <= ROOM) out.push(...piece);
    }
    const over = SECTION - out.length;
    // JMP to the next section, where it is far.
    if (over > 16)
      out.push(
        0xe9,
        ...(this.world.code32 ? [(over - 5) & 0xff, (over - 5) >> 8, 0, 0] : [(over - 3) & 0xff, (over - 3) >> 8]),
      );
    while (out.length < SECTION) out.push(NOP);
    return out;
  }
}

function interruptsOf(draw: Draw): FuzzCase['interrupts'] {
  const most = draw.pick([20, 400, 400, 2000]);
  const times = Array.from({ length: draw.below(most > 400 ? 24 : 7) }, () => draw.below(most));
  return times.sort((a, b) => a - b).map((after) => ({ after, vector: draw.between(0x20, 0x3f) }));
}

/** A case of a whole system. */
export function systemCase(draw: Draw, wish: SystemWish, name: string, backgroundSeed: number): Drawn {
  const made = withReach(draw, makeWorld(draw, { mode: wish.mode, host: false, calm: true }));
  const world = draw.once(12) ? { ...made, eflags: made.eflags | TF } : made;
  const linear = CODE + draw.below(12) * SECTION;
  const eip = linear - world.segments[1]!.base;
  const code = new LiveCode(draw, world, eip, wish.calm, wish.any);
  const maker = new SectionMaker(draw, world, code);
  const bytes: number[] = [];
  for (let n = draw.between(1, MAX_SECTIONS); n > 0; n--) bytes.push(...maker.section(linear + bytes.length, n === 1));
  // All of it in several rounds, so that what runs often is translated while it changes.
  bytes.push(...maker.round(bytes.length));
  const end = eip + bytes.length;
  const events = eventTables(wish.mode === 'real', eip, end);
  const case_ = assemble(draw, {
    world,
    place: { linear, eip },
    bytes,
    registers: code.registers(),
    features: code.features,
    name,
    backgroundSeed,
    steps: draw.once(4) ? draw.between(1, 300) : 3000,
    exceptions: draw.once(12) ? 'first' : 'deliver',
    interrupts: interruptsOf(draw),
    patches: [
      ...events.patches,
      { at: ROUNDS, bytes: Uint8Array.of(draw.between(1, 8), 0, 0, 0) },
      ...(world.paging ? ALIAS_PAGES : []),
      ...(world.paging && draw.once(2) ? SUPERVISOR_PAGES : []),
    ],
    idtr: { base: EVENT_BASE, limit: events.limit },
  });
  const first = case_.exceptions === 'first';
  return {
    case: first ? { ...case_, interrupts: [], initial: { ...case_.initial, idtr: { base: 0, limit: 0 } } } : case_,
    free: 0,
    host: false,
  };
}
