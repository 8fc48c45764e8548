import { describe, expect, test } from 'vitest';
import { loadBzImage, parseSetupHeader } from '../../../src/vmm/loaders/bzimage.ts';
import { e820Map } from '../../../src/vmm/loaders/e820.ts';
import { LoadError } from '../../../src/vmm/loaders/load-target.ts';
import { bzImage, TestTarget } from './support.ts';

const MIB = 1 << 20;
const BOOT_PARAMS = 0x1_0000;

const boot = (kernel: Uint8Array, more: { initrd?: Uint8Array; initrdName?: string; commandLine?: string } = {}) => ({
  kernel,
  kernelName: 'vmlinuz',
  commandLine: 'console=ttyS0',
  ...more,
});

describe('a good kernel', () => {
  test('goes to 1 MiB and starts there as the boot protocol says', () => {
    const target = new TestTarget(16 * MIB);
    const entry = loadBzImage(target, boot(bzImage()));
    expect(entry).toMatchObject({ mode: 'protected-flat', eip: MIB, esi: BOOT_PARAMS, ebx: 0, ebp: 0, edi: 0 });
    expect(target.bytes(MIB - 1, 2)).toEqual([0xcc, 0x90]);
    expect(target.bytes(MIB + 4095, 2)).toEqual([0x90, 0xcc]);
  });

  test('has flat descriptors at 10h and 18h', () => {
    const target = new TestTarget(16 * MIB);
    const { gdt } = loadBzImage(target, boot(bzImage()));
    expect(gdt).toMatchObject({ limit: 31, codeSelector: 0x10, dataSelector: 0x18 });
    const base = gdt?.base ?? 0;
    expect(target.bytes(base + 0x10, 8)).toEqual([0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0]);
    expect(target.bytes(base + 0x18, 8)).toEqual([0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0]);
  });

  test('finds header, command line, initrd and memory map in boot_params', () => {
    const target = new TestTarget(64 * MIB);
    const initrd = Uint8Array.from({ length: 5000 }, (_, i) => i);
    loadBzImage(target, boot(bzImage(), { initrd }));
    const field = (at: number) => target.u32(BOOT_PARAMS + at);
    expect(field(0x202)).toBe(0x53726448);
    expect(target.ram[BOOT_PARAMS + 0x210]).toBe(0xff);
    expect(target.text(field(0x228))).toBe('console=ttyS0');
    expect(field(0x218)).toBe(64 * MIB - 0x2000);
    expect(field(0x21c)).toBe(5000);
    expect(target.bytes(field(0x218), 5000)).toEqual([...initrd]);
    const map = Array.from({ length: target.ram[BOOT_PARAMS + 0x1e8] ?? 0 }, (_, i) =>
      [0, 4, 8, 12, 16].map((at) => field(0x2d0 + i * 20 + at).toString(16)).join(' '),
    );
    expect(map).toEqual([
      '0 0 9fc00 0 1',
      '9fc00 0 400 0 2',
      'f0000 0 10000 0 2',
      '100000 0 3f00000 0 1',
      'fffc0000 0 40000 0 2',
    ]);
    expect(field(0x1e0)).toBe(63 * 1024);
    expect(target.ram[BOOT_PARAMS]).toBe(0); // no screen
    expect(target.ram[BOOT_PARAMS + 0xfff]).toBe(0);
  });

  test('keeps its initrd below the address it names, in a large memory', () => {
    const kernel = bzImage();
    new DataView(kernel.buffer).setUint32(0x22c, 0x7f_ffff, true);
    const target = new TestTarget(16 * MIB);
    loadBzImage(target, boot(kernel, { initrd: new Uint8Array(0x1001) }));
    expect(target.u32(BOOT_PARAMS + 0x218)).toBe(8 * MIB - 0x2000);
  });

  test('of an old protocol gets the limits of its day', () => {
    const header = parseSetupHeader(bzImage({ version: 0x0202 }), 'old');
    expect(header).toMatchObject({ initrdMax: 0x37ff_ffff, commandLineMax: 255, kernelEnd: MIB + 4096 });
  });
});

describe('a bad one is refused in one line', () => {
  const refusal = (load: () => unknown): string => {
    try {
      load();
    } catch (error) {
      expect(error).toBeInstanceOf(LoadError);
      return (error as LoadError).message;
    }
    return 'nothing thrown';
  };
  const loading = (kernel: Uint8Array, ram = 16 * MIB, more = {}) =>
    refusal(() => loadBzImage(new TestTarget(ram), boot(kernel, more)));

  test('files that are no kernel', () => {
    expect(loading(new Uint8Array(0))).toBe('kernel vmlinuz: the file is empty');
    expect(loading(new Uint8Array(10_000))).toMatch(/^kernel vmlinuz: neither a Linux bzImage .* nor a Multiboot/);
    expect(loading(new Uint8Array(3))).toMatch(/neither/);
    expect(loading(bzImage({ version: 0x0201 }))).toBe('kernel vmlinuz: boot protocol 2.1, 2.02 or later is needed');
    expect(loading(bzImage({ loadFlags: 0 }))).toMatch(/zImage/);
  });

  test('truncated, at any length', () => {
    const whole = bzImage();
    for (const length of [0x206, 0x263, 0x300, 2559, 2560, 2561, 5000, whole.length - 16]) {
      expect(loading(whole.subarray(0, length)), String(length)).toMatch(/^kernel vmlinuz: truncated/);
    }
  });

  test('memory too small, for the kernel and for the initrd', () => {
    expect(loading(bzImage({ initSize: 64 * MIB }), 32 * MIB)).toBe(
      'kernel vmlinuz: needs 65 MiB of memory, the machine has 32 MiB',
    );
    expect(loading(bzImage(), 4 * MIB, { initrd: new Uint8Array(2 * MIB), initrdName: 'initrd.gz' })).toBe(
      'initrd initrd.gz: 2 MiB do not fit, memory of 4 MiB leaves 1 MiB above the kernel',
    );
    expect(loading(bzImage(), 4 * MIB, { initrd: new Uint8Array(32 * MIB) })).toMatch(/do not fit/);
    expect(loading(bzImage(), 4 * MIB, { initrd: new Uint8Array(0), initrdName: 'i' })).toBe(
      'initrd i: the file is empty',
    );
  });

  test('a command line longer than the kernel takes', () => {
    expect(loading(bzImage(), 16 * MIB, { commandLine: 'x'.repeat(2047) })).toBe('nothing thrown');
    expect(loading(bzImage(), 16 * MIB, { commandLine: 'x'.repeat(2048) })).toBe(
      'kernel command line: 2048 characters, the kernel takes 2047',
    );
  });
});

test('the memory map covers 2 GiB without overlaps', () => {
  const map = e820Map(2 ** 31);
  map.forEach((entry, i) => {
    const next = map[i + 1];
    expect(entry.start + entry.size).toBeLessThanOrEqual(next?.start ?? 2 ** 32);
  });
  expect(map.find(({ start }) => start === MIB)?.size).toBe(2 ** 31 - MIB);
});
