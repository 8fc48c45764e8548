import { expect, test } from 'vitest';
import { hostSource, repeatableSource, VirtioEntropy } from '../../../../src/vmm/devices/virtio/virtio-entropy.ts';
import { TestMemory } from '../disk-support.ts';

const [DESCRIPTORS, AVAILABLE, USED, DATA] = [0x1000, 0x2000, 0x3000, 0x4000];

/** Asks for `length` bytes, and returns what came and how many were said to have. */
function ask(device: VirtioEntropy, memory: TestMemory, length: number): { bytes: Uint8Array; said: number } {
  const view = new DataView(memory.bytes.buffer);
  const [queue] = device.queues;
  Object.assign(queue!, { descriptors: DESCRIPTORS, available: AVAILABLE, used: USED, enabled: true });
  device.setStatus(0x0f);
  view.setUint32(DESCRIPTORS, DATA, true);
  view.setUint32(DESCRIPTORS + 8, length, true);
  view.setUint16(DESCRIPTORS + 12, 2, true);
  const index = view.getUint16(AVAILABLE + 2, true);
  view.setUint16(AVAILABLE + 2, index + 1, true);
  device.kick(0);
  return { bytes: memory.bytes.slice(DATA, DATA + length), said: view.getUint32(USED + 4 + index * 8 + 4, true) };
}

test('the driver’s buffers are filled, the same each time in deterministic time', () => {
  const first = [0, 1].map(() => {
    const memory = new TestMemory();
    const device = new VirtioEntropy(memory, repeatableSource(1));
    return [ask(device, memory, 64), ask(device, memory, 64)] as const;
  });
  expect(first[0]).toEqual(first[1]);
  expect(first[0]![0].said).toBe(64);
  expect(first[0]![0].bytes).not.toEqual(first[0]![1].bytes);
  expect(new Set(first[0]![0].bytes).size).toBeGreaterThan(30);
});

test('the host’s numbers differ, and no request is answered with more than 4 KB', () => {
  const memory = new TestMemory();
  const device = new VirtioEntropy(memory, hostSource);
  const { bytes, said } = ask(device, memory, 100_000);
  expect(said).toBe(4096);
  expect(new Set(bytes.subarray(0, 4096)).size).toBeGreaterThan(200);
  expect(bytes.subarray(4096).every((byte) => byte === 0)).toBe(true);
  expect(ask(device, memory, 4096).bytes).not.toEqual(bytes.subarray(0, 4096));
});
