// Packs an initramfs: cpio archives in the "newc" format that Linux unpacks, and the one our Linux guest boots from.
// The same entries give the same bytes: inode numbers count up, times and owners are zero.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** One file of an archive. Folders have to come before what lies in them. */
export interface CpioEntry {
  /** Relative, without a leading slash: `bin/busybox`. */
  readonly path: string;
  /** Type and permissions as in st_mode, e.g. 0o100755; the constants below hold the types. */
  readonly mode: number;
  /** Contents of a file, target of a symbolic link; nothing for the rest. */
  readonly data?: Uint8Array | string;
  /** Major and minor number of a device node. */
  readonly device?: readonly [number, number];
}

export const DIRECTORY = 0o040000;
export const REGULAR = 0o100000;
export const SYMLINK = 0o120000;
export const CHARACTER_DEVICE = 0o020000;

const TRAILER = 'TRAILER!!!';

/**
 * The archive of `entries`, not compressed.
 * @throws RangeError for a path that is empty, absolute, holds a NUL or is given twice, or a file of 4 GiB and more
 */
export function packCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (entry.path === '' || entry.path === TRAILER || entry.path.startsWith('/') || entry.path.includes('\0')) {
      throw new RangeError(`initramfs: path ${JSON.stringify(entry.path)} is not a relative path`);
    }
    if (seen.has(entry.path)) throw new RangeError(`initramfs: path ${entry.path} is given twice`);
    seen.add(entry.path);
    addEntry(parts, index + 1, entry);
  }
  addEntry(parts, 0, { path: TRAILER, mode: 0 });
  return new Uint8Array(Buffer.concat(parts));
}

function addEntry(parts: Buffer[], inode: number, entry: CpioEntry): void {
  const data = Buffer.from(entry.data ?? '');
  if (data.length > 0xffffffff) throw new RangeError(`initramfs: ${entry.path} has 4 GiB or more`);
  const name = Buffer.from(`${entry.path}\0`);
  const links = (entry.mode & 0o170000) === DIRECTORY ? 2 : 1;
  const [major, minor] = entry.device ?? [0, 0];
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
  const fields = [inode, entry.mode, 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  parts.push(header, name, padding(header.length + name.length), data, padding(data.length));
}

/** The zero bytes up to the next multiple of 4 after `length`. */
function padding(length: number): Buffer {
  return Buffer.alloc(-length & 3);
}

const FOLDERS = ['bin', 'sbin', 'usr', 'usr/bin', 'usr/sbin', 'dev', 'proc', 'sys', 'tmp', 'root', 'etc'];

export interface InitramfsContents {
  /** A static i386 busybox. */
  readonly busybox: Uint8Array;
  /** The first process; our own `init` script when left out. */
  readonly init?: Uint8Array | string;
  /** More files, after the others. */
  readonly files?: readonly CpioEntry[];
}

/** The gzip-compressed initramfs of the Linux guest: busybox, /init, the folders it mounts on and /dev/console. */
export function buildInitramfs(contents: InitramfsContents): Uint8Array {
  const init = contents.init ?? readFileSync(new URL('init', import.meta.url));
  const entries: CpioEntry[] = [
    ...FOLDERS.map((path) => ({ path, mode: DIRECTORY | 0o755 })),
    // Linux opens it for /init before devtmpfs is there.
    { path: 'dev/console', mode: CHARACTER_DEVICE | 0o600, device: [5, 1] },
    { path: 'bin/busybox', mode: REGULAR | 0o755, data: contents.busybox },
    { path: 'bin/sh', mode: SYMLINK | 0o777, data: 'busybox' },
    { path: 'init', mode: REGULAR | 0o755, data: init },
    ...(contents.files ?? []),
  ];
  return new Uint8Array(gzipSync(packCpio(entries)));
}
