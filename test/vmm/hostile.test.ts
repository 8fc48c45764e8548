// A guest is hostile: whatever its code is, the machine ends as its options say, and the host never throws.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine, type EngineName } from '../../src/index.ts';
import { hex, rom } from '../support/rom.ts';

/** Enters flat 32-bit protected mode and goes on behind itself, at F0100h. */
const PROTECTED = [
  ...hex('fa 2e 0f 01 16 40 00'), // cli / lgdt cs:[40h]
  ...hex('0f 20 c0 0c 01 0f 22 c0'), // mov eax,cr0 / or al,1 / mov cr0,eax
  ...hex('66 ea 80 00 0f 00 08 00'), // jmp dword 8:f0080h
];
const GDT = hex('1f 00 48 00 0f 00 00 00 0000000000000000 ffff0000009bcf00 ffff00000093cf00 0000000000000000');
/** mov ax,10h / ds, es, ss, fs / mov esp,8000h / jmp f0100h */
const FLAT = hex('66 b8 10 00 8e d8 8e c0 8e d0 8e e0 bc 00 80 00 00 b8 00 01 0f 00 ff e0');

function protectedRom(code: readonly number[]): Uint8Array {
  const image = rom(PROTECTED);
  image.set(GDT, 0x40);
  image.set(FLAT, 0x80);
  image.set(code, 0x100);
  return image;
}

/** Code that is mostly instructions: opcodes that reach ports, memory, tables and control registers come often. */
const code = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 8 }) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(0xe4, 0xe5, 0xe6, 0xe7), fc.integer({ min: 0, max: 255 })) },
      {
        weight: 2, // mov dx,port / in or out of some width
        arbitrary: fc
          .tuple(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xec, 0xed, 0xee, 0xef))
          .map(([port, op]) => [0x66, 0xba, port & 0xff, port >> 8, op]),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constant(0x0f), fc.constantFrom(0, 1, 0x20, 0x22, 0x23, 0x30, 0x32, 0xa2, 0xae)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom([0xfb], [0xf4], [0xcf], [0x9d], [0xf3, 0xa4], [0xf3, 0xab], [0xf2, 0xae]),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constantFrom(0xb8, 0xbe, 0xbf, 0xb9), fc.integer()).map(([op, v]) => mov(op, v)),
      },
    ),
    { minLength: 5, maxLength: 200 },
  )
  .map((parts) => parts.flat());

function mov(op: number, value: number): number[] {
  return [op, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
}

const LIMIT = 100_000;

async function survives(bios: Uint8Array, engine: EngineName): Promise<void> {
  const machine = createMachine({
    memory: 2 << 20,
    bios,
    engine,
    clock: { kind: 'deterministic', shift: 0 },
    maxInstructions: LIMIT,
    noReboot: true,
    debugcons: [0xe9],
    translator: { threshold: 4 },
    log: { items: ['unimp', 'int'], write: () => {} },
  });
  // HLT without a timer waits for input that never comes.
  const timer = setTimeout(() => machine.stop(), 500);
  try {
    const reason = await machine.run();
    expect(['haltedForEver', 'tripleFault', 'reset', 'powerOff', 'instructionLimit', 'stop']).toContain(reason.kind);
    expect(machine.stats().retired.total).toBeLessThanOrEqual(LIMIT);
  } finally {
    clearTimeout(timer);
    machine.dispose();
  }
}

describe.each<EngineName>(['interpret', 'translate'])('random code, engine %s', (engine) => {
  it('in real mode', async () => {
    await fc.assert(
      fc.asyncProperty(code, (bytes) => survives(rom(bytes), engine)),
      { numRuns: 40 },
    );
  }, 120_000);

  it('in protected mode, ring 0', async () => {
    await fc.assert(
      fc.asyncProperty(code, (bytes) => survives(protectedRom(bytes), engine)),
      { numRuns: 40 },
    );
  }, 120_000);

  it('no code at all: the bus floats', async () => {
    const machine = createMachine({ memory: 1 << 20, engine, noReboot: true, maxInstructions: LIMIT });
    expect(await machine.run()).toEqual({ kind: 'instructionLimit', retired: LIMIT });
    machine.dispose();
  });
});
