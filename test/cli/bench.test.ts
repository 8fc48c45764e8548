// `transvisor bench` with contestants that only print: the whole way from options to table and file.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ablationContestants } from '../../src/cli/bench-ablation.ts';
import { BENCH_OPTIONS, emptyBenchConfig } from '../../src/cli/bench-options.ts';
import { parseOptions } from '../../src/cli/parse-options.ts';
import { defaultConfig } from '../../src/cli/run-config.ts';
import { RUN_OPTIONS } from '../../src/cli/run-options.ts';
import { PASS_NAMES } from '../../src/translator/passes/pass-names.ts';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const fake = fileURLToPath(new URL('fake-transvisor.mjs', import.meta.url));
const file = fileURLToPath(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [transvisor, 'bench', ...args], { encoding: 'utf8', timeout: 30_000 });
}
const guest = ['--kernel', file, '--initrd', file];

describe('transvisor bench', () => {
  it('measures, compares and writes', () => {
    const json = join(folder, 'report.json');
    const on = ['--on', `a=${fake}`, '--on', `b=${fake}:-x "y z"`];
    const { status, stdout, stderr } = bench(
      '--suite',
      'boot,programs',
      ...guest,
      ...on,
      '--rounds',
      '2',
      '--json',
      json,
    );
    expect(stderr).toContain('round 2 of 2, programs, b: empty 0.0');
    expect(stdout).toMatch(/\| programs \| a \| b \| b \/ a \|/);
    expect(stdout).toMatch(/\| boot, s \|/);
    expect(status).toBe(0);
    const report = JSON.parse(readFileSync(json, 'utf8'));
    expect(report.command.slice(0, 3)).toEqual(['bench', '--suite', 'boot,programs']);
    const programs = report.samples.filter((s: { suite: string }) => s.suite === 'programs');
    expect(programs).toHaveLength(12);
    for (const { value, checksum } of programs) {
      expect(value).toBeGreaterThan(0.01);
      expect(value).toBeLessThan(10);
      expect(checksum).toBe('00000001');
    }
    const memory = report.samples.filter((s: { unit: string }) => s.unit === 'MiB');
    expect(memory).toHaveLength(process.platform === 'linux' ? 4 : 0);
  }, 60_000);

  it('tells who fails, and goes on', () => {
    const on = [
      '--on',
      `a=${fake}`,
      '--on',
      `b=${fake}:--fail`,
      '--on',
      `c=${fake}:--other`,
      '--on',
      'd=/no/such/file',
    ];
    const { status, stdout, stderr } = bench('--suite', 'programs', ...guest, ...on, '--rounds', '1');
    expect(stderr).toContain('without d: /no/such/file: no such file');
    expect(stdout).toMatch(
      /Problem: programs, b, round 1: the last mark did not come: ended after .* status 3 \(no such/,
    );
    expect(stdout).toContain('Checksums differ: one: 00000001 (a), 00000002 (c)');
    expect(status).toBe(5);
  }, 60_000);

  it('has profiles written, for which a run may end by itself', () => {
    const profiles = join(folder, 'profiles');
    const on = ['--on', `a=${fake}`, '--profile', profiles];
    expect(bench('--suite', 'boot,programs', ...guest, ...on, '--rounds', '1').status).toBe(0);
    expect(readdirSync(profiles).sort()).toEqual(['boot-a.html', 'programs-a.html']);
    expect(readFileSync(join(profiles, 'boot-a.html'), 'utf8')).toBe('a profile');
  }, 60_000);

  it.each([
    [[], /--suite: say what/],
    [['--suite', 'bot'], /unknown suite 'bot'; did you mean 'boot'/],
    [['--suite', 'nano', '--on', 'bochs'], /--on: contestant 'bochs'/],
    [['--suite', 'nano', '--on', 'ours', '--on', 'ours'], /'ours': given twice/],
    [['--suite', 'nano', '--rounds', '0'], /--rounds: number of rounds '0'/],
    [['--suite', 'nano', '--on', 'd=/no/such/file'], /nobody that is named is installed/],
    [['--suite', 'boot', '--kernel', '/no/such/file'], /--kernel: \/no\/such\/file: no such file|no initrd.gz/],
    [['--suite', 'programs', '--kernel', file], /programs: needs --programs FOLDER, or --initrd/],
    [['--suite', 'programs', '--programs', '/no/such'], /\/no\/such: cannot be read as a folder/],
    [['--suite', 'nano', '--json', '/no/such/folder/x'], /no such file/],
  ])('bad use: %j', (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    expect(last).toMatch(message);
    expect(last).toMatch(/^transvisor: /);
    expect(stderr).not.toContain('internal error');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('--help lists every option', () => {
    const { status, stdout } = bench('--help');
    expect(status).toBe(0);
    for (const { name } of BENCH_OPTIONS) expect(stdout).toContain(`--${name}`);
  });
});

describe('ablation', () => {
  it('has ourselves first, then each pass and each switch, and run takes them all', () => {
    const [ours, ...without] = ablationContestants();
    expect(ours).toEqual({ name: 'ours', kind: 'ours', switches: [] });
    const names = without.map((c) => c.name);
    expect(names).toEqual(
      expect.arrayContaining([...PASS_NAMES.map((p) => `no-pass-${p}`), 'no-chain', 'max-region-1']),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const { switches } of without) {
      expect(switches.length).toBeGreaterThan(0);
      expect(() => parseOptions(switches, RUN_OPTIONS, defaultConfig())).not.toThrow();
    }
  });

  it('is an option', () => {
    const config = emptyBenchConfig();
    parseOptions(['--ablate', '--suite', 'nano,cold'], BENCH_OPTIONS, config);
    expect(config).toMatchObject({ ablate: true, suites: ['nano', 'cold'] });
  });
});
