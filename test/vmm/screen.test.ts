// The screen of whole machines, in both engines: memory of every kind of mode, reached through the window and through
// the frame buffer, and what is drawn anew; hashes of runs that draw.
import { afterEach, describe, expect, it } from 'vitest';
import { createMachine, type EngineName, type Machine, type MachineOptions } from '../../src/index.ts';
import { hex, rom } from '../support/rom.ts';

const ENGINES: readonly EngineName[] = ['interpret', 'translate'];

/** mov dx,PORT / mov ax,VALUE / out dx,ax */
const out16 = (port: number, value: number) =>
  hex('ba 00 00 b8 00 00 ef').map((byte, n) => [byte, port & 255, port >> 8, byte, value & 255, value >> 8, byte][n]!);
const out8 = (port: number, value: number) => [0xba, port & 255, port >> 8, 0xb0, value, 0xee];
/** A VBE mode. */
const vbe = (index: number, value: number) => [...out16(0x1ce, index), ...out16(0x1cf, value)];

/** CRTC, graphics controller and sequencer of mode 13h, as far as size, memory and the picture go. */
const MODE_13H = [
  ...out8(0x3c2, 0x63),
  ...out16(0x3c4, 0x0300),
  ...out16(0x3c4, 0x0101),
  ...out16(0x3c4, 0x0f02),
  ...out16(0x3c4, 0x0e04),
  ...[0x4f01, 0x8f12, 0x2813, 0x4014, 0xa317, 0x1f07, 0x4109, 0xff18].flatMap((value) => out16(0x3d4, value)),
  ...out16(0x3ce, 0x4005),
  ...out16(0x3ce, 0x0506),
  ...out16(0x3ce, 0xff08),
  ...out8(0x3c0, 0x20),
];

/**
 * mov ax,a000 / mov es,ax / xor di,di / mov cx,64000 / xor bx,bx
 * again: mov ax,di / add ax,bx / stosb / loop again / inc bx / cmp bx,TURNS / (64000 more) jne / hlt
 */
const fill = (turns: number) =>
  hex(
    `b8 00 a0 8e c0 31 db 31 ff b9 00 fa 89 f8 01 d8 aa e2 f9 43 83 fb ${turns.toString(16).padStart(2, '0')} 75 ee fa f4`,
  );

let machine: Machine | undefined;
afterEach(() => machine?.dispose());

async function drawn(bios: Uint8Array, engine: EngineName, options: MachineOptions = {}): Promise<Machine> {
  machine = createMachine({
    memory: 2 << 20,
    bios,
    engine,
    clock: { kind: 'deterministic', shift: 0 },
    translator: { threshold: 4, compileThreads: 0 },
    ...options,
  });
  expect(await machine.run()).toMatchObject({ kind: 'haltedForEver' });
  return machine;
}

/** Enters 32-bit mode with flat segments; what follows is 32-bit code at F0100h. */
function flatRom(real: readonly number[], code: readonly number[]): Uint8Array {
  const enter = hex('fa 2e 66 0f 01 16 00 60 0f 20 c0 0c 01 0f 22 c0 66 ea 00 70 0f 00 08 00');
  const image = rom([...real, ...enter]);
  image.set(hex('1f 00 10 60 0f 00'), 0x6000);
  image.set(hex('0000000000000000 ffff0000009bcf00 ffff00000093cf00'), 0x6010);
  image.set([...hex('66 b8 10 00 8e d8 8e c0 8e d0 bc 00 80 00 00'), ...code], 0x7000);
  return image;
}

describe.each(ENGINES)('a machine with a screen, engine %s', (engine) => {
  it('mode 13h is memory: 64,000 bytes, drawn in a loop', async () => {
    const made = await drawn(rom(MODE_13H, fill(5)), engine);
    const { frame } = made.screen!.refresh();
    expect([frame.width, frame.height]).toEqual([320, 200]);
    const { u8 } = made.devices().vga!.video;
    expect(u8.subarray(0, 64_000).every((byte, n) => byte === ((n + 4) & 0xff))).toBe(true);
  });

  it('planes, through the graphics controller', async () => {
    // As mode 13h, but not chained: each byte goes to all planes of the mask.
    const made = await drawn(rom(MODE_13H, out16(0x3c4, 0x0604), out16(0x3c4, 0x0502), fill(3)), engine);
    const { i32 } = made.devices().vga!.video;
    for (const n of [0, 1, 63_999]) expect(i32[n]).toBe(((n + 2) & 0xff) * 0x10001);
    expect(i32[64_000]).toBe(0);
  });

  it('the frame buffer where the PCI BAR is, and where it is moved to', async () => {
    const pci = (at: number, value: string) =>
      hex(`ba f8 0c 00 00 b8 ${at.toString(16).padStart(2, '0')} 10 00 80 ef ba fc 0c 00 00 b8 ${value} ef`);
    /** mov edi,ADDRESS / mov ecx,300000 / mov eax,ecx / stosd / loop: descending numbers */
    const draw = (address: string) => hex(`bf ${address} b9 e0 93 04 00 89 c8 ab e2 fb`);
    const code = [
      ...pci(0x10, '00 00 00 e0'),
      ...pci(0x04, '03 00 00 00'),
      ...draw('00 00 00 e0'),
      ...pci(0x10, '00 00 00 f0'),
      ...draw('00 00 20 f0'),
      ...hex('a1 00 00 00 e0 a3 00 10 00 00 a1 04 00 00 f0 a3 04 10 00 00 f4'),
    ];
    const real = [...vbe(1, 640), ...vbe(2, 480), ...vbe(3, 32), ...vbe(4, 0x41)];
    const made = await drawn(flatRom(real, code), engine);
    const { frame } = made.screen!.refresh();
    expect([frame.width, frame.height]).toEqual([640, 480]);
    const { i32 } = made.devices().vga!.video;
    expect([i32[0], i32[299_999], i32[0x80000], i32[0x80001]]).toEqual([300_000, 1, 300_000, 299_999]);
    // Nothing answers where it was; the second word is where it is.
    const { memory } = made.inspect();
    expect([memory.read32(0x1000), memory.read32(0x1004)]).toEqual([-1, 299_999]);
    expect([...frame.rgba.subarray(4, 8)]).toEqual([0x04, 0x93, 0xdf, 255]);
  });

  it('a BAR over RAM does not take it away', async () => {
    const code = [
      ...hex('c7 05 00 00 00 01 78 56 34 12'),
      ...hex('ba f8 0c 00 00 b8 10 10 00 80 ef ba fc 0c 00 00 b8 00 00 00 01 ef'),
      ...hex('ba f8 0c 00 00 b8 04 10 00 80 ef ba fc 0c 00 00 b8 03 00 00 00 ef'),
      ...hex('a1 00 00 00 01 a3 00 10 00 00 f4'),
    ];
    const made = await drawn(flatRom([], code), engine, { memory: 32 << 20 });
    expect(made.inspect().memory.read32(0x1000)).toBe(0x1234_5678);
  });

  it('code in video memory runs, and runs anew after it was changed through another address', async () => {
    const code = [
      ...hex('ba f8 0c 00 00 b8 10 10 00 80 ef ba fc 0c 00 00 b8 00 00 00 e0 ef'),
      ...hex('ba f8 0c 00 00 b8 04 10 00 80 ef ba fc 0c 00 00 b8 03 00 00 00 ef'),
      ...hex('c7 05 00 00 0a 00 b8 01 00 00 c7 05 04 00 0a 00 00 c3 00 00'), // mov eax,1 / ret at A0000h
      ...hex('31 db b9 64 00 00 00'), // xor ebx,ebx / mov ecx,100
      ...hex('bf 00 00 0a 00 ff d7 01 c3 fe 05 01 00 00 e0 e2 ef'), // call A0000h / add ebx,eax / inc byte [E0000001h]
      ...hex('89 1d 00 10 00 00 f4'),
    ];
    const real = [...vbe(1, 640), ...vbe(2, 480), ...vbe(3, 8), ...vbe(4, 0x41)];
    const made = await drawn(flatRom(real, code), engine);
    expect(made.inspect().memory.read32(0x1000)).toBe((100 * 101) / 2);
  });
});

it.each(ENGINES)(
  'lines of pages that the guest has written are drawn again, and no others, engine %s',
  async (engine) => {
    // mov cx,5000 / loop $ / mov di,32000 / mov cx,256 / mov al,55h / rep stosb / jmp $
    const code = hex('b8 00 a0 8e c0 b0 01 aa b9 88 13 e2 fe bf 00 7d b9 00 01 b0 55 f3 aa eb fe');
    const bios = rom(MODE_13H, code);
    const translator = { threshold: 4, compileThreads: 0 };
    machine = createMachine({ memory: 2 << 20, bios, engine, clock: { kind: 'deterministic', shift: 0 }, translator });
    const screen = machine.screen!;
    await machine.runTo(2000);
    expect(screen.refresh()).toMatchObject({ top: 0, bottom: 200 });
    expect(screen.refresh()).toMatchObject({ top: 0, bottom: 0 });
    await machine.runTo(6000);
    const { frame, top, bottom } = screen.refresh();
    expect([top, bottom]).toEqual([89, 103]);
    expect(new Set(new Uint32Array(frame.rgba.buffer)).size).toBe(1); // the DAC has no colours yet
    expect(machine.devices().vga!.video.u8[32_000]).toBe(0x55);
    expect(screen.refresh()).toMatchObject({ top: 0, bottom: 0 });
  },
);

it('hashes are equal in both engines, and cover video memory', async () => {
  const run = async (engine: EngineName, turns: number) => {
    const hashes: string[] = [];
    machine = createMachine({
      memory: 2 << 20,
      bios: rom(MODE_13H, fill(turns)),
      engine,
      clock: { kind: 'deterministic', shift: 0 },
      hashEvery: 300_000,
    });
    machine.on('hash', ({ hash }) => hashes.push(hash));
    await machine.run();
    machine.dispose();
    return hashes;
  };
  const interpreted = await run('interpret', 4);
  expect(interpreted.length).toBeGreaterThan(2);
  expect(await run('translate', 4)).toEqual(interpreted);
});
