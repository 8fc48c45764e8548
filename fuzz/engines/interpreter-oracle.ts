/** The interpreter as an oracle: the reference that everything else is held against. */
import { createInterpreterEngine } from '../../src/vmm/engine.ts';
import type { FuzzCase, Outcome } from '../case.ts';
import type { Knowledge, Oracle } from '../oracle.ts';
import { CaseMachine } from './case-machine.ts';

/** What this project's engines report: everything. */
export const EVERYTHING: Knowledge = {
  system: true,
  segmentCaches: true,
  fpuPointers: true,
  eflags: -1,
  cr2: true,
};

export class InterpreterOracle implements Oracle {
  readonly name = 'interpreter';
  readonly independent = false;
  readonly knows: Knowledge = EVERYTHING;
  private readonly machine = new CaseMachine();
  private readonly engine = createInterpreterEngine(this.machine.cpu);

  refuses(): undefined {
    return undefined;
  }

  /** Runs one case. */
  one(c: FuzzCase): Outcome | undefined {
    this.machine.load(c);
    return this.machine.run(c, this.engine);
  }

  run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    return Promise.resolve(cases.map((c) => this.one(c)));
  }

  dispose(): void {
    this.engine.dispose();
  }
}
