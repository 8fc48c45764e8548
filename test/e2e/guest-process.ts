// A guest in a process of its own, started by the command line and spoken to over its terminal.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TRANSVISOR = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));

export class GuestProcess {
  readonly child: ChildProcess;
  /** Resolves to the exit status (-1 when a signal ended it). */
  readonly exit: Promise<number>;
  output = '';
  errors = '';
  private ended = false;
  private changed: () => void = () => {};

  constructor(args: readonly string[], command = 'run') {
    this.child = spawn(process.execPath, [TRANSVISOR, command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString('latin1');
      this.changed();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.child.stdin?.on('error', () => {});
    this.exit = new Promise((resolve) => {
      this.child.on('close', (code) => {
        this.ended = true;
        this.changed();
        resolve(code ?? -1);
      });
    });
  }

  /** Waits until the output from `from` on matches; returns that output. Fails when it does not within `timeout` ms. */
  async waitFor(pattern: RegExp, timeout: number, from = 0): Promise<string> {
    const deadline = Date.now() + timeout;
    while (!pattern.test(this.output.slice(from))) {
      const left = deadline - Date.now();
      if (this.ended || left <= 0) {
        const why = this.ended ? 'the process has ended' : `not within ${timeout} ms`;
        throw new Error(`${pattern}: ${why}\n${this.output.slice(-2000)}\n${this.errors.slice(-2000)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 1000));
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.output.slice(from);
  }

  /** Types a line at a shell and returns what came until the prompt was back. */
  async command(line: string, prompt: RegExp, timeout: number): Promise<string> {
    const from = this.output.length;
    this.type(`${line}\n`);
    await this.waitFor(/\n/, timeout, from); // the echo
    const echoed = this.output.indexOf('\n', from) + 1;
    const text = await this.waitFor(prompt, timeout, echoed);
    return text.replaceAll('\r', '');
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  kill(): void {
    if (!this.ended) this.child.kill('SIGKILL');
  }
}
