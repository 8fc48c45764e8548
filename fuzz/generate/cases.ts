/**
 * From a campaign's seed and a number to a case: the same always. What kinds of case
 * there are, and which of them a campaign has.
 */
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { type FuzzCase, MODES, type Mode } from '../case.ts';
import { BACKGROUND_COUNT } from './assemble.ts';
import { type Draw, drawOf } from './draw.ts';
import { isCalm, isForHost, RowChoice, rowPattern } from './rows.ts';
import { sequenceCase } from './sequence.ts';
import { singleCase } from './single.ts';
import { systemCase } from './system.ts';
import { type Drawn, VARIANTS, variantOf } from './variants.ts';

/**
 * `single`: one instruction. `sequence`: up to 40, with branches and loops. `system`: pieces of code that fault, are
 * interrupted, edit page tables and themselves. `user`, `user-sequence`: as the first two, for the host's processor.
 */
export const PROFILES = ['single', 'sequence', 'system', 'user', 'user-sequence'] as const;
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
}

export const ALL_MODES: readonly Mode[] = MODES;

/** As many cases in a row have the same background, so that oracles need not paint it anew. */
const BACKGROUND_RUN = 2000;

export class Generator {
  private readonly options: GeneratorOptions;
  private readonly all: RowChoice;
  private readonly host: RowChoice;
  private readonly calm: RowChoice;
  private readonly calmHost: RowChoice;
  private readonly hostModes: readonly Mode[];
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
  }

  /** Case `number`, from 0. Some in a row have the same code (variants.ts). */
  make(number: number): FuzzCase {
    const { seed, variants = VARIANTS } = this.options;
    const first = number - (number % variants);
    if (this.drawn === undefined || this.drawnNumber !== first) {
      this.drawn = this.first(first);
      this.drawnNumber = first;
    }
    if (number === first) return this.drawn.case;
    return variantOf(drawOf(seed, number), this.drawn, `${seed}:${number}`);
  }

  private first(number: number): Drawn {
    const { seed, profiles, modes } = this.options;
    const draw = drawOf(seed, number);
    const background = Math.floor(number / BACKGROUND_RUN) % BACKGROUND_COUNT;
    const profile = draw.pick(profiles);
    const host = profile.startsWith('user');
    const mode = draw.pick(host ? this.hostModes : modes);
    return this.of(draw, profile, mode, host, `${seed}:${number}`, background);
  }

  private of(draw: Draw, profile: Profile, mode: Mode, host: boolean, name: string, background: number): Drawn {
    const rows = host ? this.host : this.all;
    switch (profile) {
      case 'sequence':
      case 'user-sequence':
        return sequenceCase(draw, { mode, host, calm: host ? this.calmHost : this.calm, any: rows }, name, background);
      case 'system':
        return systemCase(draw, { mode, calm: this.calm, any: rows }, name, background);
      default:
        return singleCase(draw, { mode, host, rows, undefinedToo: this.options.only === undefined }, name, background);
    }
  }
}
