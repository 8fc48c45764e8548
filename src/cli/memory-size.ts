/**
 * Memory sizes as QEMU's -m takes them: `256`, `256M`, `1G`, `size=512M`.
 */
import { parseList, shorten } from './parse-options.ts';
import { UsageError } from './usage-error.ts';

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const MIN = 2 ** 20;
const MAX = 2 ** 31;

/**
 * Bytes of RAM; a bare number counts MiB.
 * @throws UsageError unless it is 1 MiB to 2 GiB in whole 4 KiB pages
 */
export function parseMemorySize(text: string): number {
  const list = parseList(text, ['size', 'slots', 'maxmem']);
  const size = list.keys.get('size') ?? list.first ?? '';
  const match = /^([0-9]+(?:\.[0-9]+)?)([bBkKmMgGtT]?)$/.exec(size);
  if (match === null) throw new UsageError(`'${shorten(size)}' is no memory size: write for example 256, 256M or 1G`);
  const bytes = Number(match[1]) * (UNITS[(match[2] || 'm').toLowerCase()] ?? MIN);
  if (!(bytes >= MIN && bytes <= MAX)) throw new UsageError(`memory size '${shorten(size)}': must be 1M to 2G`);
  if (bytes % 4096 !== 0) throw new UsageError(`memory size '${shorten(size)}': must be a multiple of 4K`);
  return bytes;
}
