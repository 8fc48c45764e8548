/**
 * The child process that holds Unicorn: built from the C sources in child/, fed over a pipe, started anew when it dies.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EXTREMES } from '../../case.ts';
import { BuildError, cachedProgram } from '../cached-program.ts';

const SOURCE = fileURLToPath(new URL('child/', import.meta.url));

/** The first line of what a program wrote. */
const firstLine = (text: string) => text.trim().split('\n')[0]!.slice(0, 200);

/**
 * Builds the program, where it was not yet.
 * @returns where it is, or why there is none
 */
export function buildChild(): { readonly program: string } | { readonly missing: string } {
  try {
    return { program: cachedProgram('unicorn', SOURCE, ['-O2'], ['-lunicorn']) };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const absent = /unicorn\/unicorn\.h|-lunicorn/.test(error.message);
    return { missing: absent ? 'libunicorn-dev is not installed' : firstLine(error.message) };
  }
}

type Process = ChildProcessByStdio<Writable, Readable, null>;

export class UnicornChild {
  private readonly program: string;
  private process: Process | undefined;
  /** What has come and is not yet a whole answer. */
  private chunks: Buffer[] = [];
  private pending = 0;
  private greeted = false;
  private onAnswer: (answer: Buffer) => void = () => {};
  private onDeath: () => void = () => {};
  private onGreeting: (line: string) => void = () => {};
  /** How often it died. */
  deaths = 0;

  constructor(program: string) {
    this.program = program;
  }

  /** Starts the program. @returns why it cannot do its work, or undefined where it can */
  async ready(): Promise<string | undefined> {
    const line = await new Promise<string>((resolve) => {
      this.onGreeting = resolve;
      this.onDeath = () => resolve('its program does not run');
      this.start();
    });
    return line === 'ready' ? undefined : firstLine(line);
  }

  private start(): Process {
    if (this.process !== undefined) return this.process;
    const child = spawn(this.program, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.process = child;
    this.chunks = [];
    this.pending = 0;
    this.greeted = false;
    child.stdout.on('data', (chunk: Buffer) => this.receive(chunk));
    const died = () => {
      if (this.process !== child) return;
      this.process = undefined;
      this.deaths++;
      this.onDeath();
    };
    child.on('error', died);
    child.on('close', died);
    // It died with requests under way: `close` tells.
    child.stdin.on('error', () => {});
    child.stdin.write(Buffer.from(Int32Array.from([EXTREMES.length, ...EXTREMES]).buffer));
    return child;
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.pending += chunk.length;
    let bytes: Buffer | undefined;
    let at = 0;
    const whole = () => {
      bytes ??= this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
      return bytes;
    };
    if (!this.greeted) {
      const end = whole().indexOf('\n');
      if (end < 0) return;
      this.greeted = true;
      at = end + 1;
      this.onGreeting(whole().toString('latin1', 0, end));
    }
    while (this.pending - at >= 4) {
      const length = whole().readUInt32LE(at);
      if (this.pending - at - 4 < length) break;
      this.onAnswer(whole().subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    if (at > 0) {
      this.chunks = [whole().subarray(at)];
      this.pending -= at;
    }
  }

  /**
   * Sends requests and gives their answers in their order. One that the program dies of has undefined; those behind it
   * go to a new one.
   * @param tell called with each answer as it comes, so that none is kept longer than needed
   */
  async run<T>(requests: readonly Buffer[], tell: (answer: Buffer, index: number) => T): Promise<(T | undefined)[]> {
    const out: (T | undefined)[] = [];
    while (out.length < requests.length) {
      await new Promise<void>((resolve, reject) => {
        this.onAnswer = (answer) => {
          try {
            out.push(answer.length === 0 ? undefined : tell(answer, out.length));
          } catch (error) {
            reject(error);
          }
          if (out.length === requests.length) resolve();
        };
        this.onDeath = () => {
          out.push(undefined);
          resolve();
        };
        const child = this.start();
        child.stdin.write(Buffer.concat(requests.slice(out.length)));
      });
    }
    return out;
  }

  dispose(): void {
    const child = this.process;
    this.process = undefined;
    child?.stdin.end();
    child?.kill();
  }
}
