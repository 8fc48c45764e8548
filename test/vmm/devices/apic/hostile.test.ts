// Whatever a guest reads and writes there, nothing is thrown and nothing runs away.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { APIC, board, IOAPIC } from './support.ts';

const size = fc.constantFrom(1, 2, 4) as fc.Arbitrary<1 | 2 | 4>;
const offset = fc.oneof(
  fc.nat(0xfff),
  fc.nat(0x3f).map((n) => n * 16),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), at: offset, size, value: fc.nat() }),
  fc.record({ kind: fc.constant('write' as const), at: offset, size, value: fc.integer() }),
  fc.record({ kind: fc.constant('select' as const), at: fc.nat(0x50), size, value: fc.integer() }),
  fc.record({ kind: fc.constant('line' as const), at: fc.nat(15), size, value: fc.nat(1) }),
  fc.record({ kind: fc.constant('time' as const), at: fc.nat(100_000), size, value: fc.nat() }),
  fc.record({ kind: fc.constant('take' as const), at: fc.nat(), size, value: fc.nat() }),
  fc.record({ kind: fc.constant('base' as const), at: fc.nat(), size, value: fc.integer() }),
);

test('random accesses', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, controllers, line, mmio, write } = board();
      write(0xf0, 0x1ff);
      for (const { kind, at, size: width, value } of steps) {
        if (kind === 'read') {
          const got = mmio.read(APIC + at, width) + mmio.read(IOAPIC + at, width);
          expect(Number.isInteger(got) && got >= 0).toBe(true);
        } else if (kind === 'write') mmio.write(APIC + at, width, value);
        else if (kind === 'select') {
          mmio.write(IOAPIC, 4, at);
          mmio.write(IOAPIC + 0x10, width, value);
        } else if (kind === 'line') {
          if (value === 1) line(at).raise();
          else line(at).lower();
        } else if (kind === 'time') clock.advance(at);
        else if (kind === 'base') controllers.setApicBase(value);
        else if (kind === 'take' && controllers.intr) {
          const vector = controllers.acknowledge();
          expect(vector >= 0 && vector < 256).toBe(true);
          mmio.write(APIC + 0xb0, 4, 0);
        }
      }
      // Nothing is kept for each access: a timer or two at most.
      expect(controllers.localApic?.processorPriority()).toBeLessThan(256);
    }),
    { numRuns: 500 },
  );
});
