/**
 * Guest memory as a device that transfers by itself sees it: physical addresses, below 4 GiB.
 * What is not memory there reads as ones and takes no writes.
 */
export interface GuestMemory {
  /** The bytes at `address`: a copy. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** No memory at all. */
export const NO_MEMORY: GuestMemory = {
  read: (_address, length) => new Uint8Array(length).fill(0xff),
  write() {},
};
