/**
 * What goes over the bus among I/O APIC and local APICs: an interrupt and whom
 * it is for (SDM vol. 3, "Message format", and the 82093AA's redirection table).
 */

export const MODE_FIXED = 0;
export const MODE_LOWEST = 1;
export const MODE_SMI = 2;
export const MODE_NMI = 4;
export const MODE_INIT = 5;
export const MODE_STARTUP = 6;
export const MODE_EXTINT = 7;

export interface ApicMessage {
  readonly vector: number;
  /** One of MODE_*. */
  readonly mode: number;
  /** Level-triggered: its end is told to the I/O APIC. */
  readonly level: boolean;
  /** 8 bits: an APIC's number, or with `logical` a set of them. */
  readonly destination: number;
  readonly logical: boolean;
}
