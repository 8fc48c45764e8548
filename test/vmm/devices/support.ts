/** What device tests share: a clock that is advanced by hand, and a line that counts its edges. */
import { TimerQueue } from '../../../src/vmm/devices/clock.ts';

export class TestClock extends TimerQueue {
  private readonly state: { ns: number };

  constructor(startNs = 0) {
    const state = { ns: startNs };
    super(() => state.ns);
    this.state = state;
  }

  /** Moves time on, stopping at each deadline on the way as a deterministic machine does. */
  advance(ns: number): void {
    const end = this.state.ns + ns;
    while (this.nextDeadline() <= end) {
      this.state.ns = Math.max(this.state.ns, this.nextDeadline());
      this.runDue(this.state.ns);
    }
    this.state.ns = end;
  }

  /** Moves time on without running anything, as a late host does. */
  skip(ns: number): void {
    this.state.ns += ns;
  }
}

export class TestLine {
  level = false;
  /** Rising edges so far. */
  edges = 0;

  raise(): void {
    if (!this.level) {
      this.edges++;
    }
    this.level = true;
  }

  lower(): void {
    this.level = false;
  }
}
