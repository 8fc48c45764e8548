/**
 * The ports of a virtio device before 1.0 (Virtual I/O Device 1.2, 4.1.4.10),
 * without MSI-X: the device's configuration begins at 20.
 */
import type { AccessSize, IoHandler } from '../io-bus.ts';
import type { VirtioDevice } from './virtio-device.ts';

const OFFERED = 0;
const ACCEPTED = 4;
const QUEUE_PAGE = 8;
const QUEUE_SIZE = 12;
const QUEUE_SELECT = 14;
const QUEUE_NOTIFY = 16;
const STATUS = 18;
const ISR = 19;
const CONFIG = 20;

/** @param takeInterrupt reads and clears the interrupt status */
export function legacyRegisters(device: VirtioDevice, takeInterrupt: () => number): IoHandler {
  let selected = 0;
  const queue = () => device.queues[selected];
  const word = (offset: number): number => {
    switch (offset) {
      case OFFERED:
        return device.offered[0];
      case ACCEPTED:
        return device.accepted[0] as number;
      case QUEUE_PAGE:
        return Math.floor((queue()?.descriptors ?? 0) / 4096);
      case QUEUE_SIZE:
        return (queue()?.size ?? 0) | (selected << 16);
      case QUEUE_NOTIFY:
        return device.status << 16;
      default:
        return 0;
    }
  };
  return {
    wide: true,
    read(offset, size) {
      if (offset === ISR && size === 1) return takeInterrupt();
      let value = 0;
      for (let i = 0; i < size; i++) value |= byteAt(offset + i) << (i * 8);
      return value >>> 0;
    },
    write(offset, value, size: AccessSize) {
      if (offset === ACCEPTED && size === 4) {
        device.accepted[0] = value;
        device.accepted[1] = 0;
      } else if (offset === QUEUE_PAGE && size === 4) {
        queue()?.placeLegacy(value);
      } else if (offset === QUEUE_SELECT && size === 2) {
        selected = value;
      } else if (offset === QUEUE_NOTIFY && size === 2) {
        device.kick(value);
      } else if (offset === STATUS && size === 1) {
        device.setStatus(value);
      }
    },
  };

  function byteAt(offset: number): number {
    if (offset >= CONFIG) return device.config[offset - CONFIG] ?? 0;
    return (word(offset & ~3) >>> ((offset & 3) * 8)) & 0xff;
  }
}
