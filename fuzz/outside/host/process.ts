/**
 * The harness as a child process: batches go in, results come out. One batch is under way at a time.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { sizeOfResult } from './protocol.ts';

/** Milliseconds without a result after which the harness hangs: a case of its own is given 20. */
export const PATIENCE = 10_000;

/** What the harness says when it starts (main.c). */
const MISSING: readonly string[] = [
  '',
  'the kernel does not give a program the addresses from 10000h on',
  'the kernel does not take its signal handlers',
  'the kernel has no seccomp, to keep cases from making system calls',
];

export class HarnessProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private received: Buffer = Buffer.alloc(0);
  private wake: (() => void) | undefined;
  private ended = false;
  private readonly patience: number;

  constructor(path: string, patience: number = PATIENCE) {
    this.patience = patience;
    this.child = spawn(path, [], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
    const end = () => {
      this.ended = true;
      this.wake?.();
    };
    this.child.on('error', end);
    this.child.on('close', end);
    this.child.stdin.on('error', end);
    this.child.stdout.on('data', (data: Buffer) => {
      this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
      this.wake?.();
    });
  }

  /** Waits for more output. @returns false where there will be none */
  private async more(): Promise<boolean> {
    const had = this.received.length;
    if (this.ended) return false;
    this.ref();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.patience);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
    this.unref();
    return this.received.length > had;
  }

  /** Waits for the harness's first word. @returns what is missing, or undefined */
  async start(): Promise<string | undefined> {
    while (this.received.length < 4) {
      if (!(await this.more())) return 'the processor or the kernel does not run 32-bit programs';
    }
    const missing = this.received.readUInt32LE(0);
    this.received = this.received.subarray(4);
    return missing === 0 ? undefined : (MISSING[missing] ?? 'the harness says something else');
  }

  /**
   * Runs a batch.
   * @param take gets the buffer and the offset of each result, in order
   * @returns how many results came: fewer than `count` when the harness ended or hangs; it must be disposed then
   */
  async run(batch: Buffer, count: number, take: (from: Buffer, at: number) => void): Promise<number> {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(batch.length, 0);
    head.writeUInt32LE(count, 4);
    this.child.stdin.write(head);
    this.child.stdin.write(batch);
    let taken = 0;
    for (;;) {
      let at = 0;
      while (taken < count) {
        const size = sizeOfResult(this.received, at, this.received.length);
        if (size === 0) break;
        take(this.received, at);
        at += size;
        taken++;
      }
      this.received = this.received.subarray(at);
      if (taken === count || !(await this.more())) return taken;
    }
  }

  /** Only a batch under way keeps this process going. */
  private ref(): void {
    this.child.ref();
  }
  private unref(): void {
    this.child.unref();
  }

  dispose(): void {
    this.ended = true;
    this.child.stdin.destroy();
    this.child.kill('SIGKILL');
  }
}
