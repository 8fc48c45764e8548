// `transvisor run` as a process: where bytes go, how it ends, what it reports.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Code, HALT, print, rom } from '../support/rom.ts';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'transvisor-run-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function image(...code: readonly Code[]): string {
  const path = join(folder, `rom${files++}`);
  writeFileSync(path, rom(...code));
  return path;
}

function run(...args: string[]) {
  const options = { encoding: 'latin1', timeout: 30_000, input: '' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [transvisor, 'run', '-m', '2', ...args], options);
  return { status, stdout, stderr };
}

const QUIET = ['-display', 'none'];
/** Prints to COM1: mov dx,3f8h / mov al,c / out dx,al for each character. */
const serial = (text: string) => [0xba, 0xf8, 3, ...[...text].flatMap((c) => [0xb0, c.charCodeAt(0), 0xee])];

describe('transvisor run', () => {
  it('shows the serial port, says why it ended, and ends with 0', () => {
    expect(run('-bios', image(serial('hello\n'), HALT), '-nographic')).toEqual({
      status: 0,
      stdout: 'hello\n',
      stderr: 'transvisor: the guest halted for ever (HLT with interrupts disabled)\n',
    });
  });

  it('debug consoles on any ports go to files and to the terminal', () => {
    const one = join(folder, 'one');
    const post = join(folder, 'post');
    const rom = image(print('A', 0xe9), print('B', 0x80), print('C', 0x90), serial('S'), HALT);
    const chardevs = ['-chardev', `file,id=f,path=${post}`, '-device', 'isa-debugcon,iobase=0x80,chardev=f'];
    const more = ['-chardev', 'stdio,id=s', '-device', 'isa-debugcon,iobase=0x90,chardev=s'];
    const { status, stdout } = run('-bios', rom, ...QUIET, '-debugcon', `file:${one}`, ...chardevs, ...more);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'C' });
    expect(readFileSync(one, 'utf8')).toBe('A');
    expect(readFileSync(post, 'utf8')).toBe('B');
  });

  it('-serial file:F and a second port', () => {
    const com1 = join(folder, 'com1');
    const com2 = join(folder, 'com2');
    const rom = image(serial('1'), 'ba f8 02 b0 32 ee', HALT);
    expect(run('-bios', rom, ...QUIET, '-serial', `file:${com1}`, '-serial', `file:${com2}`).status).toBe(0);
    expect([readFileSync(com1, 'utf8'), readFileSync(com2, 'utf8')]).toEqual(['1', '2']);
  });

  it.each([
    ['isa-debug-exit', ['b0 10 e6 f4'], ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'], 0x21],
    ['isa-debug-exit at its default port', ['ba 01 05 b0 00 ee'], ['-device', 'isa-debug-exit'], 1],
    ['power-off', ['b8 00 20 ba 04 06 ef'], [], 0],
    ['a triple fault with -no-reboot', ['2e 0f 01 1e 20 00 cc', new Array(64).fill(0)], ['-no-reboot'], 4],
    ['a reset with -no-reboot', ['b0 fe e6 64'], ['-no-reboot'], 0],
    ['--max-instructions', ['eb fe'], ['--max-instructions', '1000'], 3],
  ])('status after %s', (_name, code, args, status) => {
    expect(run('-bios', image(...(code as Code[]), HALT), ...QUIET, ...args).status).toBe(status);
  });

  it('a triple fault is reported with the state', () => {
    const rom = image('2e 0f 01 1e 20 00 cc', new Array(64).fill(0));
    expect(run('-bios', rom, ...QUIET, '-no-reboot').stderr).toMatch(
      /triple fault[\s\S]*EAX=[\s\S]*CR0=[\s\S]*Code=cc/,
    );
  });

  it('--stats=json is one object on the last line of standard error', () => {
    const { stderr } = run('-bios', image(HALT), ...QUIET, '-icount', 'shift=0', '--stats=json');
    const stats = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
    expect(stats.retired.total).toBe(3);
    expect(stats.longestSliceMs).toBeGreaterThan(0);
    expect(run('-bios', image(HALT), ...QUIET, '--stats').stderr).toMatch(/^retired\.total +3$/m);
  });

  it('-d int,unimp -D FILE logs', () => {
    const log = join(folder, 'log');
    const handler = image(
      '31 c0 8e d8 c7 06 0c 00 20 00 c7 06 0e 00 00 f0 cc',
      [0x90, 0x90, 0x90],
      new Array(16).fill(0xf4),
    );
    expect(run('-bios', handler, ...QUIET, '-d', 'int', '-D', log, '-no-reboot').status).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/^int=03 soft cpl=0 pc=f000:00000011 /);
  });

  it('Ctrl-A x ends the guest, Ctrl-A Ctrl-A reaches it', async () => {
    // Echoes: l: mov dx,3fdh / in al,dx / test al,1 / jz l / mov dx,3f8h / in al,dx / out dx,al / jmp l
    const rom = image('ba fd 03 ec a8 01 74 f8 ba f8 03 ec ee eb f1');
    const child = spawn(process.execPath, [transvisor, 'run', '-m', '2', '-bios', rom, '-nographic']);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      if (output.endsWith('!')) child.stdin.write('\x01x');
    });
    child.stdin.write('a\x01\x01b!');
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, output }).toEqual({ status: 0, output: 'a\x01b!' });
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [
      transvisor,
      'run',
      '-m',
      '2',
      '-bios',
      image(serial('x'), 'eb f8'),
      '-nographic',
    ]);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    expect(errors).toBe('');
  });

  it('SIGTERM ends it', async () => {
    const child = spawn(process.execPath, [
      transvisor,
      'run',
      '-m',
      '2',
      '-bios',
      image(serial('up'), 'eb fe'),
      '-nographic',
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143);
  });
});
