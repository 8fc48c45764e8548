/**
 * Tables whose addresses are not known when they are made: files of bytes, and
 * commands that place them, put the addresses in, and make the checksums right.
 *
 * There are two who carry the commands out: firmware, for which `encodeCommands` writes them as fw_cfg's file
 * `etc/table-loader` has them (that interface is documented with QEMU and SeaBIOS), and `link`, for a kernel that is booted without firmware.
 */

export type LinkCommand =
  /** Places a file. `low`: between F0000h and FFFFFh, where it can be found; else anywhere. */
  | { readonly kind: 'allocate'; readonly file: string; readonly align: number; readonly low: boolean }
  /** Adds the address of `to` to the doubleword at `offset` of `file`. */
  | { readonly kind: 'pointer'; readonly file: string; readonly offset: number; readonly to: string }
  /** Makes the sum of `length` bytes from `start` on 0, by the byte at `offset`. */
  | {
      readonly kind: 'checksum';
      readonly file: string;
      readonly offset: number;
      readonly start: number;
      readonly length: number;
    };

export interface LinkableTables {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly commands: readonly LinkCommand[];
}

const ENTRY_SIZE = 128;
const FILE_NAME_SIZE = 56;
const CODES = { allocate: 1, pointer: 2, checksum: 3 } as const;
const ZONE_HIGH = 1;
const ZONE_LOW = 2;

/** Carries the commands out on copies of the files. @param place gives the address of a file of `size` bytes */
export function link(
  { files, commands }: LinkableTables,
  place: (size: number, align: number) => number,
): { readonly address: number; readonly bytes: Uint8Array }[] {
  const placed = new Map<string, { address: number; bytes: Uint8Array }>();
  const found = (file: string) => {
    const at = placed.get(file);
    if (at === undefined) throw new Error(`firmware tables: '${file}' is not placed yet`);
    return at;
  };
  for (const command of commands) {
    if (command.kind === 'allocate') {
      const bytes = (files.get(command.file) as Uint8Array).slice();
      placed.set(command.file, { address: place(bytes.length, command.align), bytes });
    } else if (command.kind === 'pointer') {
      const { bytes } = found(command.file);
      const view = new DataView(bytes.buffer);
      view.setUint32(command.offset, view.getUint32(command.offset, true) + found(command.to).address, true);
    } else {
      const { bytes } = found(command.file);
      bytes[command.offset] = checksum(bytes.subarray(command.start, command.start + command.length));
    }
  }
  return [...placed.values()];
}

/** What has to be added to the sum of `bytes` to make it 0, in 8 bits; the checksum's own byte being 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/** The commands as `etc/table-loader`: entries of 128 bytes. */
export function encodeCommands(commands: readonly LinkCommand[]): Uint8Array {
  const bytes = new Uint8Array(commands.length * ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  commands.forEach((command, n) => {
    const at = n * ENTRY_SIZE;
    const file = (offset: number, value: string) => bytes.set(new TextEncoder().encode(value), at + offset);
    view.setUint32(at, CODES[command.kind], true);
    file(4, command.file);
    const rest = at + 4 + FILE_NAME_SIZE;
    if (command.kind === 'allocate') {
      view.setUint32(rest, command.align, true);
      bytes[rest + 4] = command.low ? ZONE_LOW : ZONE_HIGH;
    } else if (command.kind === 'pointer') {
      file(4 + FILE_NAME_SIZE, command.to);
      view.setUint32(rest + FILE_NAME_SIZE, command.offset, true);
      bytes[rest + FILE_NAME_SIZE + 4] = 4;
    } else {
      view.setUint32(rest, command.offset, true);
      view.setUint32(rest + 4, command.start, true);
      view.setUint32(rest + 8, command.length, true);
    }
  });
  return bytes;
}
