/**
 * What a deterministic run is told beforehand: the input that is replayed, and
 * the counts at which the state is hashed.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { BoundarySchedule } from './boundary-schedule.ts';
import type { GuestClock } from './clocks.ts';
import type { Emitter, MachineEvents } from './events.ts';
import type { InputEntry } from './input-log.ts';
import type { MachineOptions } from './machine-options.ts';
import { StateHash } from './state-hash.ts';

export interface RunPlanParts {
  readonly cpu: Cpu;
  readonly clock: GuestClock;
  readonly schedule: BoundarySchedule;
  readonly events: Emitter<MachineEvents>;
  /** Gives bytes to a serial port; returns how many it took. */
  readonly receive: (port: number, bytes: Uint8Array) => number;
}

export class RunPlan {
  private readonly parts: RunPlanParts;
  /** The entry of the input log that came last. */
  private last: InputEntry | undefined;
  private readonly final: InputEntry | undefined;

  /** @throws RangeError outside deterministic mode */
  constructor(parts: RunPlanParts, { input, hashEvery }: MachineOptions) {
    this.parts = parts;
    this.final = input?.at(-1);
    if ((input !== undefined || hashEvery !== undefined) && !parts.clock.deterministic) {
      throw new RangeError('input logs and state hashes: need deterministic time');
    }
    for (const entry of input ?? []) parts.schedule.add(entry, () => this.replay(entry));
    if (hashEvery !== undefined) this.hashAt(hashEvery, hashEvery, new StateHash(parts.cpu));
  }

  /** Whether all input of the log has come. */
  get inputDone(): boolean {
    return this.last === this.final;
  }

  private replay(entry: InputEntry): void {
    this.last = entry;
    const taken = this.parts.receive(entry.port, entry.bytes);
    if (taken === entry.bytes.length) return;
    this.parts.events.emit('inputRefused', { ...entry, bytes: entry.bytes.slice(taken) });
  }

  private hashAt(count: number, every: number, state: StateHash): void {
    const { clock, events, schedule } = this.parts;
    schedule.add({ count, time: 0 }, () => {
      events.emit('hash', { count, hash: state.take(clock.now()) });
      this.hashAt(count + every, every, state);
    });
  }
}
