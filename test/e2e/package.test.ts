// What `npm pack` makes: a package whose command and types work without the sources.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the package', () => {
  let folder = '';
  let installed = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'transvisor-pack-'));
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    execFileSync('tar', ['xzf', tarball], { cwd: folder });
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    installed = join(modules, 'transvisor');
    renameSync(join(folder, 'package'), installed);
    for (const name of ['binaryen', 'fast-check', 'pure-rand']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds compiled JavaScript and no source', () => {
    expect(existsSync(join(installed, 'dist/src/index.js'))).toBe(true);
    expect(existsSync(join(installed, 'dist/src/index.d.ts'))).toBe(true);
    expect(existsSync(join(installed, 'dist/fuzz/index.d.ts'))).toBe(true);
    expect(existsSync(join(installed, 'dist/fuzz/outside/host/harness/main.c'))).toBe(true);
    expect(existsSync(join(installed, 'dist/bench/outside/v86-guest.mjs'))).toBe(true);
    expect(existsSync(join(installed, 'src'))).toBe(false);
    expect(existsSync(join(installed, 'fuzz'))).toBe(false);
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true);
  });

  it('its command runs and boots the bundled guest', () => {
    const run = (args: string[], input = '') =>
      spawnSync(process.execPath, [join(installed, 'bin/transvisor'), ...args], { encoding: 'utf8', input });
    expect(run(['--version']).stdout).toMatch(/^transvisor \d/);
    const { status, stdout, stderr } = run(['guest', '--stats=json'], 'bench\rpoweroff\r');
    expect(stdout).toContain('checksum 6B223F1B');
    expect(status).toBe(0);
    // The compiling thread works from compiled JavaScript too.
    const { retired } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
    expect(retired.translate / retired.total).toBeGreaterThan(0.5);
  }, 60_000);

  it('its benchmarks run', () => {
    const args = [join(installed, 'bin/transvisor'), 'bench', '--suite', 'nano', '--scale', '1', '--rounds', '1'];
    const { status, stdout } = spawnSync(process.execPath, [...args, '--on', 'ours', '--on', 'built'], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/\| indirect, ns \| [\d.]+ \| [\d.]+ \|/);
    expect(status).toBe(0);
  }, 60_000);

  it('its fuzzer runs, in threads and in process', () => {
    const args = [join(installed, 'bin/transvisor'), 'fuzz', '--count', '1000', '--seed', '1', '--kind', 'single'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stdout).toMatch(/^1000 cases .* no differences\n/);
    expect(status).toBe(0);
    const program =
      "const { fuzz } = await import('transvisor/fuzz'); console.log((await fuzz({ count: 100 })).cases);";
    const own = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, encoding: 'utf8' });
    expect(own.stdout).toBe('100\n');
  }, 60_000);

  it('its types are found by a program that uses it', () => {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      join(folder, 'user.ts'),
      "import { createMachine, type StopReason } from 'transvisor';\n" +
        "import { fuzz, type Oracle } from 'transvisor/fuzz';\n" +
        'export const use = (own: Oracle) => fuzz({ count: 1, oracles: [own] });\n' +
        'const machine = createMachine({ memory: 2 ** 20 });\n' +
        'const port: number = await new Promise((r) => machine.on("serial", (e) => r(e.port)));\n' +
        'const reason: StopReason = await machine.run();\nexport { port, reason };\n',
    );
    const tsc = join(root, 'node_modules/.bin/tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', '', 'user.ts'];
    expect(() => execFileSync(tsc, flags, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })).not.toThrow();
  });
});
