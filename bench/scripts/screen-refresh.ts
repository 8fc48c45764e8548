/**
 * What a refresh of the display costs when the whole screen has changed, by mode, in the thread's processor time:
 *
 *     node --import tsx bench/scripts/screen-refresh.ts
 *
 * Prints ms a frame and the part of a core that 30 frames a second take.
 */
import { performance } from 'node:perf_hooks';
import { TimerQueue } from '../../src/vmm/devices/clock.ts';
import { IoBus } from '../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../src/vmm/devices/mmio-bus.ts';
import { enterTextMode } from '../../src/vmm/devices/vga/text-mode.ts';
import { Vga } from '../../src/vmm/devices/vga/vga.ts';
import { plainVideoMemory } from '../../src/vmm/devices/vga/video-memory.ts';
import { Display } from '../../src/vmm/display/display.ts';

const FRAMES = 100;
const WARM = 20;

function adapter() {
  const video = plainVideoMemory();
  const vga = new Vga(new TimerQueue(() => performance.now() * 1e6), video);
  const io = new IoBus();
  vga.attach(io, new MmioBus());
  return { vga, video, io };
}

type Adapter = ReturnType<typeof adapter>;

function setVbe({ io }: Adapter, width: number, height: number, bits: number): void {
  for (const [index, value] of [
    [4, 0],
    [1, width],
    [2, height],
    [3, bits],
    [4, 0x41],
  ] as const) {
    io.write(0x1ce, 2, index);
    io.write(0x1cf, 2, value);
  }
}

/** The VGA's registers as text mode leaves them, and those by which a graphics mode differs. */
function setGraphics(
  { vga, io }: Adapter,
  sequencer4: number,
  mode: number,
  crtc: Readonly<Record<number, number>>,
): void {
  enterTextMode(vga, undefined);
  const set = (port: number, index: number, value: number) => io.write(port, 2, index | (value << 8));
  set(0x3c4, 1, 1);
  set(0x3c4, 2, 15);
  set(0x3c4, 4, sequencer4);
  set(0x3ce, 5, mode);
  set(0x3ce, 6, 5);
  set(0x3d4, 0x11, 0);
  for (const [index, value] of Object.entries(crtc)) set(0x3d4, Number(index), value);
}

const MODES: readonly (readonly [name: string, set: (adapter: Adapter) => void])[] = [
  ['text 80x25', ({ vga }) => enterTextMode(vga, new Uint8Array(4096).fill(0x5a))],
  ['640x480, 16 colours', (a) => setGraphics(a, 6, 0, { 0x12: 0xdf, 7: 0x3e, 9: 0x40, 0x17: 0xe3, 0x14: 0 })],
  ['320x200, 256 colours', (a) => setGraphics(a, 14, 0x40, { 0x12: 0x8f, 9: 0x41, 0x17: 0xa3, 0x14: 0x40 })],
  ['640x480, 8 bits', (a) => setVbe(a, 640, 480, 8)],
  ['800x600, 16 bits', (a) => setVbe(a, 800, 600, 16)],
  ['1024x768, 24 bits', (a) => setVbe(a, 1024, 768, 24)],
  ['1024x768, 32 bits', (a) => setVbe(a, 1024, 768, 32)],
  ['1920x1080, 32 bits', (a) => setVbe(a, 1920, 1080, 32)],
];

for (const [name, set] of MODES) {
  const made = adapter();
  set(made);
  const display = new Display(made.vga);
  let spent = 0;
  for (let n = 0; n < WARM + FRAMES; n++) {
    const used = process.cpuUsage();
    made.video.i32.fill(Math.imul(n, 0x9e3779b1));
    for (let page = 0; page < made.video.u8.length >>> 12; page++) made.video.note(page);
    const filling = process.cpuUsage(used);
    const { top, bottom, frame } = display.refresh();
    if (top !== 0 || bottom !== frame.height) throw new Error(`${name}: lines ${top} to ${bottom} of ${frame.height}`);
    const all = process.cpuUsage(used);
    if (n >= WARM) spent += all.user + all.system - filling.user - filling.system;
  }
  const ms = spent / 1000 / FRAMES;
  process.stdout.write(
    `${name.padEnd(24)}${ms.toFixed(2).padStart(7)} ms a frame  ${(ms * 3).toFixed(1).padStart(5)}% at 30/s\n`,
  );
}
