// The VGA's registers at their ports: indices, masks, flip-flop, protection, DAC, positions, status with the clock.
import { beforeEach, describe, expect, it } from 'vitest';
import { MODES, VgaBench } from './modes.ts';

describe('VGA registers', () => {
  let b: VgaBench;
  beforeEach(() => {
    b = new VgaBench();
    b.out(0x3c2, 0x67);
  });

  it('keep the bits that there are', () => {
    b.set(0x3c4, 2, 0xff);
    b.set(0x3ce, 5, 0xff);
    b.set(0x3ce, 15, 0xff);
    b.out(0x3c4, 2);
    expect(b.in(0x3c5)).toBe(0x0f);
    b.out(0x3ce, 5);
    expect(b.in(0x3cf)).toBe(0x7b);
    b.out(0x3ce, 15);
    expect(b.in(0x3cf)).toBe(0);
    expect(b.in(0x3cc)).toBe(0x67);
  });

  it('the attribute controller takes index and data in turn; reading the status begins with an index', () => {
    b.in(0x3da);
    b.out(0x3c0, 0x10);
    b.out(0x3c0, 0x0c);
    b.out(0x3c0, 0x11);
    b.in(0x3da);
    b.out(0x3c0, 0x30);
    expect(b.in(0x3c0)).toBe(0x30);
    expect(b.in(0x3c1)).toBe(0x0c);
  });

  it('CRTC registers 0 to 7 are protected, but for the line compare bit', () => {
    b.set(0x3d4, 0, 0x5f);
    b.set(0x3d4, 7, 0x0f);
    b.set(0x3d4, 0x11, 0x80);
    b.set(0x3d4, 0, 0x11);
    b.set(0x3d4, 7, 0xf0);
    b.out(0x3d4, 0);
    expect(b.in(0x3d5)).toBe(0x5f);
    b.out(0x3d4, 7);
    expect(b.in(0x3d5)).toBe(0x1f);
  });

  it('CRTC and status are at 3Bxh or 3Dxh', () => {
    b.set(0x3d4, 0x0e, 0x12);
    expect(b.in(0x3b5)).toBe(0xff);
    b.out(0x3c2, 0x66);
    b.out(0x3b4, 0x0e);
    expect(b.in(0x3b5)).toBe(0x12);
    expect(b.in(0x3d5)).toBe(0xff);
  });

  it('the DAC counts through components, and tells which access was set up', () => {
    b.out(0x3c8, 5);
    for (const value of [1, 2, 0xff, 4]) b.out(0x3c9, value);
    expect(b.in(0x3c7)).toBe(0);
    b.out(0x3c7, 5);
    expect(b.in(0x3c7)).toBe(3);
    expect([b.in(0x3c9), b.in(0x3c9), b.in(0x3c9), b.in(0x3c9)]).toEqual([1, 2, 0x3f, 4]);
  });

  it('a reset leaves nothing of them', () => {
    b.mode(MODES.vga640);
    b.vga.reset();
    expect(b.in(0x3cc)).toBe(0);
    expect(b.in(0x3c5)).toBe(0);
  });
});

describe('input status 1', () => {
  it('runs through a frame as the CRTC is set: 70 Hz in text modes, 60 Hz with 480 lines', () => {
    for (const [mode, hertz] of [
      [MODES.text80, 70],
      [MODES.vga640, 60],
    ] as const) {
      const b = new VgaBench();
      b.mode(mode);
      let retraces = 0;
      let hidden = 0;
      let before = 0;
      let retraceShown = false;
      const steps = 100_000;
      for (let n = 0; n < steps; n++) {
        b.clock.skip(1e9 / steps);
        const status = b.in(0x3da);
        if ((status & 9) === 8) retraceShown = true;
        if ((status & ~before & 8) !== 0) retraces++;
        if ((status & 1) !== 0) hidden++;
        before = status;
      }
      expect(retraceShown).toBe(false);
      expect(retraces).toBe(hertz);
      expect(hidden / steps).toBeGreaterThan(0.2);
      expect(hidden / steps).toBeLessThan(0.4);
    }
  });

  it('has a retrace whatever the registers hold', () => {
    const b = new VgaBench();
    b.out(0x3c2, 1);
    const seen = new Set<number>();
    for (let n = 0; n < 20_000; n++) {
      b.clock.skip(1777);
      seen.add(b.in(0x3da));
    }
    expect([...seen].sort()).toEqual([0, 1, 9]);
  });
});

describe('the VBE interface', () => {
  let b: VgaBench;
  beforeEach(() => {
    b = new VgaBench();
  });

  it('tells its version, as one asks for it, and its limits', () => {
    expect(b.vbeRead(0)).toBe(0xb0c5);
    b.vbe(0, 0xb0c2);
    expect(b.vbeRead(0)).toBe(0xb0c2);
    b.vbe(0, 0x1234);
    expect(b.vbeRead(0)).toBe(0xb0c2);
    expect(b.vbeRead(10)).toBe(256);
    b.vbe(4, 2);
    expect([1, 2, 3].map((index) => b.vbeRead(index))).toEqual([2560, 1600, 32]);
  });

  it('a mode has its own virtual size, and memory is cleared unless one says otherwise', () => {
    b.video.u8.fill(7, 0, 4_000_000);
    b.vbe(1, 1024);
    b.vbe(2, 768);
    b.vbe(3, 32);
    b.vbe(4, 0xc1);
    expect(b.video.u8[100]).toBe(7);
    expect([b.vbeRead(6), b.vbeRead(7)]).toEqual([1024, 4096]);
    b.vbe(4, 0);
    b.vbe(4, 0x41);
    expect(b.video.u8[1024 * 768 * 4 - 1]).toBe(0);
    expect(b.video.u8[1024 * 768 * 4]).toBe(7);
  });

  it('ports take words only where they do, and 1D0h is the data, too', () => {
    b.io.write(0x1ce, 2, 9);
    b.io.write(0x1d0, 2, 0x123);
    expect(b.io.read(0x1cf, 2)).toBe(0x123);
    expect(b.io.read(0x1ce, 2)).toBe(9);
  });
});
