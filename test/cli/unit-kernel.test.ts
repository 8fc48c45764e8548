// A kernel as bare-metal unit tests have it, through the command line that runs those with QEMU.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const source = fileURLToPath(new URL('kernel/unit-kernel.c', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'unit-kernel-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kernel = join(folder, 'kernel.elf');
const linking = '-Wl,-N,--build-id=none,-e,start,--section-start=.init=0x100000,-Ttext=0x100100';
const flags = ['-m32', '-ffreestanding', '-fno-pic', '-fno-stack-protector', '-O1', '-nostdlib', '-static', linking];
const built = spawnSync('gcc', [...flags, '-o', kernel, source], { stdio: 'ignore' }).status === 0;

describe.skipIf(!built)("a unit test's kernel", () => {
  test.each(['translate', 'interpret'])('engine %s', (engine) => {
    const one = join(folder, 'one');
    const two = join(folder, 'two');
    writeFileSync(one, 'hello');
    writeFileSync(two, 'x y');
    const devices = ['-device', 'pc-testdev', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x4'];
    const machine = ['-nodefaults', ...devices, '-vnc', 'none', '-display', 'none', '-serial', 'stdio', '-m', '64'];
    const files = ['-kernel', kernel, '-initrd', `${one} a=1 b,${two}`, '-append', 'first second'];
    const args = [transvisor, 'run', ...machine, '-machine', `accel=${engine}`, '-smp', '1', ...files];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'latin1', timeout: 30_000, input: '' });
    expect(stdout.split('\n')).toEqual([
      'multiboot',
      `${kernel} first second`,
      `${one} a=1 b: 5 bytes, hello`,
      `${two}: 3 bytes, x y`,
      'RAM 65151 KiB, fw_cfg 65536 KiB, processors 1',
      'echo 1234567 memory 42',
      '',
    ]);
    // (21 << 1) | 1
    expect(status).toBe(43);
  });
});
