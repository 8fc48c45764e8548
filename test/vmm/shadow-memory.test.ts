// RAM behind the legacy area, switched by the host bridge while code runs there, in every engine.
import { describe, expect, test } from 'vitest';
import { createMachine, type EngineName } from '../../src/index.ts';
import { HALT, rom } from '../support/rom.ts';

const ENGINES: readonly EngineName[] = ['interpret', 'translate'];
/** CS stays at the ROM; ES is C000h; the stack is at 7000h. */
const START = 'fa 31 c0 8e d0 bc 00 70 b8 00 c0 8e c0';
/** Says where reads and writes of C0000h to C3FFFh go: 1 reads RAM, 2 writes RAM. */
const attribute = (bits: number) => ['66 b8 58 00 00 80 ba f8 0c 66 ef b2 fe b0', [bits], 'ee'] as const;
/** mov byte es:[offset], value */
const poke = (offset: number, value: number) => ['26 c6 06', [offset, 0, value]] as const;
/** mov al, es:[0] / out e9h, al */
const SHOW = '26 a0 00 00 e6 e9';
/** Calls C000:0000 so often that it is translated, and shows what it leaves in AL. */
const CALL = 'b9 20 4e 9a 00 00 00 c0 e2 f9 e6 e9';
/** mov al, letter / retf, at C000:0000. */
const routine = (letter: string) => [poke(0, 0xb0), poke(1, letter.charCodeAt(0)), poke(2, 0xcb)].flat();

async function output(engine: EngineName, code: Uint8Array): Promise<string> {
  const machine = createMachine({
    memory: 2 << 20,
    bios: code,
    engine,
    clock: { kind: 'deterministic', shift: 0 },
    debugcons: [0xe9],
    translator: { compileThreads: 0 },
    maxInstructions: 10_000_000,
  });
  let text = '';
  machine.on('debugcon', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  const reason = await machine.run();
  machine.dispose();
  expect(reason.kind).toBe('haltedForEver');
  return text;
}

describe.each(ENGINES)('shadow memory, engine %s', (engine) => {
  test('without attributes nothing is there, and nothing is kept', async () => {
    expect(await output(engine, rom(START, ...poke(0, 0x41), SHOW, HALT))).toBe('\xff');
  });

  test('code in it runs, is protected, and is replaced behind its own back', async () => {
    const program = rom(
      START,
      ...attribute(3),
      ...routine('A'),
      CALL,
      ...attribute(1), // read RAM: writes go nowhere
      ...routine('B'),
      CALL,
      ...attribute(2), // write RAM: reads go to the bus
      ...routine('C'),
      SHOW,
      ...attribute(3),
      CALL,
      ...routine('D'),
      CALL,
      ...attribute(0),
      SHOW,
      ...attribute(1),
      CALL,
      HALT,
    );
    expect(await output(engine, program)).toBe('AA\xffCD\xffD');
  });
});

test('the firmware’s own area: ROM in front, RAM behind, copied as firmware does it', async () => {
  // F000: writes go to RAM while the ROM is read; then RAM is read, with a changed byte.
  const piece = ['66 b8 58 00 00 80 ba f8 0c 66 ef b2 fd b0'];
  const program = rom(
    'fa 31 c0 8e d0 bc 00 70 b8 00 f0 8e c0 8e d8',
    ...piece,
    [0x20],
    'ee',
    'fc 31 f6 31 ff b9 00 80 f3 a5', // rep movsw over all of it, onto itself
    '26 c6 06 00 f8 58', // the RAM's byte at F800h: X
    '26 a0 00 f8 e6 e9', // read from the ROM still: F4h
    ...piece,
    [0x10],
    'ee',
    '26 a0 00 f8 e6 e9',
    HALT,
  );
  expect(await output('interpret', program)).toBe('\xf4X');
  expect(await output('translate', program)).toBe('\xf4X');
});
