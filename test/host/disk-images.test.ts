import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OverlayImage } from '../../src/host/overlay-image.ts';
import { RawImage } from '../../src/host/raw-image.ts';
import type { BlockBackend } from '../../src/vmm/devices/block-backend.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

function image(size: number): string {
  const path = join(folder, `image${made++}`);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

const read = (disk: BlockBackend, sector: number, sectors: number) =>
  new Promise<Uint8Array>((resolve, reject) => {
    const target = new Uint8Array(sectors * 512).fill(0xee);
    disk.read(sector, target, (error) => (error === undefined ? resolve(target) : reject(error)));
  });
const write = (disk: BlockBackend, sector: number, data: Uint8Array) =>
  new Promise<void>((resolve, reject) => disk.write(sector, data, (error) => (error ? reject(error) : resolve())));
const flush = (disk: BlockBackend) =>
  new Promise<void>((resolve, reject) => disk.flush((error) => (error ? reject(error) : resolve())));
const bytes = (value: number, sectors = 1) => new Uint8Array(sectors * 512).fill(value);

describe('raw images', () => {
  test('sectors are where they belong, and are in the file after a flush', async () => {
    const path = image(10 * 512);
    const disk = new RawImage(path);
    expect(disk.sectors).toBe(10);
    await write(disk, 3, bytes(7, 2));
    await flush(disk);
    expect([...readFileSync(path)].filter((byte) => byte === 7).length).toBe(1024);
    expect((await read(disk, 2, 3)).filter((byte) => byte === 7).length).toBe(1024);
    disk.close();
    disk.close();
  });

  test('an image of 32 GiB is neither loaded nor filled', async () => {
    const path = image(32 * 2 ** 30);
    const disk = new RawImage(path);
    const last = disk.sectors - 1;
    expect(disk.sectors).toBe(64 * 2 ** 20);
    const before = process.memoryUsage().rss;
    await write(disk, last, bytes(9));
    expect((await read(disk, last, 1))[511]).toBe(9);
    expect((await read(disk, 5_000_000, 8))[0]).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
    expect(statSync(path).blocks * 512).toBeLessThan(2 ** 20);
    disk.close();
  });

  test('an image that ends within a sector reads zeros behind its end', async () => {
    const path = join(folder, 'odd');
    writeFileSync(path, new Uint8Array(700).fill(5));
    const disk = new RawImage(path, { readOnly: true });
    expect(disk.sectors).toBe(2);
    const last = await read(disk, 1, 1);
    expect([last[187], last[188], last[511]]).toEqual([5, 0, 0]);
    disk.close();
  });

  test('an image that has shrunk, and a file that cannot be written to, give errors and no exceptions', async () => {
    const path = image(10 * 512);
    const disk = new RawImage(path);
    truncateSync(path, 512);
    await expect(read(disk, 5, 1)).rejects.toThrow(/shorter than when it was opened/);
    disk.close();
    await expect(write(disk, 0, bytes(1))).rejects.toThrow(/EBADF/);
    await expect(flush(disk)).rejects.toThrow(/closed/);
  });
});

describe('overlays', () => {
  test('writes are read back, mixed with what lies below, which stays as it is', async () => {
    const path = image(200 * 512);
    const base = new RawImage(path);
    for (let n = 0; n < 200; n++) await write(base, n, bytes(n));
    const disk = new OverlayImage(base);
    const model = Array.from({ length: 200 }, (_, n) => n);
    const random = randomNumbers(1);
    for (let n = 0; n < 500; n++) {
      const sector = random(190);
      const sectors = 1 + random(10);
      if (random(2) === 0) {
        const value = random(256);
        await write(disk, sector, bytes(value, sectors));
        model.fill(value, sector, sector + sectors);
      } else {
        const got = await read(disk, sector, sectors);
        expect(Array.from({ length: sectors }, (_, k) => got[k * 512 + random(512)])).toEqual(
          model.slice(sector, sector + sectors),
        );
      }
    }
    await flush(disk);
    expect(Array.from({ length: 200 }, (_, n) => readFileSync(path)[n * 512])).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    disk.close();
  });

  test('nothing is left behind, even while it is in use', () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('transvisor-')).length;
    const disk = new OverlayImage(new RawImage(image(512), { readOnly: true }));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('transvisor-')).length).toBe(before);
    disk.close();
  });
});
