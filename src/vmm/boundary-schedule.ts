/**
 * What is to happen at given moments of a deterministic run: a count of retired
 * instructions, and a guest time that has to have come, as several moments share
 * one count while the processor is halted.
 *
 * What holds: an action is done at the first instruction boundary at or after its moment,
 * before timers and interrupts of that boundary; those of one moment in the order in which they came.
 */

export interface Moment {
  /** Retired instructions since power-on. */
  readonly count: number;
  /** Guest time in ns; 0 where the count says it all. */
  readonly time: number;
}

interface Entry extends Moment {
  readonly action: () => void;
}

export class BoundarySchedule {
  private readonly entries: Entry[] = [];
  /** The count of the next entry; Infinity when there is none. */
  next = Number.POSITIVE_INFINITY;

  add(moment: Moment, action: () => void): void {
    const { entries } = this;
    let at = entries.length;
    while (at > 0 && later(entries[at - 1]!, moment)) at--;
    entries.splice(at, 0, { ...moment, action });
    this.next = entries[0]!.count;
  }

  /** Does what is due. Actions may add others. */
  run(count: number, time: () => number): void {
    while (count >= this.next && time() >= this.entries[0]!.time) {
      const { action } = this.entries.shift()!;
      this.next = this.entries[0]?.count ?? Number.POSITIVE_INFINITY;
      action();
    }
  }
}

function later(a: Moment, b: Moment): boolean {
  return a.count > b.count || (a.count === b.count && a.time > b.time);
}
