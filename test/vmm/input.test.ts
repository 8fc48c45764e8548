// Keys and mouse movements from the monitor to a guest that tells every byte it gets, in both engines; recorded and
// replayed.
import { afterEach, describe, expect, it } from 'vitest';
import { createMachine, type EngineName, type InputEntry, type Machine, type MachineOptions } from '../../src/index.ts';
import { formatInput, INPUT_LOG_END, INPUT_LOG_HEADER, parseInputLog } from '../../src/vmm/input-log.ts';
import { runMonitorCommand } from '../../src/vmm/monitor/commands.ts';
import { hex, rom } from '../support/rom.ts';

const ENGINES: readonly EngineName[] = ['interpret', 'translate'];

/** Gives each byte of port 60h to the debug console, the mouse's behind a 4Dh; F0100h, for timer, keyboard and mouse. */
const HANDLER = `
  50 e4 64 a8 01 74 0e            ; push ax / in al,64h / test al,1 / jz eoi
  a8 20 74 04 b0 4d e6 e9         ; test al,20h / jz $+4 / mov al,4Dh / out e9h,al
  e4 60 e6 e9                     ; in al,60h / out e9h,al
  90 90 b0 20 e6 a0 e6 20 58 cf`; // eoi: mov al,20h / out a0h,al / out 20h,al / pop ax / iret
/** Sets up the interrupts and the mouse, and halts: the timer's ticks alone cost instructions. */
const ECHO = rom(
  hex(`
  31 c0 8e d8 8e d0 bc 00 70      ; xor ax,ax / mov ds,ax / mov ss,ax / mov sp,7000h
  be 20 00 b9 02 00               ; mov si,20h / mov cx,2: vectors 8 and 9
  c7 04 00 01 c7 44 02 00 f0 83 c6 04 e2 f2
  c7 06 d0 01 00 01 c7 06 d2 01 00 f0 ; vector 74h
  b0 11 e6 20 b0 08 e6 21 b0 04 e6 21 b0 01 e6 21 b0 f8 e6 21
  b0 11 e6 a0 b0 70 e6 a1 b0 02 e6 a1 b0 01 e6 a1 b0 ef e6 a1
  b0 34 e6 43 b0 00 e6 40 e6 40   ; 18.2 ticks a second
  b0 60 e6 64 b0 47 e6 60 b0 d4 e6 64 b0 f4 e6 60
  fb f4 eb fc`), // sti / hlt / jmp
);
ECHO.set(hex(HANDLER), 0x100);

let machine: Machine | undefined;
afterEach(() => machine?.dispose());

function echo(options: MachineOptions) {
  const made = createMachine({
    memory: 2 << 20,
    bios: ECHO,
    debugcons: [0xe9],
    clock: { kind: 'deterministic', shift: 0 },
    ...options,
  });
  machine = made;
  const bytes: number[] = [];
  made.on('debugcon', ({ bytes: some }) => bytes.push(...some));
  const text = () => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { made, text };
}

/** More than a second of the guest's time behind the start. */
const SOON = 500;
const LATER = 2000;

describe.each(ENGINES)('a guest that tells its keys, engine %s', (engine) => {
  it('hears what sendkey and the mouse commands say', async () => {
    const { made, text } = echo({ engine });
    await made.runTo(SOON);
    expect(text()).toBe('4d fa');
    for (const line of ['sendkey a', 'sendkey shift-b 50', 'sendkey up'])
      expect(runMonitorCommand(made, line)).toBe('');
    await made.runTo(LATER);
    expect(text()).toBe('4d fa 1e 9e 2a 30 b0 aa e0 48 e0 c8');
    runMonitorCommand(made, 'mouse_move 2 3');
    runMonitorCommand(made, 'mouse_button 1');
    runMonitorCommand(made, 'mouse_button 0');
    await made.runTo(LATER + SOON);
    expect(text().slice(36)).toBe('4d 28 4d 02 4d fd 4d 09 4d 00 4d 00 4d 08 4d 00 4d 00');
  });

  it('a key that is held repeats', async () => {
    const { made, text } = echo({ engine });
    await made.runTo(SOON);
    runMonitorCommand(made, 'sendkey a 800');
    await made.runTo(LATER);
    expect(text()).toBe('4d fa 1e 1e 1e 1e 1e 9e');
  });

  it('is replayed from what was recorded', async () => {
    const entries: InputEntry[] = [];
    const hashes: string[] = [];
    const first = echo({ engine, hashEvery: 1000 });
    first.made.on('input', (entry) => entries.push(entry));
    first.made.on('hash', ({ hash }) => hashes.push(hash));
    await first.made.runTo(SOON);
    runMonitorCommand(first.made, 'sendkey ctrl-x 200');
    await first.made.runTo(LATER);
    runMonitorCommand(first.made, 'mouse_move -300 0');
    runMonitorCommand(first.made, 'sendkey y');
    await first.made.runTo(3 * LATER);
    machine?.dispose();
    const log = [INPUT_LOG_HEADER, ...entries.map(formatInput), INPUT_LOG_END].join('\n');
    expect(entries.map(({ port }) => port)).toEqual([2, 3, 2]);

    for (const other of ENGINES) {
      const again = echo({ engine: other, input: parseInputLog(log), hashEvery: 1000 });
      const seen: string[] = [];
      again.made.on('hash', ({ hash }) => seen.push(hash));
      await again.made.runTo(3 * LATER);
      expect(again.text()).toBe(first.text());
      expect(seen).toEqual(hashes);
      machine?.dispose();
    }
  });
});
