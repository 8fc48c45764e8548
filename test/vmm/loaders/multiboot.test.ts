import { describe, expect, test } from 'vitest';
import { loadKernel } from '../../../src/vmm/loaders/kernel.ts';
import { LoadError } from '../../../src/vmm/loaders/load-target.ts';
import { isMultiboot, loadMultiboot, type MultibootModule } from '../../../src/vmm/loaders/multiboot.ts';
import { bzImage, elf, multibootHeader, TestTarget } from './support.ts';

const MIB = 1 << 20;

const load = (kernel: Uint8Array, ram = 16 * MIB, modules: MultibootModule[] = []) => {
  const target = new TestTarget(ram);
  const entry = loadMultiboot(target, { kernel, kernelName: 'kernel.elf', commandLine: 'kernel.elf quiet', modules });
  return { target, entry };
};

describe('ELF', () => {
  test('segments go to their physical addresses, bss is zeroed', () => {
    const { target, entry } = load(elf({ bss: 8 }));
    expect(entry).toMatchObject({ mode: 'protected-flat', eip: MIB + 12, eax: 0x2badb002 });
    expect(target.bytes(MIB + 12, 14)).toEqual([
      0xf4,
      0xeb,
      0xfd,
      0x90,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...target.bytes(MIB + 24, 2),
    ]);
  });

  test('a kernel linked high is entered at its physical address', () => {
    expect(load(elf({ virtual: 0xc010_0000 })).entry.eip).toBe(MIB + 12);
    expect(load(elf({ virtual: 0xc010_0000, entry: MIB + 12 })).entry.eip).toBe(MIB + 12);
  });
});

test('address fields in the header load any file', () => {
  const header = multibootHeader(1 << 16, [0x20_0100, 0x20_0100, 0x20_0124, 0x20_0130, 0x20_0120]);
  const file = new Uint8Array(64).fill(0xaa);
  file.set(header, 16);
  const { target, entry } = load(file);
  expect(entry.eip).toBe(0x20_0120);
  expect(target.u32(0x20_0100)).toBe(0x1badb002);
  expect(target.bytes(0x20_0120, 17)).toEqual([
    0xaa,
    0xaa,
    0xaa,
    0xaa,
    ...new Array(12).fill(0),
    target.ram[0x20_0130],
  ]);
});

test('boot information: memory, command line, map, loader name', () => {
  const { target, entry } = load(elf(), 32 * MIB);
  const info = (at: number) => target.u32(entry.ebx + at);
  expect(info(0)).toBe(0x24d);
  expect([info(4), info(8)]).toEqual([639, 31 * 1024]);
  expect(target.text(info(16))).toBe('kernel.elf quiet');
  expect(target.text(info(64))).toBe('transvisor');
  expect(info(20)).toBe(0);
  const entries: string[] = [];
  for (let at = info(48); at < info(48) + info(44); at += target.u32(at) + 4) {
    entries.push([4, 12, 20].map((offset) => target.u32(at + offset).toString(16)).join(' '));
  }
  expect(entries).toEqual(['0 9fc00 1', '9fc00 400 2', 'f0000 10000 2', '100000 1f00000 1', 'fffc0000 40000 2']);
});

test('modules lie on pages above the kernel, with their strings', () => {
  const modules = [
    { bytes: Uint8Array.of(1, 2, 3), name: 'one a b' },
    { bytes: new Uint8Array(5000).fill(7), name: 'two' },
  ];
  const { target, entry } = load(elf({ bss: 100_000 }), 16 * MIB, modules);
  expect(target.u32(entry.ebx + 20)).toBe(2);
  const table = target.u32(entry.ebx + 24);
  const listed = [0, 16].map((at) => {
    const start = target.u32(table + at);
    return {
      start,
      bytes: target.bytes(start, target.u32(table + at + 4) - start),
      name: target.text(target.u32(table + at + 8)),
    };
  });
  expect(listed.map(({ name }) => name)).toEqual(['one a b', 'two']);
  expect(listed.map(({ bytes }) => bytes)).toEqual(modules.map(({ bytes }) => [...bytes]));
  for (const { start } of listed) {
    expect(start % 4096).toBe(0);
    expect(start).toBeGreaterThan(MIB + 100_000);
  }
  expect(entry.ebx).toBeGreaterThan((listed[1]?.start ?? 0) + 5000);
});

describe('what is refused, in one line', () => {
  const refusal = (kernel: Uint8Array, ram = 16 * MIB, modules: MultibootModule[] = []): string => {
    try {
      load(kernel, ram, modules);
    } catch (error) {
      expect(error).toBeInstanceOf(LoadError);
      return (error as LoadError).message;
    }
    return 'nothing thrown';
  };

  test('no header, or one out of reach or with a wrong sum', () => {
    expect(refusal(new Uint8Array(10_000))).toMatch(/^kernel kernel.elf: no Multiboot header/);
    const late = new Uint8Array(20_000);
    late.set(multibootHeader(0), 8184);
    expect(isMultiboot(late)).toBe(false);
    const wrong = multibootHeader(0);
    wrong[8] = (wrong[8] ?? 0) + 1;
    expect(isMultiboot(wrong)).toBe(false);
  });

  test('demands that cannot be met', () => {
    expect(refusal(elf({ flags: 0x10 }))).toMatch(/demands unknown features \(flags 0x10\)/);
  });

  test('truncated and contradictory files', () => {
    expect(refusal(elf().subarray(0, 0x100c))).toMatch(/^kernel kernel.elf: truncated: 5 KiB of 5 KiB/);
    expect(refusal(multibootHeader(0))).toMatch(/not an ELF file/);
    expect(refusal(multibootHeader(1 << 16, [1, 2]))).toMatch(/truncated in its Multiboot header/);
    expect(refusal(multibootHeader(1 << 16, [MIB, MIB + 8, 0, 0, MIB]))).toMatch(/contradict/);
    expect(refusal(multibootHeader(1 << 16, [MIB, MIB - 64, 0, 0, MIB]))).toMatch(/contradict/);
    const amd64 = elf();
    amd64[4] = 2;
    expect(refusal(amd64)).toMatch(/not a 32-bit IA-32 one/);
    const empty = elf();
    empty[52] = 0;
    expect(refusal(empty)).toMatch(/without a segment/);
    const wild = elf();
    new DataView(wild.buffer).setUint32(28, 0xffff_fff0, true);
    expect(refusal(wild)).toMatch(/program headers lie outside/);
  });

  test('what does not fit', () => {
    expect(refusal(elf({ physical: 0x9_fff8 }))).toMatch(/loads at 0x9fff8 to 0xa0008/);
    expect(refusal(elf({ bss: 0xf000_0000 }))).toMatch(/memory is 0 to 0xa0000 and 0x100000 to 0x1000000/);
    expect(refusal(elf(), 2 * MIB, [{ bytes: new Uint8Array(2 * MIB), name: 'big' }])).toMatch(
      /^module big: 2 MiB do not fit above the kernel in 2 MiB/,
    );
  });
});

describe('loadKernel', () => {
  const files = (kernel: Uint8Array, modules: MultibootModule[] = []) => ({
    kernel,
    kernelName: 'k',
    append: 'a=b',
    modules,
  });

  test('tells Linux and Multiboot apart', () => {
    const target = new TestTarget(16 * MIB);
    expect(loadKernel(target, files(bzImage())).esi).toBe(0x1_0000);
    const entry = loadKernel(target, files(elf()));
    expect(entry.eax).toBe(0x2badb002);
    expect(target.text(target.u32(entry.ebx + 16))).toBe('k a=b');
  });

  test('refuses an empty file, tiny memory, and two initrds', () => {
    const module = { bytes: Uint8Array.of(1), name: 'm' };
    expect(() => loadKernel(new TestTarget(4 * MIB), files(new Uint8Array(0)))).toThrow('kernel k: the file is empty');
    expect(() => loadKernel(new TestTarget(MIB), files(elf()))).toThrow(/at least 2 MiB/);
    expect(() => loadKernel(new TestTarget(16 * MIB), files(bzImage(), [module, module]))).toThrow(/one initrd, 2/);
    expect(() => loadKernel(new TestTarget(16 * MIB), files(new Uint8Array(9000)))).toThrow(LoadError);
  });
});
