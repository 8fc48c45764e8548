/**
 * The common configuration structure of virtio 1.0 (Virtual I/O Device 1.2, 4.1.4.3): fields are accessed at their own width,
 * those of 64 bits as two of 32.
 */
import type { MmioHandler } from '../mmio-bus.ts';
import type { SplitQueue } from './split-queue.ts';
import { QUEUE_SIZE } from './split-queue.ts';
import type { VirtioDevice } from './virtio-device.ts';

const DEVICE_FEATURE_SELECT = 0;
const DEVICE_FEATURE = 4;
const DRIVER_FEATURE_SELECT = 8;
const DRIVER_FEATURE = 12;
const MSIX_VECTOR = 16;
const QUEUES = 18;
const STATUS = 20;
const QUEUE_SELECT = 22;
const QUEUE_SIZE_AT = 24;
const QUEUE_MSIX = 26;
const QUEUE_ENABLE = 28;
const NOTIFY_OFFSET = 30;
const DESCRIPTORS = 32;
const AVAILABLE = 40;
const USED = 48;
const NO_VECTOR = 0xffff;

export function commonRegisters(device: VirtioDevice): MmioHandler {
  let offeredWord = 0;
  let acceptedWord = 0;
  let selected = 0;
  const queue = (): SplitQueue | undefined => device.queues[selected];
  return {
    read(offset) {
      switch (offset) {
        case DEVICE_FEATURE_SELECT:
          return offeredWord;
        case DEVICE_FEATURE:
          return device.offered[offeredWord] ?? 0;
        case DRIVER_FEATURE_SELECT:
          return acceptedWord;
        case DRIVER_FEATURE:
          return device.accepted[acceptedWord] ?? 0;
        case MSIX_VECTOR:
        case QUEUE_MSIX:
          return NO_VECTOR;
        case QUEUES:
          return device.queues.length;
        case STATUS:
          return device.status;
        case QUEUE_SELECT:
          return selected;
        case QUEUE_SIZE_AT:
          return queue()?.size ?? 0;
        case QUEUE_ENABLE:
          return queue()?.enabled === true ? 1 : 0;
        case NOTIFY_OFFSET:
          return 0;
        case DESCRIPTORS:
          return queue()?.descriptors ?? 0;
        case AVAILABLE:
          return queue()?.available ?? 0;
        case USED:
          return queue()?.used ?? 0;
        default:
          return 0;
      }
    },
    write(offset, value) {
      switch (offset) {
        case DEVICE_FEATURE_SELECT:
          offeredWord = value;
          return;
        case DRIVER_FEATURE_SELECT:
          acceptedWord = value;
          return;
        case DRIVER_FEATURE:
          if (acceptedWord < device.accepted.length) device.accepted[acceptedWord] = value;
          return;
        case STATUS:
          return device.setStatus(value & 0xff);
        case QUEUE_SELECT:
          selected = value & 0xffff;
          return;
        default:
          setUpQueue(queue(), offset, value);
      }
    },
  };
}

/** A queue is set up before it is enabled, and no more after that. */
function setUpQueue(queue: SplitQueue | undefined, offset: number, value: number): void {
  if (queue === undefined || queue.enabled) return;
  switch (offset) {
    case QUEUE_SIZE_AT:
      if (value > 0 && value <= QUEUE_SIZE && (value & (value - 1)) === 0) queue.size = value;
      return;
    case QUEUE_ENABLE:
      queue.enabled = value === 1;
      return;
    case DESCRIPTORS:
      queue.descriptors = value;
      return;
    case AVAILABLE:
      queue.available = value;
      return;
    case USED:
      queue.used = value;
      return;
  }
}
