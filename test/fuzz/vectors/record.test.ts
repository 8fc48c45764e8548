/** Recording vectors of the host's processor: what is written is there, what was there is not lost. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InterpreterOracle } from '../../../fuzz/engines/interpreter-oracle.ts';
import { FileError } from '../../../fuzz/json-reader.ts';
import { makeHostOracle } from '../../../fuzz/outside/host/host-oracle.ts';
import { openVectors, recordVectors, replayVectorFile } from '../../../fuzz/outside/vectors/index.ts';
import { folderOf, processorName } from '../../../fuzz/outside/vectors/processor.ts';

const made = await makeHostOracle();
const missing = 'missing' in made ? made.missing : undefined;
if (missing !== undefined) console.warn(`skipped: recording vectors: ${missing}`);
const host = made as Exclude<typeof made, { missing: string }>;
const folder = mkdtempSync(join(tmpdir(), 'transvisor-vectors-'));
afterAll(() => {
  if (missing === undefined) host.dispose();
  rmSync(folder, { recursive: true });
});

it("takes a processor's name from cpuinfo, whatever stands there", () => {
  const text =
    'processor\t: 0\nvendor_id\t: SomeVendor\ncpu family\t: 6\nmodel\t\t: 7\nmodel name\t: Some (R) CPU @ 2 GHz\nstepping\t: 8\n';
  const name = processorName(text);
  expect(name).toBe('Some (R) CPU @ 2 GHz (SomeVendor family 6 model 7 stepping 8)');
  expect(folderOf(name)).toBe('some-r-cpu-2-ghz-somevendor-family-6-model-7-stepping-8');
  expect(folderOf(processorName('model name : ../../\u0007\n'))).toMatch(/^[a-z0-9-]+$/);
});

describe.skipIf(missing !== undefined)('recording', () => {
  const rows = (path: string) => openVectors(path).header.rows;

  it('writes files that the interpreter agrees with; rows that are not recorded again stay', async () => {
    const first = await recordVectors(host, folder, { seed: 1, cases: 40, only: 'sbb Ev,Gv|mul Eb' });
    expect(first.short).toEqual([]);
    const [file] = first.files;
    expect(file!.path.startsWith(join(folder, folderOf(first.processor)))).toBe(true);
    expect(rows(file!.path)).toEqual([
      ['sbb Ev,Gv', 40],
      ['mul Eb', 40],
    ]);
    const again = await recordVectors(host, folder, { seed: 2, cases: 8, only: 'mul Eb|sub Ev,Gv' });
    expect(again.files.map(({ path }) => path)).toEqual([file!.path]);
    expect(rows(file!.path)).toEqual([
      ['sbb Ev,Gv', 40],
      ['sub Ev,Gv', 8],
      ['mul Eb', 8],
    ]);
    expect(again.files[0]).toMatchObject({ rows: 3, cases: 56 });
    const interpreter = new InterpreterOracle();
    const { cases, judged, findings } = await replayVectorFile(file!.path, [interpreter]);
    expect([cases, judged['interpreter'], findings]).toEqual([56, 56, []]);
  });

  it('does not touch a damaged file, nor what is no folder', async () => {
    const { files } = await recordVectors(host, folder, { seed: 1, cases: 8, only: 'mul Eb' });
    const { path } = files[0]!;
    const damaged = readFileSync(path).subarray(0, 100);
    writeFileSync(path, damaged);
    await expect(recordVectors(host, folder, { seed: 1, cases: 8, only: 'mul Eb' })).rejects.toThrow(FileError);
    expect(readFileSync(path)).toEqual(damaged);
    await expect(recordVectors(host, path, { seed: 1, cases: 8, only: 'mul Eb' })).rejects.toThrow(FileError);
  });
});
