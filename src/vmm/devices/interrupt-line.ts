/**
 * A wire from a device to an interrupt controller. Devices drive its level;
 * whether edges or levels count is the controller's affair.
 */
export interface IrqLine {
  /** Drives the line active; no effect if it is already. */
  raise(): void;
  /** Drives the line inactive; no effect if it is already. */
  lower(): void;
}

/** A line that is connected to nothing. */
export const NO_IRQ: IrqLine = {
  raise() {},
  lower() {},
};
