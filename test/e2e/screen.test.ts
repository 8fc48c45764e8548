// A bare guest goes through the display's modes; a client of QMP takes a picture of each and sends the key that it
// waits for. All of it through the command line, in both engines.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestProcess } from './guest-process.ts';
import { QmpClient } from './screen/qmp-client.ts';

const SOURCE = fileURLToPath(new URL('./screen/modes.asm', import.meta.url));
const ABLE = spawnSync('nasm', ['-v']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
const image = join(folder, 'modes.rom');
afterAll(() => rmSync(folder, { recursive: true }));

/** The ROM's colour n of the DAC, as a number with red highest. */
function dac(n: number): number {
  const eight = (factor: number) => {
    const six = (n * factor) & 0x3f;
    return (six << 2) | (six >>> 4);
  };
  return (eight(1) << 16) | (eight(2) << 8) | eight(3);
}

/** What each mode shows: its size, and the colour of a pixel. */
const PICTURES: Readonly<
  Record<string, readonly [width: number, height: number, colour: (x: number, y: number) => number]>
> = {
  T: [
    720,
    400,
    (x, y) => {
      const k = (Math.floor(y / 16) * 80 + Math.floor(x / 9)) & 0xff;
      const column = x % 9;
      // Every ninth column is background, but where characters join.
      const ink = column < 8 ? (k >>> (7 - column)) & 1 : (k & 0xe0) === 0xc0 ? k & 1 : 0;
      return dac(ink === 1 ? k & 15 : k >>> 4);
    },
  ],
  C: [320, 200, (x, y) => dac((((y & 1) * 0x2000 + (y >> 1) * 80 + (x >> 2)) >> ((3 - (x & 3)) * 2)) & 3)],
  P: [640, 480, (x, y) => dac(((x >> 3) + y) & 15)],
  B: [320, 200, (x, y) => dac((y * 320 + x + ((y * 320 + x) >> 8)) & 0xff)],
  X: [320, 240, (x, y) => dac((y * 320 + x) & 0xff)],
  V: [640, 480, (x, y) => y * 640 + x],
  K: [640, 400, (_x, y) => dac(y & 0xff)],
};

/** Where a picture is not as it must be, the first place. */
function firstWrong(ppm: Buffer, [width, height, colour]: (typeof PICTURES)[string]): string | undefined {
  const header = `P6\n${width} ${height}\n255\n`;
  if (ppm.toString('latin1', 0, header.length) !== header) return `header ${ppm.toString('latin1', 0, 16)}`;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const found = ppm.readUIntBE(header.length + (y * width + x) * 3, 3);
      const wanted = colour(x, y);
      if (found !== wanted) return `(${x}, ${y}): ${found.toString(16)}, not ${wanted.toString(16)}`;
    }
  }
  return undefined;
}

describe.skipIf(!ABLE)('a guest that draws', () => {
  beforeAll(() => {
    expect(spawnSync('nasm', ['-f', 'bin', '-o', image, SOURCE]).stderr.toString()).toBe('');
  });

  it.each(['interpret', 'translate'])('shows each mode as it must be, engine %s', async (engine) => {
    const socket = join(folder, `${engine}.qmp`);
    const guest = new GuestProcess([
      ...['-bios', image, '-m', '4', '-accel', engine, '-display', 'none', '-nodefaults', '-debugcon', 'stdio'],
      ...['-device', 'isa-debug-exit,iobase=0xf4', '-qmp', `unix:${socket},server=on,wait=on`],
    ]);
    const qmp = await QmpClient.connect(socket, 60_000);
    expect(await qmp.greeting).toMatchObject({ QMP: { capabilities: [] } });
    await qmp.execute('qmp_capabilities');
    for (const [letter, picture] of Object.entries(PICTURES)) {
      await guest.waitFor(new RegExp(`${letter}$`), 60_000);
      const filename = join(folder, `${engine}-${letter}.ppm`);
      await qmp.execute('screendump', { filename });
      expect(firstWrong(readFileSync(filename), picture), letter).toBeUndefined();
      if (letter === 'V') {
        const png = join(folder, 'v.png');
        await qmp.execute('human-monitor-command', { 'command-line': `screendump ${png}` });
        expect([...readFileSync(png).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
      }
      await qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'spc' }], 'hold-time': 10 });
    }
    expect(await guest.exit).toBe(1);
    expect(guest.output).toBe('TCPBXVK');
    qmp.close();
  });
});
