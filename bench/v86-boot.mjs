// Boots a Linux kernel in v86 under Node, COM1 to standard output; ends with the stop line.
//   node bench/v86-boot.mjs V86_FOLDER BIOS VGA_BIOS KERNEL INITRD MEGABYTES interpret|translate STOP APPEND
// V86_FOLDER is where the npm package v86 is installed; the BIOS images come from a distribution's SeaBIOS.
import { readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, bios, vgaBios, kernel, initrd, megabytes, engine, stop, append] = process.argv.slice(2);
const { V86 } = await import(pathToFileURL(resolve(folder, 'build/libv86.mjs')).href);

/** v86 reads a kernel in words, so files are padded to a multiple of four bytes. */
function image(file) {
  const bytes = readFileSync(file);
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return { buffer: padded.buffer };
}

const machine = new V86({
  wasm_path: join(folder, 'build/v86.wasm'),
  bios: image(bios),
  vga_bios: image(vgaBios),
  bzimage: image(kernel),
  initrd: image(initrd),
  cmdline: append,
  memory_size: Number(megabytes) * 2 ** 20,
  vga_memory_size: 8 * 2 ** 20,
  disable_jit: engine === 'interpret',
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  autostart: true,
  log_level: 0,
});

let line = '';
machine.add_listener('serial0-output-byte', (byte) => {
  line += String.fromCharCode(byte);
  if (byte !== 10) return;
  writeSync(1, line);
  if (line.includes(stop)) process.exit(0);
  line = '';
});
