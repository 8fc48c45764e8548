// The timer under a clock that runs on while the guest programs it, as real time does on a busy host.
import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../../src/vmm/devices/clock.ts';
import { Pit } from '../../../src/vmm/devices/pit.ts';

const MS = 1e6;

function timer(step: number) {
  let now = 0;
  const clock = new TimerQueue(() => {
    now += step;
    return now;
  });
  let edges = 0;
  let level = false;
  const irq = {
    raise: () => {
      if (!level) edges++;
      level = true;
    },
    lower: () => {
      level = false;
    },
  };
  const pit = new Pit(clock, irq);
  return {
    pit,
    clock,
    edges: () => edges,
    advance: (ns: number) => {
      now += ns;
    },
    run: () => clock.runDue(clock.now()),
  };
}

describe('a timer programmed by a slow host', () => {
  it.each([0x38, 0x30])(
    'one-shot control word %i: an edge that is past when the count is written still comes',
    (mode) => {
      const t = timer(5 * MS); // every look at the clock costs 5 ms
      t.pit.write(3, mode);
      const before = t.edges();
      t.pit.write(0, 0xe8);
      t.pit.write(0, 0x03); // 1000 ticks: 0.8 ms
      t.run();
      expect(t.edges()).toBe(before + 1);
      t.run();
      expect(t.edges()).toBe(before + 1);
    },
  );

  it('an edge that is due is delivered before the counter is programmed anew', () => {
    const t = timer(1);
    t.pit.write(3, 0x38);
    t.pit.write(0, 0xe8);
    t.pit.write(0, 0x03);
    const before = t.edges();
    t.advance(2 * MS);
    t.pit.write(3, 0x38);
    expect(t.edges()).toBe(before + 1);
  });
});
