/** Files of vectors: what is written is read back; whatever is damaged is told in one line; a false outcome is found. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../fuzz/case.ts';
import { plainOutcome } from '../../../fuzz/engines/engine-outcome.ts';
import { InterpreterOracle } from '../../../fuzz/engines/interpreter-oracle.ts';
import { Generator, HOST_MODES } from '../../../fuzz/generate/cases.ts';
import { FileError } from '../../../fuzz/json-reader.ts';
import { openVectors, replayVectors, VectorReader, type VectorRow } from '../../../fuzz/outside/vectors/index.ts';
import { encodeVectors } from '../../../fuzz/outside/vectors/vector-writer.ts';

const SOURCE = {
  processor: 'Some (Processor family 6 model 7 stepping 8)',
  knows: { system: false, segmentCaches: false, fpuPointers: false, eflags: ~0x10000, cr2: true },
};

const interpreter = new InterpreterOracle();

/** Vectors of generated cases, with the interpreter for a processor. */
function someRows(): VectorRow[] {
  return ['add Ev,Gv', 'fadd Md', 'addps Vps,Wps', 'push Ev', 'enter Iw,Ib'].map((row, seed) => {
    const generator = new Generator({ seed, profiles: ['user'], modes: HOST_MODES, only: row, variants: 4 });
    const cases = Array.from({ length: 12 }, (_, n) => generator.make(n));
    const vectors = cases.flatMap((c) => {
      const outcome = plainOutcome(interpreter.one(c)!);
      return outcome.ending.kind === 'exception' ? [{ case: c, outcome }] : [];
    });
    return { row, vectors };
  });
}

const ROWS = someRows();
const FILE = encodeVectors(SOURCE, ROWS);

/** Reads all of a file; the message of the one kind of error that there may be, or undefined. */
function problem(bytes: Uint8Array): string | undefined {
  try {
    for (const { vectors } of new VectorReader('a.vectors', bytes).rows()) expect(vectors).toBeDefined();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return (error as FileError).message;
  }
}

describe('a file of vectors', () => {
  it('holds cases and outcomes whole', () => {
    const reader = new VectorReader('a.vectors', FILE);
    expect(reader.header).toMatchObject(SOURCE);
    const read = [...reader.rows()];
    expect(read.map(({ row }) => row)).toEqual(ROWS.map(({ row }) => row));
    for (const [n, { vectors }] of read.entries()) {
      const written = ROWS[n]!.vectors;
      expect(vectors.length).toBe(written.length);
      expect(vectors.length).toBeGreaterThan(8);
      for (const [k, { case: c, outcome }] of vectors.entries()) {
        expect({ ...c, name: '' }).toEqual({ ...written[k]!.case, name: '' });
        const { ending, state, written: memory } = written[k]!.outcome;
        expect(outcome).toEqual({ ending, state, written: memory, retired: undefined, accesses: undefined });
      }
    }
  });

  it('cannot hold what does not end in an exception', () => {
    const { case: c, outcome } = ROWS[0]!.vectors[0]!;
    const rows = [{ row: 'x', vectors: [{ case: c, outcome: { ...outcome, ending: { kind: 'halt' } } as Outcome }] }];
    expect(() => encodeVectors(SOURCE, rows)).toThrow(RangeError);
  });

  it('is replayed: a false outcome is found, and told', async () => {
    expect(await replayVectors(new VectorReader('a.vectors', FILE), [interpreter])).toMatchObject({ differing: 0 });
    const vectors = ROWS[0]!.vectors.map((vector, n) => {
      if (n !== 3) return vector;
      const { state } = vector.outcome;
      return { ...vector, outcome: { ...vector.outcome, state: { ...state, gpr: state.gpr.map((v) => v ^ 1) } } };
    });
    const file = encodeVectors(SOURCE, [{ row: 'add Ev,Gv', vectors }]);
    const { differing, findings, judged } = await replayVectors(new VectorReader('a.vectors', file), [interpreter]);
    expect(differing).toBe(1);
    expect(judged['interpreter']).toBe(vectors.length);
    expect(findings[0]!.vector.case.name).toBe('a.vectors: add Ev,Gv 3');
    expect(findings[0]!.differences.map((d) => d.what)).toContain('eax');
  });
});

describe('a damaged file', () => {
  const oneLine = expect.stringMatching(/^a\.vectors: [^\n]+$/);

  it('is told wherever it ends', () => {
    for (let length = 0; length < FILE.length; length += 37) expect(problem(FILE.slice(0, length))).toEqual(oneLine);
  });

  it('is told whichever byte is another', () => {
    for (let at = 10; at < FILE.length; at += 29) {
      const bytes = Uint8Array.from(FILE);
      bytes[at]! ^= 0x10;
      const told = problem(bytes);
      // Bits that fill up the last byte mean nothing.
      if (told === undefined) expect(gunzipSync(bytes)).toEqual(gunzipSync(FILE));
      else expect(told).toEqual(oneLine);
    }
  });

  it('is told where it is something else', () => {
    expect(problem(new TextEncoder().encode('{"format": "transvisor fuzz case 1"}'))).toEqual(oneLine);
    expect(problem(gzipSync('transvisor vectors 2\n{}\n'))).toContain('does not begin with');
    expect(problem(gzipSync('transvisor vectors 1\n'))).toEqual(oneLine);
    expect(problem(gzipSync('transvisor vectors 1\n{}\n'))).toEqual(oneLine);
    expect(() => openVectors('/nowhere/a.vectors')).toThrow(FileError);
  });

  it('does not fill memory, however much it unpacks to', () => {
    expect(problem(gzipSync(Buffer.alloc(257 * 2 ** 20), { level: 1 }))).toContain('is damaged, or no file of vectors');
  });

  it('with a good checksum has cases that can run, or is told', () => {
    const plain = gunzipSync(FILE);
    const header = plain.indexOf(10, 21) + 1;
    let told = 0;
    for (let at = header; at < plain.length; at += Math.ceil((plain.length - header) / 120)) {
      const bytes = Buffer.from(plain);
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      const packed = gzipSync(bytes, { level: 1 });
      if (problem(packed) !== undefined) {
        told++;
        continue;
      }
      for (const { vectors } of new VectorReader('a.vectors', packed).rows()) {
        for (const { case: c } of vectors) expect(interpreter.one(c)?.ending.kind).not.toBe('failed');
      }
    }
    expect(told).toBeGreaterThan(10);
  });
});
