// Debian's gdb for i386 with the libraries that it loads, as files of an initramfs: fetched once through apt.
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Apt, FetchError, isAptThere, privateApt, run, systemApt } from '../../guests/linux/apt.ts';
import { type CpioEntry, DIRECTORY, REGULAR } from '../../guests/linux/initramfs.ts';

const FOLDER = fileURLToPath(new URL('../../build/e2e/gdb', import.meta.url));
const LIBRARY_FOLDERS = ['lib/i386-linux-gnu', 'usr/lib/i386-linux-gnu', 'lib', 'usr/lib'];
/** gdb without Python, what it links with, and what that links with. */
const PACKAGES = [
  ...['gdb-minimal', 'libc6', 'libgcc-s1', 'libstdc++6', 'liblzma5', 'libzstd1', 'zlib1g', 'libexpat1', 'libipt2'],
  ...['libtinfo6', 'libreadline8', 'libxxhash0', 'libdebuginfod1', 'libelf1', 'libcurl3-gnutls', 'libbrotli1'],
  ...['libgmp10', 'libnettle8', 'libhogweed6', 'libunistring2', 'libidn2-0', 'libffi8', 'libp11-kit0', 'libtasn1-6'],
  ...['libgnutls30', 'libcom-err2', 'libkrb5support0', 'libk5crypto3', 'libkeyutils1', 'libssl3', 'libkrb5-3'],
  ...['libgssapi-krb5-2', 'libsasl2-2', 'libldap-2.5-0', 'libnghttp2-14', 'libpsl5', 'librtmp1', 'libssh2-1'],
];

/** /usr/bin/gdb and its libraries. @throws FetchError where they cannot be had */
export function gdbFiles(): CpioEntry[] {
  const root = join(FOLDER, 'root');
  if (!existsSync(root)) fetchPackages(root);
  const files: CpioEntry[] = [
    { path: 'lib', mode: DIRECTORY | 0o755 },
    { path: 'usr/bin/gdb', mode: REGULAR | 0o755, data: readFileSync(join(root, 'usr/bin/gdb')) },
  ];
  const waiting = [join(root, 'usr/bin/gdb')];
  const known = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const name of [...needed(file), 'ld-linux.so.2']) {
      if (known.has(name)) continue;
      known.add(name);
      const found = LIBRARY_FOLDERS.map((folder) => join(root, folder, name)).find((path) => existsSync(path));
      if (found === undefined) throw new FetchError(`gdb needs ${name}, which is in none of its packages`);
      files.push({ path: `lib/${name}`, mode: REGULAR | 0o755, data: readFileSync(realpathSync(found)) });
      waiting.push(found);
    }
  }
  return files;
}

function needed(file: string): string[] {
  return [...run('readelf', ['-d', file]).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1] ?? '');
}

function fetchPackages(root: string): void {
  if (!isAptThere()) throw new FetchError('no apt to fetch Debian packages with');
  mkdirSync(FOLDER, { recursive: true });
  try {
    unpack(systemApt(), root);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    unpack(privateApt(join(FOLDER, 'apt')), root);
  }
}

function unpack(apt: Apt, root: string): void {
  const part = `${root}.part`;
  rmSync(part, { recursive: true, force: true });
  for (const name of PACKAGES) run('dpkg', ['-x', apt.download(name, join(FOLDER, 'download')), part]);
  rmSync(join(FOLDER, 'download'), { recursive: true });
  renameSync(part, root);
}
