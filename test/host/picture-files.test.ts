// PNG and PPM: read back by a reader of our own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { FileError } from '../../src/host/files.ts';
import { encodePng, encodePpm, writePicture } from '../../src/host/picture-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const frame = {
  width: 3,
  height: 2,
  rgba: Uint8Array.from([1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255, 11, 12, 13, 255, 14, 15, 16, 255, 17, 18, 19, 255]),
};
const rgb = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19];

test('PNG: signature, chunks with their CRCs, lines without filters', () => {
  const png = Buffer.from(encodePng(frame));
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(png.readUInt32BE(16)).toBe(3);
  expect(png.readUInt32BE(20)).toBe(2);
  expect([...png.subarray(24, 29)]).toEqual([8, 2, 0, 0, 0]);
  const length = png.readUInt32BE(33);
  expect(png.toString('latin1', 37, 41)).toBe('IDAT');
  const lines = inflateSync(png.subarray(41, 41 + length));
  expect([...lines]).toEqual([0, ...rgb.slice(0, 9), 0, ...rgb.slice(9)]);
  // The end's chunk is the same in every PNG.
  expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
});

test('PPM', () => {
  const ppm = Buffer.from(encodePpm(frame));
  expect(ppm.toString('latin1', 0, 11)).toBe('P6\n3 2\n255\n');
  expect([...ppm.subarray(11)]).toEqual(rgb);
});

test('the name or the caller says which', () => {
  writePicture(frame, join(folder, 'a.ppm'));
  writePicture(frame, join(folder, 'a.png'));
  writePicture(frame, join(folder, 'b'), 'ppm');
  expect(['a.ppm', 'a.png', 'b'].map((name) => readFileSync(join(folder, name))[0])).toEqual([0x50, 0x89, 0x50]);
  expect(() => writePicture(frame, join(folder, 'none', 'a'))).toThrow(FileError);
});

test('a frame without pixels is a picture, too', () => {
  expect(encodePng({ width: 0, height: 0, rgba: new Uint8Array() }).length).toBeGreaterThan(40);
});
