/**
 * Typed events: a small emitter, and what a machine tells the world.
 */

import type { InputEntry } from './input-log.ts';

/** Where the guest's processor stood: for reports. */
export interface StateReport {
  readonly text: string;
}

/** Events of a machine and what each carries. */
export interface MachineEvents {
  /** Bytes the guest sent on COM1 (0) or COM2 (1). The array is the listener's to keep. */
  serial: { readonly port: number; readonly bytes: Uint8Array };
  /** A serial port whose input was full takes bytes again. */
  serialReady: { readonly port: number };
  /** Bytes the guest printed on LPT1 (0) to LPT3 (2). */
  parallel: { readonly port: number; readonly bytes: Uint8Array };
  /** Bytes the guest wrote to a debug console. */
  debugcon: { readonly port: number; readonly bytes: Uint8Array };
  /** A deterministic machine has taken typed bytes: an entry of an input log. */
  input: InputEntry;
  /** Bytes of the input log that the serial port did not take, as it did when they were recorded. */
  inputRefused: InputEntry;
  /** The state's hash after `count` retired instructions: 16 hexadecimal digits. Comes within a slice: do not touch the machine. */
  hash: { readonly count: number; readonly hash: string };
  /** A debugger or the monitor has stopped the guest, and lets it go on. */
  held: Record<string, never>;
  released: Record<string, never>;
  /** Somebody pressed the power button. */
  powerButton: Record<string, never>;
  /** The guest switched the machine off. */
  powerOff: Record<string, never>;
  /** HLT with interrupts off: nothing can wake the processor any more. */
  haltedForEver: { readonly report: StateReport };
  /** The machine was reset, by the guest or its host. */
  reset: { readonly cause: ResetCause };
  /** A fault while delivering a double fault. Comes before the `reset` it causes. */
  tripleFault: { readonly report: StateReport };
  /** The guest wrote to an isa-debug-exit device. */
  debugExit: { readonly /** Exit status, (value << 1) | 1. */ status: number };
  /** `maxInstructions` instructions have retired. */
  instructionLimit: { readonly retired: number };
  /** The machine has come to its end, or was stopped; nothing runs any more. */
  stopped: { readonly reason: StopReason };
}

export type ResetCause = 'guest' | 'triple fault' | 'host';
export type StopReason =
  | { readonly kind: 'powerOff' }
  | { readonly kind: 'haltedForEver'; readonly report: StateReport }
  | { readonly kind: 'debugExit'; readonly status: number }
  | { readonly kind: 'tripleFault'; readonly report: StateReport }
  | { readonly kind: 'reset' }
  | { readonly kind: 'instructionLimit'; readonly retired: number }
  /** The guest waits for input, and the log has more for later only. */
  | { readonly kind: 'inputUnreached'; readonly next: number; readonly retired: number }
  | { readonly kind: 'stop' };

type Listener<T> = (event: T) => void;

/** Calls listeners in the order they came. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Adds a listener; the function returned takes it away again. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    let set = this.listeners.get(name);
    if (set === undefined) {
      set = new Set();
      this.listeners.set(name, set);
    }
    const own = set;
    own.add(listener as Listener<never>);
    return () => {
      own.delete(listener as Listener<never>);
    };
  }

  /** Whether anyone listens: spares building what nobody hears. */
  has(name: keyof Events): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    const set = this.listeners.get(name);
    if (set === undefined) return;
    for (const listener of [...set]) (listener as Listener<Events[K]>)(event);
  }

  clear(): void {
    this.listeners.clear();
  }
}
