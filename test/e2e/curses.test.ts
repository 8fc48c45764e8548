// The screen on a terminal: a guest that goes through modes, keys typed at it, and the terminal afterwards, also where
// the process is killed. The terminal is that of util-linux' script.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const TRANSVISOR = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const SOURCE = fileURLToPath(new URL('./screen/modes.asm', import.meta.url));
const ABLE = spawnSync('nasm', ['-v']).status === 0 && spawnSync('script', ['--version']).status === 0;
const ENTERED = '\x1b[?1049h';
const LEFT = '\x1b[?25h\x1b[?1049l';
const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
const image = join(folder, 'modes.rom');
afterAll(() => rmSync(folder, { recursive: true }));

class TerminalProcess {
  output = '';
  readonly ended: Promise<void>;
  private readonly script;
  private readonly pidFile = join(folder, `pid${Math.random()}`);

  /** Runs the guest, and `stty -a` behind it. */
  constructor() {
    const guest = `node ${TRANSVISOR} run -bios ${image} -m 4 -nodefaults -display curses`;
    const inner = `stty rows 30 cols 100; sh -c 'echo $$ > ${this.pidFile}; exec ${guest}'; sleep 1; stty -a`;
    this.script = spawn('script', ['-qfec', inner, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.script.stdout.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.ended = new Promise((resolve) => {
      this.script.on('close', () => resolve());
    });
  }

  type(text: string): void {
    this.script.stdin.write(text);
  }

  async waitFor(text: string): Promise<void> {
    for (const deadline = Date.now() + 60_000; !this.output.includes(text); ) {
      if (Date.now() > deadline) throw new Error(`'${text}' did not come: ${JSON.stringify(this.output.slice(-2000))}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.pidFile, 'utf8')), signal);
  }

  close(): void {
    if (existsSync(this.pidFile) && this.script.exitCode === null) this.script.kill('SIGKILL');
  }
}

describe.skipIf(!ABLE)('-display curses', () => {
  let terminal: TerminalProcess;
  beforeAll(() => {
    expect(spawnSync('nasm', ['-f', 'bin', '-o', image, SOURCE]).stderr.toString()).toBe('');
  });
  afterEach(() => terminal.close());

  const expectPutBack = async () => {
    await terminal.ended;
    const behind = terminal.output.slice(terminal.output.lastIndexOf(LEFT));
    expect(behind.startsWith(LEFT)).toBe(true);
    expect(behind).toMatch(/\bicanon\b/);
    expect(behind).not.toMatch(/-echo\b/);
  };

  it('shows characters and colours, says what it cannot show, takes keys, and gives the terminal back', async () => {
    terminal = new TerminalProcess();
    await terminal.waitFor('\x1b[0;34;40m☺');
    expect(terminal.output).toContain(ENTERED);
    // The guest may still be writing when the first picture is taken.
    for (const character of ['A', 'é', '█', '≡']) await terminal.waitFor(character);
    terminal.type(' ');
    await terminal.waitFor('320x200 graphics mode');
    terminal.type('x');
    await terminal.waitFor('640x480 graphics mode');
    terminal.type('\x01x');
    await expectPutBack();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('gives the terminal back after %s', async (signal) => {
    terminal = new TerminalProcess();
    await terminal.waitFor('☺');
    terminal.kill(signal);
    await expectPutBack();
  });
});
