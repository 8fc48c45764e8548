import { describe, expect, test } from 'vitest';
import { AtapiDrive } from '../../../src/vmm/devices/atapi-drive.ts';
import { RUNS, randomNumbers } from '../../support/random-numbers.ts';
import { ideBench, TestDisk } from './disk-support.ts';

/** A drive with a disc of 1000 sectors of 2048 bytes. */
function setUp(withDisc = true) {
  const disc = new TestDisk(4000);
  let drive: AtapiDrive | undefined;
  const bench = ideBench((queue) => {
    drive = new AtapiDrive(withDisc ? disc : undefined, queue);
    return [drive];
  });
  const { command, io, in: into, settle } = bench;
  /** Sends a packet; the limit on a block's bytes is 2048 unless told. */
  const packet = (bytes: readonly number[], limit = 2048, features = 0) => {
    command(0xa0, features, 0, 0, limit & 0xff, limit >> 8, 0xa0);
    const padded = [...bytes, ...new Array<number>(12 - bytes.length).fill(0)];
    for (let n = 0; n < 12; n += 2) io.write(0x1f0, 2, (padded[n] as number) | ((padded[n + 1] as number) << 8));
    settle();
  };
  /** Takes all that the drive sends, and returns bytes, status and error. */
  const take = () => {
    const bytes: number[] = [];
    while ((io.read(0x3f6, 1) & 0x08) !== 0) {
      const size = into(4) | (into(5) << 8);
      for (let n = 0; n < size; n += 2) {
        const word = io.read(0x1f0, 2);
        bytes.push(word & 0xff, word >> 8);
      }
      settle();
    }
    return { bytes, status: into(7), error: into(1) };
  };
  const ask = (...bytes: readonly number[]) => {
    packet(bytes);
    return take();
  };
  /** Sense key, code and qualifier. */
  const sense = () => {
    const { bytes } = ask(0x03, 0, 0, 0, 18);
    return [bytes[2], bytes[12], bytes[13]];
  };
  return { ...bench, disc, drive: drive as AtapiDrive, packet, take, ask, sense };
}

describe('packet protocol', () => {
  test('the signature tells what the drive is, after a reset and when it is asked as a disk', () => {
    const { command, in: into } = setUp();
    expect([1, 2, 3, 4, 5, 7].map(into)).toEqual([1, 1, 1, 0x14, 0xeb, 0]);
    command(0xec, 0, 0, 0, 0, 0, 0xa0);
    expect([into(4), into(5), into(7)]).toEqual([0x14, 0xeb, 0x51]);
    command(0xa1);
    expect([into(7), into(4)]).toEqual([0x58, 0]);
  });

  test('each phase shows in the interrupt reason, and comes with an interrupt but the first', () => {
    const { command, in: into, io, irq, settle, take } = setUp();
    command(0xa0, 0, 0, 0, 0x08, 0, 0xa0);
    expect([into(7), into(2), irq.edges]).toEqual([0x58, 1, 0]);
    for (const word of [0x25, 0, 0, 0, 0, 0]) io.write(0x1f0, 2, word);
    settle();
    expect([irq.edges, into(7), into(2), into(4)]).toEqual([1, 0x58, 2, 8]);
    expect(take().bytes).toEqual([0, 0, 3, 231, 0, 0, 8, 0]);
    expect([into(2), into(7)]).toEqual([3, 0x50]);
  });

  test('a command without data leaves the byte count as the host set it', () => {
    const { in: into, packet } = setUp();
    packet([0x00], 0);
    expect([into(4), into(5), into(7)]).toEqual([0, 0, 0x50]);
  });

  test('data comes in blocks of the size that the host can take', () => {
    const { in: into, packet, take } = setUp();
    packet([0x28, 0, 0, 0, 0, 10, 0, 0, 2], 512);
    expect(into(4) | (into(5) << 8)).toBe(512);
    const { bytes, status } = take();
    expect([bytes.length, bytes[0], bytes[512], bytes[2048], status]).toEqual([4096, 40, 41, 44, 0x50]);
  });

  test('a long read by DMA', () => {
    const { io, memory, packet, irq, in: into, settle } = setUp();
    new DataView(memory.bytes.buffer).setUint32(0x100, 0x1_0000, true);
    new DataView(memory.bytes.buffer).setUint32(0x104, 0x8000_0000, true);
    io.write(0xc004, 4, 0x100);
    io.write(0xc000, 1, 0x09);
    packet([0xa8, 0, 0, 0, 0, 5, 0, 0, 0, 32], 0, 1);
    settle();
    expect([irq.edges, into(7), io.read(0xc002, 1)]).toEqual([1, 0x50, 0x04]);
    expect([memory.bytes[0x1_0000], memory.bytes[0x1_0000 + 31 * 2048]]).toEqual([20, 144]);
  });
});

describe('commands', () => {
  test('INQUIRY is a CD-ROM drive, cut to what is asked for', () => {
    const { ask } = setUp();
    const { bytes } = ask(0x12, 0, 0, 0, 36);
    expect([bytes[0], bytes[1], bytes.length]).toEqual([5, 0x80, 36]);
    expect(ask(0x12, 0, 0, 0, 5).bytes.slice(0, 5)).toEqual(bytes.slice(0, 5));
  });

  test('READ TOC has one data track and the end', () => {
    const { ask } = setUp();
    expect(ask(0x43, 0, 0, 0, 0, 0, 0, 0, 255).bytes).toEqual([
      0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 3, 232,
    ]);
    expect(ask(0x43, 2, 0, 0, 0, 0, 0xaa, 0, 255).bytes.slice(4)).toEqual([0, 0x14, 0xaa, 0, 0, 0, 15, 25]);
    expect(ask(0x43, 0, 0, 0, 0, 0, 5, 0, 255).error).toBe(0x54);
  });

  test('MODE SENSE and GET CONFIGURATION', () => {
    const { ask } = setUp();
    expect(ask(0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255).bytes.slice(0, 10)).toEqual([0, 26, 1, 0, 0, 0, 0, 0, 0x2a, 18]);
    expect(ask(0x5a, 0, 0x07, 0, 0, 0, 0, 0, 255).error).toBe(0x54);
    expect(ask(0x46, 2, 0, 3, 0, 0, 0, 0, 255).bytes).toEqual([0, 0, 0, 12, 0, 0, 0, 8, 0, 3, 3, 4, 0x29, 0, 0, 0]);
  });

  test('what is not known, and what lies outside the disc, is refused with its sense', () => {
    const { ask, sense } = setUp();
    expect(ask(0xff).error).toBe(0x54);
    expect(sense()).toEqual([5, 0x20, 0]);
    expect(ask(0x28, 0, 0, 0, 3, 231, 0, 0, 2).error).toBe(0x54);
    expect(sense()).toEqual([5, 0x21, 0]);
    expect(sense()).toEqual([0, 0, 0]);
  });

  test('an error of the host is a medium error', () => {
    const { ask, disc, sense } = setUp();
    disc.failing.read = new Error('EIO');
    expect(ask(0x28, 0, 0, 0, 0, 0, 0, 0, 1).status).toBe(0x51);
    expect(sense()).toEqual([3, 0x11, 0]);
  });
});

describe('the tray', () => {
  test('without a disc the drive is not ready; a new one is told of once', () => {
    const { ask, disc, drive, sense } = setUp(false);
    expect(ask(0x00).error).toBe(0x24);
    expect(sense()).toEqual([2, 0x3a, 0]);
    drive.medium.insert(disc);
    expect(ask(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8).bytes).toEqual([0, 6, 4, 0x10, 2, 2, 0, 0]);
    expect(ask(0x00).error).toBe(0x64);
    expect(sense()).toEqual([6, 0x28, 0]);
    expect(ask(0x00).status).toBe(0x50);
  });

  test('a lock keeps it shut for guest and host, unless the host insists', () => {
    const { ask, drive, sense } = setUp();
    ask(0x1e, 0, 0, 0, 1);
    expect(ask(0x1b, 0, 0, 0, 2).error).toBe(0x54);
    expect(sense()).toEqual([5, 0x53, 2]);
    expect(drive.medium.eject(false)).toBe(false);
    expect(ask(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8).bytes[4]).toBe(1);
    expect(drive.medium.eject(true)).toBe(true);
    expect(ask(0x00).error).toBe(0x24);
  });

  test('the guest opens and closes it', () => {
    const { ask } = setUp();
    expect(ask(0x1b, 0, 0, 0, 2).status).toBe(0x50);
    expect(ask(0x25).error).toBe(0x24);
    expect(ask(0x1b, 0, 0, 0, 3).status).toBe(0x50);
    expect(ask(0x00).error).toBe(0x64);
    expect(ask(0x25).bytes.length).toBe(8);
  });
});

test('random packets and register accesses do no harm', () => {
  const { io, clock, command, drive, disc, in: into, packet } = setUp();
  const random = randomNumbers(11);
  const codes = [0, 3, 0x12, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0xa8, 0x2b, 0x43, 0x46, 0x4a, 0x51, 0x52, 0x5a, 0xbd, 0xbe];
  for (let n = 0; n < 10_000 * RUNS; n++) {
    const code = random(8) === 0 ? random(256) : (codes[random(codes.length)] as number);
    packet([code, ...Array.from({ length: 11 }, () => (random(2) ? 0 : random(256)))], random(0x1_0000), random(2));
    for (let k = random(40); k > 0; k--) {
      const port = 0x1f0 + random(8);
      if (random(4) > 0) io.read(port, ([1, 2, 4] as const)[random(3)] as 1);
      else io.write(port, 1, random(256));
    }
    clock.advance(1_000_000);
    if (random(50) === 0) drive.medium.insert(random(2) ? disc : undefined);
  }
  io.write(0x3f6, 1, 4);
  io.write(0x3f6, 1, 0);
  command(0xa1);
  expect(into(7)).toBe(0x58);
});
