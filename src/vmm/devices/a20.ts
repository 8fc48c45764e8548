/**
 * The A20 gate: one state that the keyboard controller's output port and port 92h
 * both drive, the last writer winning, and both show.
 */
export class A20Gate {
  enabled = true;
  private readonly onChange: (enabled: boolean) => void;

  /** @param onChange told of each change: address bit 20 passes, or is forced to 0 */
  constructor(onChange: (enabled: boolean) => void) {
    this.onChange = onChange;
  }

  set(enabled: boolean): void {
    if (enabled !== this.enabled) {
      this.enabled = enabled;
      this.onChange(enabled);
    }
  }

  /** Open, so that the reset vector under 4 GiB is reached. */
  reset(): void {
    this.set(true);
  }
}
