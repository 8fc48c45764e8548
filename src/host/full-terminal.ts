/**
 * The whole terminal for a program: another screen, keys as they are typed, and all put back at the end.
 *
 * What holds: whatever way the process ends, the terminal is usable again. `close` does it, an exit hook for ends that
 * nobody foresaw, and for a process that is killed a small shell that waits for that and does nothing else.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

const ENTER = '\x1b[?1049h\x1b[2J\x1b[?25l';
const LEAVE = '\x1b[0m\x1b[?25h\x1b[?1049l';
/** Output that waits for a slow line, in bytes, from which on nothing more is drawn. */
const HIGH_WATER = 1 << 16;

export interface FullTerminalUser {
  onInput(bytes: Uint8Array): void;
  /** The terminal has another size. */
  onResize(): void;
}

export class FullTerminal {
  private readonly user: FullTerminalUser;
  private readonly guard: ChildProcess | undefined;
  private readonly onData = (chunk: Uint8Array) => this.user.onInput(chunk);
  private readonly onResize = () => this.user.onResize();
  private readonly restore = () => this.putBack();
  private open = true;

  constructor(user: FullTerminalUser) {
    this.user = user;
    this.guard = startGuard();
    process.once('exit', this.restore);
    process.stdin.setRawMode(true);
    process.stdin.on('data', this.onData);
    process.stdin.on('error', () => {});
    process.stdout.on('resize', this.onResize);
    process.stdout.write(ENTER);
  }

  /** Whether both ends are a terminal. */
  static get available(): boolean {
    return process.stdin.isTTY === true && process.stdout.isTTY === true;
  }

  get rows(): number {
    return Math.max(1, process.stdout.rows ?? 24);
  }

  get columns(): number {
    return Math.max(1, process.stdout.columns ?? 80);
  }

  /** Whether the line is so slow that drawing should wait. */
  get busy(): boolean {
    return process.stdout.writableLength > HIGH_WATER;
  }

  write(text: string): void {
    if (this.open && text !== '') process.stdout.write(text);
  }

  close(): void {
    if (!this.open) return;
    process.stdin.off('data', this.onData);
    process.stdout.off('resize', this.onResize);
    process.stdin.pause();
    this.putBack();
    process.off('exit', this.restore);
  }

  private putBack(): void {
    if (!this.open) return;
    this.open = false;
    process.stdout.write(LEAVE);
    process.stdin.setRawMode(false);
    this.guard?.kill('SIGKILL');
  }
}

/** A shell that waits until this process is gone and then puts the terminal back; none where there is no shell. */
function startGuard(): ChildProcess | undefined {
  const saved = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'latin1' });
  const modes = saved.status === 0 ? saved.stdout.trim() : '';
  if (!/^[0-9a-f:]+$/i.test(modes)) return undefined;
  const script = `cat <&3 >/dev/null; printf '${LEAVE.replaceAll('\x1b', '\\033')}'; stty ${modes}`;
  // In a session of its own it gets no signal that is meant for us.
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['inherit', 'inherit', 'ignore', 'pipe'], detached: true });
  child.on('error', () => {});
  child.unref();
  const pipe = child.stdio[3];
  if (pipe !== null && pipe !== undefined && 'unref' in pipe) (pipe as { unref(): void }).unref();
  return child;
}
