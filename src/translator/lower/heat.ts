/** What regions count and sample while they run, so that hot ones can be formed anew: turns, and where indirect branches go. */

import type { IrBlock } from '../ir.ts';
import type { RegionRequest } from '../region.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { LINEAR, TARGET } from './locals.ts';

/** Turns of a low-tier region in which indirect branches are not sampled between two in which they are; a power of two less one. */
const SAMPLING = 7;

export class Heat {
  private readonly m: Emitter;
  private readonly request: RegionRequest;
  private readonly blocks: readonly IrBlock[];

  constructor(m: Emitter, request: RegionRequest, blocks: readonly IrBlock[]) {
    this.m = m;
    this.request = request;
    this.blocks = blocks;
  }

  /** Counts the region's heat down by one, and says when there is none left. */
  countDown(): ExpressionRef[] {
    const m = this.m;
    const { heat, id } = this.request;
    if (heat === undefined) return [];
    return [
      m.set(LINEAR, m.bin('sub', m.state(heat), m.con(1))),
      m.setState(heat, m.get(LINEAR)),
      m.if(m.un('eqz', m.get(LINEAR)), m.drop(m.call('hot', [m.con(id)]))),
    ];
  }

  /** Tells now and then where an indirect jump or call goes. */
  sampleTarget(n: number): ExpressionRef[] {
    const m = this.m;
    const { heat, id } = this.request;
    if (heat === undefined || !this.branches(n)) return [];
    const now = m.un('eqz', m.bin('and', m.state(heat), m.con(SAMPLING)));
    const { eip } = this.blocks[n]!;
    return [m.if(now, m.drop(m.call('went', [m.con(id), m.con(eip), m.get(TARGET)])))];
  }

  /** Whether block `n` ends in an indirect jump or call. */
  branches(n: number): boolean {
    const { eip } = this.blocks[n]!;
    return this.request.blocks.find((b) => b.eip === eip)?.branches === true;
  }
}
