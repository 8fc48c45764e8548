/** `transvisor fuzz` from the command line: status, report, Ctrl-C, and what is wrong with what it is given. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseToJson } from '../../fuzz/case-json.ts';
import { corpusToJson } from '../../fuzz/corpus-file.ts';
import { EVERYTHING, InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { plainCase } from '../../fuzz/plain-case.ts';
import { main } from '../../src/cli/main.ts';

const BIN = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
let folder = '';
const file = (name: string) => join(folder, name);
const put = (name: string, text: string) => {
  writeFileSync(file(name), text);
  return file(name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'transvisor-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command in this process: status, and what it wrote. */
async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err] = [process.stdout.write, process.stderr.write];
  const text = { out: '', err: '' };
  process.stdout.write = (chunk: string | Uint8Array) => {
    text.out += String(chunk);
    return true;
  };
  process.stderr.write = (chunk: string | Uint8Array) => {
    text.err += String(chunk);
    return true;
  };
  try {
    return { status: await main(['fuzz', ...args]), ...text };
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
}

async function runAll(args: string[]): Promise<{ status: number; out: string; err: string }> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'fuzz', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status: status ?? -1, out: stdout, err: stderr };
}

/** A case whose kept outcome is what it is, or has another EAX. */
function kept(right: boolean): string {
  const c = plainCase('protected32', [0x01, 0xd8]);
  const { ending, retired, state, written } = new InterpreterOracle().one(c)!;
  const gpr = state.gpr.map((value, n) => (right || n > 0 ? value : 77));
  const outcome = { ending, retired, state: { ...state, gpr }, written, accesses: undefined };
  return corpusToJson({ case: c, note: 'a case', expected: { by: 'test', knows: EVERYTHING, outcome } });
}

describe('transvisor fuzz', () => {
  it('runs a campaign, writes its report, goes on with it', async () => {
    const report = file('report.json');
    const plan = ['--seed', '5', '--kind', 'single', '--mode', 'protected32', '--jobs', '2'];
    const first = await runAll(['--count', '600', '--report', report, '--matrix', ...plan]);
    expect(first.err).toMatch(/^seed 5: interpreter, translator; protected32$/m);
    expect(first.out).toMatch(/^600 cases in .* no differences$/m);
    expect(first.out).toMatch(/^mode left out: \d+ cells/m);
    expect(first.out).toMatch(/^add Eb,Gb +prot32 +reg UD:\d+ ok:\d+/m);
    expect(first.status).toBe(0);
    const read = () => JSON.parse(readFileSync(report, 'utf8'));
    expect(read()).toMatchObject({ seed: 5, cases: 600, next: 600, differences: 0, modes: ['protected32'] });
    expect(read().casesPerSecond).toBeGreaterThan(0);
    expect(read().coverage.judged).toBeGreaterThan(0);
    const second = await run('--resume', report, '--count', '900');
    expect(second.status).toBe(0);
    expect(read()).toMatchObject({ seed: 5, cases: 900, next: 900 });
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    // What is lacking still, and what there is in all.
    const third = await run('--count', '64', '--kind', 'cell', '--mode', 'protected32', '--besides', report);
    expect(third.status).toBe(0);
    const judged = Number(/^coverage: (\d+) of /m.exec(third.out)?.[1]);
    expect(judged).toBeGreaterThanOrEqual(read().coverage.judged);
    expect(third.out).toMatch(/^ {2}of the other \d+, \d+ are such that no oracle/m);
  }, 120_000);

  it('ends at Ctrl-C with all that it has counted', async () => {
    const report = file('stopped.json');
    const args = [BIN, 'fuzz', '--kind', 'single', '--count', '100000000', '--report', report, '--seed', '1'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const status = new Promise<number | null>((resolve) => child.on('exit', resolve));
    let err = '';
    let sent = false;
    child.stderr.on('data', (data: Buffer) => {
      err += data;
      // It says so once something has been counted. A second signal would end it at once.
      if (/ cases, /.test(err) && !sent) sent = child.kill('SIGINT');
    });
    expect(await status).toBe(0);
    expect(err).toMatch(/^stopping: /m);
    const { cases, next } = JSON.parse(readFileSync(report, 'utf8'));
    expect(cases).toBeGreaterThan(0);
    expect(next).toBe(cases);
  }, 120_000);

  it('replays cases, and says by its status whether one differs', async () => {
    const [good, bad] = [put('good.json', kept(true)), put('bad.json', kept(false))];
    const agree = await run('--replay', good);
    expect(agree.out).toMatch(/add eax,ebx/);
    expect(agree.out).toMatch(/no difference \(translator, test \(kept\)\)$/m);
    expect(agree.status).toBe(0);
    const differ = await run('--replay', bad, '--replay', good, '--oracle', 'translator:no-fold');
    expect(differ.out).toMatch(
      /bad\.json: interpreter and test \(kept\) differ\n {2}eax: interpreter [\da-f]+, test \(kept\) 4d/,
    );
    expect(differ.status).toBe(1);
  });

  it('has nothing to make smaller where there is no difference', async () => {
    const plain = put('plain.json', caseToJson(plainCase('real', [0x90])));
    expect(await run('--minimize', plain)).toMatchObject({ status: 0, err: '' });
    expect(readdirSync(folder)).not.toContain('plain.min.json');
  });

  it('--help names every option', async () => {
    const { out } = await run('--help');
    for (const name of ['count', 'seconds', 'oracle', 'mode', 'only', 'seed', 'jobs', 'report', 'replay', 'minimize']) {
      expect(out).toContain(`--${name}`);
    }
  });

  it.each<[string[] | (() => string[]), string]>([
    [['--seed', 'x'], "--seed: seed 'x': must be a whole number from 0 to 4294967295"],
    [['--seed', '-1'], "--seed: seed '-1': must be"],
    [['--count', '0'], "--count: count '0': must be a whole number from 1"],
    [['--jobs', '0'], '--jobs: number of jobs'],
    [['--oracle', 'qemu'], "--oracle: unknown oracle 'qemu'"],
    [['--oracle', 'interpreter'], '--oracle: there is nothing to hold the interpreter against'],
    [['--mode', 'long'], "--mode: unknown mode 'long'"],
    [['--kind', 'big'], "--kind: there is no kind of case 'big'"],
    [['--only', 'zzz'], "no instruction of the opcode table fits 'zzz'"],
    [['--speed', '3'], '--speed: unknown option'],
    [['--replay', 'none.json'], 'none.json: no such file'],
    [() => ['--replay', put('cut.json', kept(true).slice(0, 900))], 'cut.json: is not JSON'],
    [
      () => ['--replay', put('odd.json', kept(true).replace('"real"', '1').replace('protected32', 'x'))],
      'odd.json: mode is',
    ],
    [() => ['--minimize', put('empty.json', '{}')], 'empty.json: format is nothing'],
    [() => ['--replay', put('cut.vectors', 'x')], 'cut.vectors: '],
    [() => ['--besides', put('report4.json', '{}')], 'report4.json: '],
    [() => ['--resume', put('report2.json', '[]')], 'report2.json: the file is [], must be an object'],
    [() => ['--resume', put('report3.json', '{}'), '--seed', '1'], '--seed: the report of --resume says it already'],
    [() => ['--report', join(folder, 'no', 'where.json')], 'where.json: no such file'],
    [() => ['--count', '64', '--report', folder], 'is a folder'],
  ])('bad input is one clear line: %s', async (args, message) => {
    const { status, out, err } = await run(...(typeof args === 'function' ? args() : args));
    expect(err).toContain(message);
    expect(err).toMatch(/^transvisor: [^\n]+\n$/);
    expect(out).toBe('');
    expect(status).toBe(2);
  });

  it('a full disk: one line, and what was there before stays', async () => {
    const report = put('kept.json', 'as it was');
    symlinkSync('/dev/full', file('full.json'));
    const full = await run('--count', '64', '--kind', 'single', '--report', file('full.json'));
    expect(full.err).toMatch(/^transvisor: [^\n]*full[^\n]*: no space left on the device$/m);
    expect(full.status).toBe(2);
    const nowhere = await run('--count', '64', '--resume', report);
    expect(nowhere.status).toBe(2);
    expect(readFileSync(report, 'utf8')).toBe('as it was');
  }, 60_000);
});
