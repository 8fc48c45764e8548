/**
 * The guest programs of test/programs, judged by QEMU: what it does differs from what a program expects only where the
 * program's source says so, in lines that begin with `; qemu:` and give the reason. And the checked-in images are what nasm makes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../support/assemble-programs.ts';
import { BARE_GUESTS, imageOf, PROGRAMS, programNames, sourceOf } from '../support/assembled.ts';
import { describeImage, disappointments, parseLog } from '../support/guest-program.ts';

const has = (tool: string, version: string) => spawnSync(tool, [version]).status === 0;
const ABLE = has('nasm', '-v') && has('qemu-system-i386', '--version');

describe.skipIf(!ABLE)('guest programs', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([PROGRAMS, BARE_GUESTS])('images of %s are what nasm makes', (sources) => {
    for (const name of programNames(sources)) {
      expect(Buffer.from(imageOf(sources, name)).equals(Buffer.from(assemble(sources, name))), name).toBe(true);
    }
  });

  test.each(programNames(PROGRAMS))('%s does in QEMU what it says', (name) => {
    const image = imageOf(PROGRAMS, name);
    const { expected } = describeImage(image);
    const kernel = join(folder, name);
    const output = join(folder, `${name}.out`);
    writeFileSync(kernel, image);
    const run = spawnSync(
      'qemu-system-i386',
      [
        ...['-kernel', kernel, '-cpu', 'max', '-display', 'none', '-no-reboot', '-accel', 'tcg'],
        ...['-chardev', `file,id=out,path=${output}`, '-device', 'isa-debugcon,iobase=0xe9,chardev=out'],
        ...['-device', 'isa-debug-exit,iobase=0x501,iosize=1'],
      ],
      { timeout: 10_000 },
    );
    const differs = /^; qemu:/m.test(sourceOf(PROGRAMS, name));
    const bytes = readFileSync(output);
    const words = expected.filter(({ kind }) => kind === 'holds').length;
    let wrong = ['does not end'];
    if (run.status === 1) {
      const logEnd = bytes.length - words * 4;
      const held = Array.from({ length: words }, (_, n) => bytes.readUInt32LE(logEnd + n * 4));
      wrong = disappointments(expected, parseLog(bytes.subarray(0, logEnd)), held);
    }
    if (process.env['TRANSVISOR_SHOW'] !== undefined) console.log(`${name}:\n  ${wrong.join('\n  ')}`);
    if (differs) expect(wrong).not.toEqual([]);
    else expect(wrong).toEqual([]);
  });
});
