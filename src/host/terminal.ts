/**
 * The process's terminal as a guest's serial line: raw keys in, bytes out, and
 * the Ctrl-A commands of QEMU's -nographic.
 *
 * Whatever way the process ends, the terminal's modes are put back: `close`
 * does it, and an exit hook for ends that nobody foresaw.
 */
const CTRL_A = 0x01;
const CTRL_C = 0x03;
/** Output that waits for a slow reader, in bytes, from which on the guest should pause. */
const HIGH_WATER = 1 << 20;

const HELP = '\r\nCtrl-A h  this help\r\nCtrl-A x  end\r\nCtrl-A Ctrl-A  send Ctrl-A\r\n';

export interface TerminalOptions {
  /** Ctrl-A commands; Ctrl-C goes to the guest. Without it Ctrl-C ends and Ctrl-A is a key like any other. */
  readonly mux: boolean;
  onInput(bytes: Uint8Array): void;
  /** The user asked for the end, by Ctrl-A x (or Ctrl-C without `mux`). */
  onQuit(): void;
  /** Output has piled up (true), or has drained (false). */
  onBusy(busy: boolean): void;
}

/** Takes Ctrl-A sequences out of typed bytes. Keeps a half sequence for the next call. */
export class KeyFilter {
  private readonly mux: boolean;
  private prefix = false;

  constructor(mux: boolean) {
    this.mux = mux;
  }

  /** Returns what goes to the guest and the command typed last, if any. */
  filter(input: Uint8Array): { readonly bytes: Uint8Array; readonly command: 'quit' | 'help' | undefined } {
    const out: number[] = [];
    let command: 'quit' | 'help' | undefined;
    for (const byte of input) {
      if (!this.mux) {
        out.push(byte);
      } else if (this.prefix) {
        this.prefix = false;
        const key = String.fromCharCode(byte).toLowerCase();
        if (key === 'x') return { bytes: Uint8Array.from(out), command: 'quit' };
        if (key === 'h' || key === '?') command = 'help';
        else if (byte === CTRL_A) out.push(CTRL_A);
      } else if (byte === CTRL_A) {
        this.prefix = true;
      } else {
        out.push(byte);
      }
    }
    return { bytes: Uint8Array.from(out), command };
  }
}

export class Terminal {
  private readonly options: TerminalOptions;
  private readonly keys: KeyFilter;
  private readonly restore = () => this.setRaw(false);
  private readonly onData = (chunk: Uint8Array) => this.typed(chunk);
  private readonly onDrain = () => {
    this.busy = false;
    this.options.onBusy(false);
  };
  private busy = false;
  private open = true;

  constructor(options: TerminalOptions) {
    this.options = options;
    this.keys = new KeyFilter(options.mux);
    this.setRaw(true);
    process.once('exit', this.restore);
    process.stdin.on('data', this.onData);
    process.stdin.on('error', () => {});
    process.stdout.on('drain', this.onDrain);
  }

  write(bytes: Uint8Array): void {
    if (!this.open) return;
    process.stdout.write(bytes);
    if (process.stdout.writableLength > HIGH_WATER && !this.busy) {
      this.busy = true;
      this.options.onBusy(true);
    }
  }

  /**
   * Stops or resumes reading piped input, when the guest does not take it. Keys
   * are read on, or Ctrl-A x would not be seen.
   */
  pauseInput(paused: boolean): void {
    if (!this.open || process.stdin.isTTY === true || process.stdin.isPaused() === paused) return;
    if (paused) process.stdin.pause();
    else process.stdin.resume();
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    process.stdin.off('data', this.onData);
    process.stdout.off('drain', this.onDrain);
    process.stdin.pause();
    this.restore();
    process.off('exit', this.restore);
  }

  private setRaw(raw: boolean): void {
    if (process.stdin.isTTY === true) process.stdin.setRawMode(raw);
  }

  private typed(chunk: Uint8Array): void {
    const raw = process.stdin.isTTY === true;
    if (raw && !this.options.mux && chunk.includes(CTRL_C)) {
      this.options.onQuit();
      return;
    }
    const { bytes, command } = this.keys.filter(chunk);
    if (bytes.length > 0) this.options.onInput(bytes);
    if (command === 'help') process.stdout.write(HELP);
    if (command === 'quit') this.options.onQuit();
  }
}
