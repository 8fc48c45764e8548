// Planar memory through the window: write modes, read modes, latches, masks, addressing; against a model byte by byte.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MODES, VgaBench } from './modes.ts';

const A = 0xa0000;

/** The four planes' bytes at an address. */
function planes(b: VgaBench, at: number): number[] {
  return [...b.video.u8.subarray(at * 4, at * 4 + 4)];
}

describe('planar memory', () => {
  let b: VgaBench;
  beforeEach(() => {
    b = new VgaBench();
    b.mode(MODES.vga640);
  });

  it('mode 0 writes the planes of the map mask, set/reset in place of data where enabled', () => {
    b.set(0x3c4, 2, 0b0101);
    b.poke(A + 3, 0x5a);
    expect(planes(b, 3)).toEqual([0x5a, 0, 0x5a, 0]);
    b.set(0x3c4, 2, 0x0f);
    b.set(0x3ce, 0, 0b0010);
    b.set(0x3ce, 1, 0b0011);
    b.poke(A + 4, 0x11);
    expect(planes(b, 4)).toEqual([0, 0xff, 0x11, 0x11]);
  });

  it('the bit mask takes the other bits from the latches, which a read loads', () => {
    b.poke(A + 1, 0xf0);
    b.peek(A + 1);
    b.set(0x3ce, 8, 0x3c);
    b.poke(A + 2, 0x0f);
    expect(planes(b, 2)).toEqual([0xcc, 0xcc, 0xcc, 0xcc]);
  });

  it('rotates, and combines with the latches by AND, OR, XOR', () => {
    b.poke(A, 0b1100_1100);
    for (const [code, expected] of [
      [1, 0b0000_1100],
      [2, 0b1110_1110],
      [3, 0b1110_0010],
    ] as const) {
      b.peek(A);
      b.set(0x3ce, 3, (code << 3) | 2);
      b.poke(A + 9, 0b1011_1000); // rotated by 2: 0010_1110
      expect(planes(b, 9)[0]).toBe(expected);
    }
  });

  it('mode 1 copies four planes at once', () => {
    b.set(0x3c4, 2, 1);
    b.poke(A, 0x12);
    b.set(0x3c4, 2, 8);
    b.poke(A, 0x34);
    b.set(0x3c4, 2, 15);
    b.set(0x3ce, 5, 1);
    b.peek(A);
    b.poke(A + 100, 0xff);
    expect(planes(b, 100)).toEqual([0x12, 0, 0, 0x34]);
  });

  it('modes 2 and 3 write a colour through a mask', () => {
    b.set(0x3ce, 5, 2);
    b.set(0x3ce, 8, 0x81);
    b.peek(A + 50);
    b.poke(A + 50, 0b1001);
    expect(planes(b, 50)).toEqual([0x81, 0, 0, 0x81]);
    b.set(0x3ce, 5, 3);
    b.set(0x3ce, 8, 0xf0);
    b.set(0x3ce, 0, 0b0110);
    b.peek(A + 51);
    b.poke(A + 51, 0x3c);
    expect(planes(b, 51)).toEqual([0, 0x30, 0x30, 0]);
  });

  it('read mode 0 reads one plane, mode 1 compares colours', () => {
    b.set(0x3c4, 2, 4);
    b.poke(A, 0x99);
    b.set(0x3ce, 4, 2);
    expect(b.peek(A)).toBe(0x99);
    b.set(0x3ce, 4, 1);
    expect(b.peek(A)).toBe(0);
    b.set(0x3ce, 5, 8);
    b.set(0x3ce, 2, 4);
    expect(b.peek(A)).toBe(0x99);
    b.set(0x3ce, 7, 0);
    expect(b.peek(A)).toBe(0xff);
  });

  it('text modes have characters and attributes in planes 0 and 1, at even addresses', () => {
    b.mode(MODES.text80);
    b.poke(0xb8000, 0x1f41, 2);
    b.poke(0xb8002, 0x2e42, 2);
    expect(planes(b, 0)).toEqual([0x41, 0x1f, 0, 0]);
    expect(planes(b, 2)).toEqual([0x42, 0x2e, 0, 0]);
    expect(b.peek(0xb8000, 4)).toBe(0x2e421f41);
    expect(b.peek(0xa0000)).toBe(0xff);
    expect(b.peek(0xb0000)).toBe(0xff);
  });

  it('chain-4 has its bytes in a row', () => {
    b.mode(MODES.bytes320);
    for (let n = 0; n < 8; n++) b.poke(A + n, n + 1);
    expect([...b.video.u8.subarray(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    b.set(0x3c4, 2, 0b0010);
    b.poke(A, 0xdddddddd, 4);
    expect([...b.video.u8.subarray(0, 4)]).toEqual([1, 0xdd, 3, 4]);
  });

  it('memory that is switched off does not answer', () => {
    b.out(0x3c2, 0xe1);
    b.poke(A, 0x55);
    expect(b.peek(A, 4)).toBe(0xffffffff);
    expect(planes(b, 0)).toEqual([0, 0, 0, 0]);
  });

  it('does the same as a model that goes bit by bit', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const nibble = fc.integer({ min: 0, max: 15 });
    const settings = fc.record({
      mask: nibble,
      setReset: nibble,
      enable: nibble,
      rotate: fc.integer({ min: 0, max: 7 }),
      code: fc.integer({ min: 0, max: 3 }),
      mode: fc.integer({ min: 0, max: 3 }),
      bits: byte,
      data: byte,
      latches: fc.array(byte, { minLength: 4, maxLength: 4 }),
      old: fc.array(byte, { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(settings, (s) => {
        b.video.u8.set(s.latches, 0);
        b.video.u8.set(s.old, 40);
        b.peek(A);
        b.set(0x3c4, 2, s.mask);
        b.set(0x3ce, 0, s.setReset);
        b.set(0x3ce, 1, s.enable);
        b.set(0x3ce, 3, s.rotate | (s.code << 3));
        b.set(0x3ce, 5, s.mode);
        b.set(0x3ce, 8, s.bits);
        b.poke(A + 10, s.data);
        const rotated = ((s.data >>> s.rotate) | (s.data << (8 - s.rotate))) & 0xff;
        for (let plane = 0; plane < 4; plane++) {
          for (let bit = 0; bit < 8; bit++) {
            const of = (value: number) => (value >>> bit) & 1;
            const latch = of(s.latches[plane]!);
            let source = of(rotated);
            let selected = of(s.bits) === 1;
            if (s.mode === 0 && (s.enable >>> plane) & 1) source = (s.setReset >>> plane) & 1;
            if (s.mode === 2) source = (s.data >>> plane) & 1;
            if (s.mode === 3) {
              selected = selected && of(rotated) === 1;
              source = (s.setReset >>> plane) & 1;
            }
            const combined = [source, source & latch, source | latch, source ^ latch][s.code]!;
            let expected = selected ? combined : latch;
            if (s.mode === 1) expected = latch;
            if (((s.mask >>> plane) & 1) === 0) expected = of(s.old[plane]!);
            expect(of(b.video.u8[40 + plane]!)).toBe(expected);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the window', () => {
  it('is mapped directly where the graphics controller changes nothing, with the VBE interface bank by bank', () => {
    const b = new VgaBench();
    const log: string[] = [];
    b.video.map = (physical, size, offset) => log.push(`+${[physical, size, offset].map((n) => n.toString(16))}`);
    b.video.unmap = (physical, size) => log.push(`-${[physical, size].map((n) => n.toString(16))}`);
    const taken = () => log.splice(0).join(' ');
    b.mode(MODES.vga640);
    expect(taken()).toBe('');
    b.mode(MODES.bytes320);
    expect(taken()).toBe('+a0000,10000,0');
    b.set(0x3c4, 2, 1);
    expect(taken()).toBe('-a0000,10000');
    b.set(0x3c4, 2, 15);
    b.set(0x3ce, 8, 0x0f);
    expect(taken()).toBe('+a0000,10000,0 -a0000,10000');
    b.mode(MODES.text80);
    taken();
    b.vbe(1, 640);
    b.vbe(2, 480);
    b.vbe(3, 8);
    b.vbe(4, 0x41);
    b.vbe(5, 3);
    expect(taken()).toBe('+a0000,10000,0 -a0000,10000 +a0000,10000,30000');
    b.vbe(4, 0);
    expect(taken()).toBe('-a0000,10000');
    b.vga.mapFrameBuffer(0xe0000000);
    b.vga.mapFrameBuffer(0xf0000000);
    expect(taken()).toBe('+e0000000,1000000,0 -e0000000,1000000 +f0000000,1000000,0');
  });
});

describe('hostile use', () => {
  it('random accesses to ports and memory never throw, and frames stay bounded', async () => {
    const { Display } = await import('../../../../src/vmm/display/display.ts');
    const b = new VgaBench();
    const display = new Display(b.vga);
    let seed = 12345;
    const random = (n: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    const sizes = [1, 2, 4] as const;
    for (let n = 0; n < 150_000; n++) {
      const size = sizes[random(3)]!;
      const kind = random(8);
      if (kind < 3) b.io.write(0x3b0 + random(0x30), size, random(0x1000000) * 257);
      else if (kind === 3) b.io.read(0x3b0 + random(0x30), size);
      else if (kind === 4) b.vbe(random(12), random(4) === 0 ? random(0x10000) : random(1100));
      else if (kind === 5) b.peek(A + random(0x1fffc), size);
      else b.poke(A + random(0x1fffc), random(0x1000000), size);
      if (n % 3000 === 0) {
        const { frame, top, bottom } = display.refresh();
        expect(frame.width).toBeLessThanOrEqual(2560);
        expect(frame.height).toBeLessThanOrEqual(2048);
        expect(frame.rgba.length).toBe(frame.width * frame.height * 4);
        expect(top <= bottom && bottom <= frame.height).toBe(true);
        display.text();
      }
    }
  });
});
