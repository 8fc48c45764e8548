/**
 * What a PS/2 keyboard and a PS/2 mouse have in common: a bounded queue of bytes
 * to the host, and commands that are acknowledged and may want one argument.
 */
import { ByteQueue } from './byte-queue.ts';

export const PS2_ACK = 0xfa;
export const PS2_RESEND = 0xfe;
export const PS2_SELF_TEST_PASSED = 0xaa;

/** Replies of the longest exchange fit beside a burst of input. */
const QUEUE_SIZE = 64;

export abstract class Ps2Device {
  readonly output = new ByteQueue(QUEUE_SIZE);
  /** The command that waits for its argument, 0 if none. */
  awaiting = 0;
  lastSent = 0;
  /** Scanning (keyboard) or data reporting (mouse) is on. */
  enabled = false;
  /** The controller's wish to hear of new output. */
  onOutput: (() => void) | undefined;

  /** Power-on state. */
  reset(): void {
    this.output.clear();
    this.awaiting = 0;
    this.setDefaults();
  }

  /** A byte from the host. */
  receive(byte: number): void {
    if (this.awaiting !== 0) {
      const command = this.awaiting;
      this.awaiting = 0;
      this.argument(command, byte);
    } else {
      this.command(byte);
    }
    this.onOutput?.();
  }

  /** The next byte for the host, -1 if there is none. */
  take(): number {
    const byte = this.output.shift();
    if (byte >= 0) {
      this.lastSent = byte;
    }
    return byte;
  }

  protected abstract setDefaults(): void;
  protected abstract command(byte: number): void;
  protected abstract argument(command: number, byte: number): void;

  protected reply(...bytes: number[]): void {
    for (const byte of bytes) {
      this.output.push(byte);
    }
  }
}
