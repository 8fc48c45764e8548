// Runs one guest in v86 under Node, COM1 on standard output and input. Its one argument is JSON:
//   { folder, bios, vgaBios, megabytes, kernel?, initrd?, multiboot?, append, until?, settings }
// `folder` is the npm package v86; `settings` go to V86's constructor as they are. Ends when it is killed.
import { readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const guest = JSON.parse(process.argv[2]);
const { V86 } = await import(pathToFileURL(resolve(guest.folder, 'build/libv86.mjs')).href);

/** v86 reads a kernel in words, so files are padded to a multiple of four bytes. */
function image(file) {
  if (file === undefined) return undefined;
  const bytes = readFileSync(file);
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return { buffer: padded.buffer };
}

const machine = new V86({
  wasm_path: join(guest.folder, 'build/v86.wasm'),
  bios: image(guest.bios),
  vga_bios: image(guest.vgaBios),
  bzimage: image(guest.kernel),
  initrd: image(guest.initrd),
  multiboot: image(guest.multiboot),
  cmdline: guest.append,
  memory_size: guest.megabytes * 2 ** 20,
  vga_memory_size: 8 * 2 ** 20,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  autostart: true,
  log_level: 0,
  ...guest.settings,
});

// A line is written when it is whole, or when it holds what is waited for: a write a byte would cost time.
let line = '';
machine.add_listener('serial0-output-byte', (byte) => {
  line += String.fromCharCode(byte);
  if (byte !== 10 && !(guest.until !== undefined && line.endsWith(guest.until))) return;
  writeSync(1, Buffer.from(line, 'latin1'));
  line = '';
});
process.stdin.on('data', (bytes) => {
  for (const byte of bytes) machine.bus.send('serial0-input', byte);
});
