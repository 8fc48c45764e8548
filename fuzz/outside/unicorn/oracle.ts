/**
 * Unicorn as an oracle: an emulator that shares nothing with this project, for whole-system and 16-bit cases.
 * Its faults are in limits.ts; where one of them could matter, it does not judge.
 */
import { CS, RF } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction } from '../../../src/decoder/instruction.ts';
import type { Ending, FuzzCase, Outcome } from '../../case.ts';
import type { Knowledge, Oracle, OracleMaker } from '../../oracle.ts';
import { buildChild, UnicornChild } from './child.ts';
import { caseLimit, type Judgement, judge } from './judge.ts';
import { limitText, type UnicornLimit } from './limits.ts';
import { type ChildAnswer, readAnswer, requestBytes } from './words.ts';

/** Exceptions that push an error code (SDM vol. 3 table 6-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);
const insn = new Instruction();

/** An exception that an instruction asked for: INT n, INT3, INTO. */
function isSoftware(answer: ChildAnswer): boolean {
  const last = answer.trace.at(-1);
  if (last === undefined || answer.retired < answer.trace.length) return false;
  const code32 = (last.segments[CS]!.attributes & 0x40_0000) !== 0;
  if (decode(last.code, 0, 16, code32, insn) !== DecodeStatus.Ok) return false;
  // A trap of EFLAGS.TF comes behind one that does nothing.
  const vectors: Readonly<Record<string, number>> = { int: insn.imm & 0xff, int3: 3, into: 4 };
  return vectors[insn.row.mnemonic] === answer.vector;
}

function endingOf(answer: ChildAnswer, unknownError: boolean): Ending {
  if (answer.ending !== 'exception') return { kind: answer.ending === 'steps' ? 'steps' : 'halt' };
  const { vector } = answer;
  const software = isSoftware(answer);
  const errorCode = WITH_ERROR_CODE.has(vector) && !software ? answer.code & 0xffff : undefined;
  return { kind: 'exception', vector, software, errorCode, ...(unknownError && { unknownError }) };
}

export class UnicornOracle implements Oracle {
  readonly name = 'unicorn';
  readonly independent = true;
  /** RF is cleared only where a block ends. */
  readonly knows: Knowledge = { system: true, segmentCaches: true, fpuPointers: false, eflags: ~RF, cr2: true };
  /** Why cases of the last run were not judged; undefined for those that were. */
  unjudged: readonly (UnicornLimit | undefined)[] = [];
  reasons: readonly (string | undefined)[] = [];
  private readonly child: UnicornChild;

  constructor(child: UnicornChild) {
    this.child = child;
  }

  refuses(c: FuzzCase): string | undefined {
    const limit = caseLimit(c);
    return limit && limitText(limit);
  }

  private outcome(answer: ChildAnswer, judgement: Judgement): Outcome | undefined {
    if (judgement.limit !== undefined) return undefined;
    const ending = endingOf(answer, judgement.unknownError);
    const counts = !answer.codeWritten && !(ending.kind === 'exception' && ending.software);
    return {
      ending,
      retired: counts ? answer.retired : undefined,
      state: judgement.state,
      unknown: judgement.unknown,
      written: answer.written,
      accesses: undefined,
    };
  }

  async run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    const unjudged = new Array<UnicornLimit | undefined>(cases.length).fill('died');
    const out = await this.child.run(cases.map(requestBytes), (bytes, n) => {
      const answer = readAnswer(bytes);
      const judgement = judge(cases[n]!, answer);
      unjudged[n] = judgement.limit;
      return this.outcome(answer, judgement);
    });
    this.unjudged = unjudged;
    this.reasons = unjudged.map((limit) => limit && limitText(limit));
    return out;
  }

  dispose(): void {
    this.child.dispose();
  }
}

/** Unicorn, where gcc and libunicorn-dev are installed. */
export const makeUnicornOracle: OracleMaker = async () => {
  const built = buildChild();
  if ('missing' in built) return built;
  const child = new UnicornChild(built.program);
  const problem = await child.ready();
  if (problem === undefined) return new UnicornOracle(child);
  child.dispose();
  return { missing: problem };
};
