/** An oracle with a known mistake: an interpreter that gets one instruction wrong. */
import type { FuzzCase, Outcome } from '../../fuzz/case.ts';
import { plainOutcome } from '../../fuzz/engines/engine-outcome.ts';
import { EVERYTHING, InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Tracer } from '../../fuzz/engines/trace.ts';
import type { Oracle } from '../../fuzz/oracle.ts';

/** Inverts EDX at the end of each case that has retired an instruction of a mnemonic. */
export class FaultyOracle implements Oracle {
  readonly name = 'faulty';
  readonly independent = false;
  readonly knows = EVERYTHING;
  private readonly interpreter = new InterpreterOracle();
  private readonly tracer = new Tracer();
  private readonly mnemonic: string;
  /** Cases that it was given. */
  cases = 0;

  constructor(mnemonic: string) {
    this.mnemonic = mnemonic;
  }

  refuses(): undefined {
    return undefined;
  }

  run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    this.cases += cases.length;
    return Promise.resolve(
      cases.map((c) => {
        const outcome = this.interpreter.one(c);
        if (outcome === undefined) return undefined;
        const wrong = this.tracer
          .trace(c)
          .executed.some(({ insn, retired }) => retired && insn.row.mnemonic === this.mnemonic);
        if (!wrong) return outcome;
        const { state, ...rest } = plainOutcome(outcome);
        return { ...rest, state: { ...state, gpr: state.gpr.map((value, n) => (n === 2 ? ~value >>> 0 : value)) } };
      }),
    );
  }

  dispose(): void {}
}
