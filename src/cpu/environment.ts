/** The local APIC as the processor's MSRs reach it. */
export interface CpuApic {
  /** Whether the timer takes deadlines now. */
  inDeadlineMode(): boolean;
  /** IA32_APIC_BASE was written. @param low its low word */
  setBase(low: number): void;
  /** Sets the timer's deadline. @param clock cycles of `readTsc`; 0 disarms */
  setDeadline(clock: number): void;
}

/**
 * What a vCPU needs from the world around it; the monitor implements it.
 */
export interface CpuEnvironment {
  /** IN. `size` is 1, 2 or 4 bytes; what nobody drives reads all ones. */
  readPort(port: number, size: number): number;
  /** OUT. */
  writePort(port: number, size: number, value: number): void;
  /** Time-stamp counter in cycles: a whole number below 2^53. */
  readTsc(): number;
  /** FERR#: an unmasked x87 error while CR0.NE is clear. */
  signalFpuError(): void;
  /** Left out where there is no local APIC. */
  readonly apic?: CpuApic | undefined;
  /** Something nobody implemented was touched (`-d unimp`): never an error by itself. */
  unimplemented(what: string, value: number): void;
  /** Told of each exception and interrupt before it is delivered (`-d int`); left out when nobody listens. */
  delivering?: ((vector: number, software: boolean, errorCode: number | undefined) => void) | undefined;
}
