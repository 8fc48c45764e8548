/**
 * Two whole deterministic machines, made alike: A runs translated by exactly the
 * production code; B is the reference, which interprets where it is told to and is
 * translated on the way there.
 */
import type { Arrival, Machine } from '../machine.ts';
import { compare, type Difference } from './comparison.ts';

/** Makes machine A (`translate`) or B (`switching`). */
export type MakeMachine = (engine: 'translate' | 'switching') => Machine;

export class MachinePair {
  readonly a: Machine;
  readonly b: Machine;
  /** What A has sent on its serial ports that B has not sent yet, or the reverse; a byte is 256 x port + value. */
  private readonly ahead: number[] = [];
  private aheadIsA = true;
  private outputDiffers = false;

  constructor(make: MakeMachine) {
    this.a = make('translate');
    this.b = make('switching');
    this.a.on('serial', ({ port, bytes }) => this.sent(true, port, bytes));
    this.b.on('serial', ({ port, bytes }) => this.sent(false, port, bytes));
  }

  /** Which engine B runs in from now on. */
  interpretB(on: boolean): void {
    this.b.interpretFromNow(on);
  }

  /** Runs both to a count, or to their end. */
  async runTo(count: number): Promise<{ readonly a: Arrival; readonly b: Arrival }> {
    return { a: await this.a.runTo(count), b: await this.b.runTo(count) };
  }

  /** What differs between the machines where they stand. Looks at the pages written since the last call. */
  differences(a: Arrival, b: Arrival): Difference[] {
    const found: Difference[] = [];
    if (a.count !== b.count) found.push({ what: 'instructions retired', a: String(a.count), b: String(b.count) });
    const [x, y] = [a, b].map(({ ended }) => ended?.kind ?? 'running');
    if (x !== y) found.push({ what: 'end', a: x!, b: y! });
    if (this.outputDiffers) found.push({ what: 'serial output', a: 'other bytes', b: 'other bytes' });
    return [...found, ...compare(this.a.inspect(), this.b.inspect())];
  }

  dispose(): void {
    this.a.dispose();
    this.b.dispose();
  }

  private sent(fromA: boolean, port: number, bytes: Uint8Array): void {
    for (const byte of bytes) {
      const code = port * 256 + byte;
      if (this.ahead.length === 0) this.aheadIsA = fromA;
      if (this.aheadIsA === fromA) this.ahead.push(code);
      else if (this.ahead.shift() !== code) this.outputDiffers = true;
    }
  }
}
