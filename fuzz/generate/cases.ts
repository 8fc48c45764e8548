/**
 * From a campaign's seed and a number to a case: the same always. What kinds of case
 * there are, and which of them a campaign has.
 */
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { type FuzzCase, MODES, type Mode } from '../case.ts';
import { BACKGROUND_COUNT } from './assemble.ts';
import { CellChoice } from './cell.ts';
import { type Draw, drawOf } from './draw.ts';
import { isCalm, isForHost, RowChoice, rowPattern } from './rows.ts';
import { sequenceCase } from './sequence.ts';
import { singleCase } from './single.ts';
import { systemCase } from './system.ts';
import { type Drawn, VARIANTS, variantOf } from './variants.ts';

/**
 * `single`: one instruction. `corner`: one, aimed at what hardly comes up by itself (aims.ts). `warm`: one whose pages
 * have been accessed before (touches.ts). `sequence`: up to 40, with branches and loops. `system`: pieces of code that
 * fault, are interrupted, edit page tables and themselves. `cell`: one, drawn by the cells of the coverage matrix (cell.ts), in
 * surroundings of the host's processor too. `user`, `user-corner`, `user-sequence`: as those without, for
 * the host's processor.
 */
export const PROFILES = [
  'single',
  'corner',
  'warm',
  'sequence',
  'system',
  'cell',
  'user',
  'user-corner',
  'user-sequence',
] as const;
export type Profile = (typeof PROFILES)[number];

/** Modes in which the host's processor can run code. */
export const HOST_MODES: readonly Mode[] = ['protected16', 'protected32'];

export interface GeneratorOptions {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** Kinds of case, in turn; one named twice comes up twice as often. */
  readonly profiles: readonly Profile[];
  readonly modes: readonly Mode[];
  /** Only these rows, in the notation of {@link rowPattern}; undefined for all. */
  readonly only: string | undefined;
  /** Cases in a row that have the same code; {@link VARIANTS} unless given. Fewer is slower, with more kinds of code. */
  readonly variants?: number;
  /** Cells of the coverage matrix that the kind `cell` is to meet, by their keys; undefined for all. */
  readonly cells?: readonly number[] | undefined;
}

export const ALL_MODES: readonly Mode[] = MODES;

/** As many cases in a row have the same background, so that oracles need not paint it anew. */
const BACKGROUND_RUN = 2000;
/** Cases of a corner with the same code. */
const CORNER_VARIANTS = 2;
/** Cases for a cell with the same code. */
const CELL_VARIANTS = 4;

export class Generator {
  private readonly options: GeneratorOptions;
  private readonly all: RowChoice;
  private readonly host: RowChoice;
  private readonly calm: RowChoice;
  private readonly calmHost: RowChoice;
  private readonly hostModes: readonly Mode[];
  private readonly cells: CellChoice | undefined;
  /** The last case that others are variants of, and its number. */
  private drawn: Drawn | undefined;
  private drawnNumber = -1;

  /** @throws RangeError when the options leave nothing to draw from */
  constructor(options: GeneratorOptions) {
    this.options = options;
    const fits = options.only === undefined ? () => true : rowPattern(options.only);
    this.all = new RowChoice(fits);
    this.host = new RowChoice((row: OpcodeRow) => fits(row) && isForHost(row));
    const orAll = (rows: RowChoice, all: RowChoice) => (rows.empty ? all : rows);
    this.calm = orAll(new RowChoice((row) => fits(row) && isCalm(row)), this.all);
    this.calmHost = orAll(new RowChoice((row) => fits(row) && isCalm(row) && isForHost(row)), this.host);
    this.hostModes = options.modes.filter((mode) => HOST_MODES.includes(mode));
    const wantsHost = options.profiles.some((profile) => profile.startsWith('user'));
    if (this.all.empty) throw new RangeError(`no instruction of the opcode table fits '${options.only}'`);
    if (wantsHost && this.host.empty) {
      throw new RangeError(`no instruction that user programs can run fits '${options.only}'`);
    }
    if (wantsHost && this.hostModes.length === 0) {
      throw new RangeError(`user cases need one of the modes ${HOST_MODES.join(', ')}`);
    }
    if (options.profiles.includes('cell')) {
      const wanted = options.cells && new Set(options.cells);
      this.cells = new CellChoice(options.modes, fits, wanted);
      if (this.cells.empty) throw new RangeError('there is no cell of the coverage matrix left to make cases for');
    }
  }

  /** Case `number`, from 0. Some in a row have the same kind, mode and code (variants.ts). */
  make(number: number): FuzzCase {
    const { seed, variants = VARIANTS } = this.options;
    const group = number - (number % variants);
    const draw = drawOf(seed, group);
    const profile = draw.pick(this.options.profiles);
    const mode = draw.pick(profile.startsWith('user') ? this.hostModes : this.options.modes);
    // Of a corner it is the code that counts, and less what registers hold.
    const most = profile === 'cell' ? CELL_VARIANTS : profile.endsWith('corner') ? CORNER_VARIANTS : variants;
    const alike = Math.min(variants, most);
    const first = number - ((number - group) % alike);
    if (this.drawn === undefined || this.drawnNumber !== first) {
      const own = first === group ? draw : drawOf(seed, first);
      const background = Math.floor(first / BACKGROUND_RUN) % BACKGROUND_COUNT;
      this.drawn = this.of(own, profile, mode, profile.startsWith('user'), `${seed}:${first}`, background);
      this.drawnNumber = first;
    }
    if (number === first) return this.drawn.case;
    return variantOf(drawOf(seed, number), this.drawn, `${seed}:${number}`);
  }

  private of(draw: Draw, profile: Profile, mode: Mode, host: boolean, name: string, background: number): Drawn {
    const rows = host ? this.host : this.all;
    switch (profile) {
      case 'sequence':
      case 'user-sequence':
        return sequenceCase(draw, { mode, host, calm: host ? this.calmHost : this.calm, any: rows }, name, background);
      case 'cell':
        return this.cells!.make(draw, rows, name, background);
      case 'system':
        return systemCase(draw, { mode, calm: this.calm, any: rows }, name, background);
      default: {
        const aimed = profile === 'corner' || profile === 'user-corner';
        const undefinedToo = this.options.only === undefined;
        return singleCase(draw, { mode, host, rows, undefinedToo, aimed, warm: profile === 'warm' }, name, background);
      }
    }
  }
}
