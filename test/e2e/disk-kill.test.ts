// The process is killed at random moments while a guest writes: what the guest was told is on its disk is in the image.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findFirmware, SEABIOS_NAMES } from '../../src/host/firmware.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { assemble } from './firmware/images.ts';
import { GuestProcess } from './guest-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasTools = findFirmware(SEABIOS_NAMES, []) !== undefined && spawnSync('nasm', ['-v']).status === 0;
const TIMES = 25;
const FIRST = 100;

describe.skipIf(!hasTools).each(['ide', 'virtio'])('a process killed while its guest writes, %s', (bus) => {
  test(`${TIMES} times: nothing that was flushed is lost`, async () => {
    const random = randomNumbers(bus.length);
    const image = join(folder, bus);
    const sector = assemble(folder, 'writing-sector');
    for (let n = 0; n < TIMES; n++) {
      const fresh = new Uint8Array(16 << 20);
      fresh.set(sector);
      writeFileSync(image, fresh);
      const drive = `file=${image},if=${bus},format=raw`;
      const guest = new GuestProcess(['-display', 'none', '-nodefaults', '-serial', 'stdio', '-drive', drive]);
      await guest.waitFor(/.{4}/s, 60_000);
      await new Promise((resolve) => setTimeout(resolve, random(300)));
      guest.child.kill('SIGKILL');
      await guest.exit;
      const told = Math.floor(guest.output.length / 4);
      const view = new DataView(readFileSync(image).buffer);
      for (let k = 0; k < told; k++) {
        const number = FIRST + k;
        expect([...guest.output.slice(k * 4, k * 4 + 4)].map((c) => c.charCodeAt(0))).toEqual(
          [0, 8, 16, 24].map((shift) => (number >> shift) & 0xff),
        );
        expect([view.getUint32(number * 512, true), view.getUint32(number * 512 + 508, true)]).toEqual([
          number,
          number,
        ]);
      }
      expect(told).toBeGreaterThan(0);
    }
  });
});
