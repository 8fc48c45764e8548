/**
 * Lists of segments of guest memory taken as one run of bytes.
 */
import type { GuestMemory } from '../guest-memory.ts';
import type { Segment } from './split-queue.ts';

export function totalLength(segments: readonly Segment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}

/** The segments of bytes [from, from + length). */
export function slice(segments: readonly Segment[], from: number, length: number): Segment[] {
  const found: Segment[] = [];
  let start = from;
  let left = length;
  for (const segment of segments) {
    if (left <= 0) break;
    if (start >= segment.length) {
      start -= segment.length;
      continue;
    }
    const size = Math.min(segment.length - start, left);
    found.push({ address: segment.address + start, length: size });
    left -= size;
    start = 0;
  }
  return found;
}

/** Copies the segments' bytes out, one after the other; `target` is as long as they are. */
export function gather(memory: GuestMemory, segments: readonly Segment[], target: Uint8Array): Uint8Array {
  let done = 0;
  for (const { address, length } of segments) {
    target.set(memory.read(address, length), done);
    done += length;
  }
  return target;
}

export function scatter(memory: GuestMemory, segments: readonly Segment[], data: Uint8Array): void {
  let done = 0;
  for (const { address, length } of segments) {
    memory.write(address, data.subarray(done, done + length));
    done += length;
  }
}
