// The machine as a whole, by small ROMs, in every engine: how guests end, time, input, and the host's event loop.
import { afterEach, describe, expect, it } from 'vitest';
import { createMachine, type EngineName, type Machine, type MachineOptions, type StopReason } from '../../src/index.ts';
import { HALT, print, rom } from '../support/rom.ts';

const ENGINES: readonly EngineName[] = ['interpret', 'translate'];

/** PIC at 8/70h with only the timer open, PIT at about 1000 Hz, INT 8 handler at F000:0100 that counts in BX. */
const TIMER = `
  31 c0 8e d8 8e d0 bc 00 70      ; xor ax,ax / mov ds,ax / mov ss,ax / mov sp,7000h
  c7 06 20 00 00 01               ; mov word [20h],100h
  c7 06 22 00 00 f0               ; mov word [22h],0f000h
  b0 11 e6 20 b0 08 e6 21         ; ICW1, ICW2 = 8
  b0 04 e6 21 b0 01 e6 21         ; ICW3, ICW4
  b0 fe e6 21                     ; OCW1: only IRQ 0
  b0 34 e6 43 b0 a9 e6 40 b0 04 e6 40 ; PIT channel 0, mode 2, 1193
  31 db`; // xor bx,bx
const TIMER_HANDLER = '43 b0 20 e6 20 cf'; // inc bx / eoi / iret

function withHandler(image: Uint8Array): Uint8Array {
  image.set(Buffer.from(TIMER_HANDLER.replaceAll(' ', ''), 'hex'), 0x100);
  return image;
}

describe.each(ENGINES)('a machine, engine %s', (engine) => {
  let machine: Machine | undefined;
  afterEach(() => machine?.dispose());

  function start(bios: Uint8Array, options: MachineOptions = {}) {
    machine = createMachine({
      memory: 2 << 20,
      bios,
      engine,
      clock: { kind: 'deterministic', shift: 0 },
      debugcons: [0xe9],
      ...options,
    });
    const seen: string[] = [];
    let text = '';
    machine.on('debugcon', ({ bytes }) => {
      text += Buffer.from(bytes).toString('latin1');
    });
    for (const name of ['powerOff', 'haltedForEver', 'tripleFault', 'debugExit', 'stopped'] as const) {
      machine.on(name, () => seen.push(name));
    }
    machine.on('reset', ({ cause }) => seen.push(`reset: ${cause}`));
    return { machine, seen, text: () => text };
  }

  it('HLT with interrupts off is the end', async () => {
    const { machine, seen, text } = start(rom(print('bye', 0xe9), HALT));
    expect(await machine.run()).toMatchObject({
      kind: 'haltedForEver',
      report: { text: expect.stringContaining('HLT=1') },
    });
    expect(text()).toBe('bye');
    expect(seen).toEqual(['haltedForEver', 'stopped']);
    // jmp far, three times mov and out, cli, hlt
    expect(machine.stats().retired.total).toBe(9);
  });

  it('isa-debug-exit ends with (value << 1) | 1', async () => {
    const code = rom('b0 21 e6 f4', print('not reached', 0xe9), HALT);
    const { machine, text } = start(code, { debugExits: [{ port: 0xf4, size: 4 }] });
    expect(await machine.run()).toEqual({ kind: 'debugExit', status: 0x43 });
    expect(text()).toBe('');
  });

  it('the power management port switches off', async () => {
    const { machine, seen } = start(rom('b8 00 20 ba 04 06 ef', HALT)); // mov ax,2000h / mov dx,604h / out dx,ax
    expect(await machine.run()).toEqual({ kind: 'powerOff' });
    expect(seen).toEqual(['powerOff', 'stopped']);
  });

  it('a triple fault resets, or ends with noReboot', async () => {
    const code = rom('2e 0f 01 1e 20 00', print('x', 0xe9), 'cc', new Array(32).fill(0)); // lidt of zeros; int3
    const again = start(code);
    const reasons: Promise<StopReason> = again.machine.run();
    again.machine.on('reset', () => again.seen.length >= 6 && again.machine.stop());
    expect(await reasons).toEqual({ kind: 'stop' });
    expect(again.seen.slice(0, 4)).toEqual([
      'tripleFault',
      'reset: triple fault',
      'tripleFault',
      'reset: triple fault',
    ]);
    expect(again.text()).toMatch(/^x{3,}$/);
    again.machine.dispose();
    const once = start(code, { noReboot: true });
    expect(await once.machine.run()).toMatchObject({
      kind: 'tripleFault',
      report: { text: expect.stringContaining('EIP=') },
    });
  });

  it('NMI from outside, which bit 7 of port 70h keeps away', async () => {
    const code = rom(
      '31 c0 8e d8 8e d0 bc 00 70', // xor ax,ax / mov ds,ax / mov ss,ax / mov sp,7000h
      'c7 06 08 00 00 01 c7 06 0a 00 00 f0', // vector 2 is F000:0100
      'b0 80 e6 70', // masked
      print('m', 0xe9),
      'b9 00 80 e2 fe', // mov cx,8000h / loop $
      'b0 00 e6 70', // open
      print('o', 0xe9),
      '83 fb 01 75 fb', // cmp bx,1 / jne back
      print('d', 0xe9),
      HALT,
    );
    code.set([0xb0, 0x6e, 0xe6, 0xe9, 0x43, 0xcf], 0x100); // mov al,'n' / out 0e9h,al / inc bx / iret
    const { machine, text } = start(code);
    // Once while it is masked, and again when it is open.
    machine.on('debugcon', () => text().endsWith('n') || machine.nmi());
    machine.pause();
    const end = machine.run();
    machine.resume();
    expect(await end).toMatchObject({ kind: 'haltedForEver' });
    expect(text()).toBe('mond');
  });

  it('ports 92h and 64h reset', async () => {
    for (const code of ['b0 01 e6 92', 'b0 fe e6 64']) {
      const { machine, seen } = start(rom(print('r', 0xe9), code, HALT), { noReboot: true });
      expect(await machine.run()).toEqual({ kind: 'reset' });
      expect(seen).toEqual(['stopped']);
      machine.dispose();
    }
  });

  it('stops at exactly maxInstructions', async () => {
    for (const limit of [1, 2, 12_345, 1_000_003]) {
      const { machine } = start(rom('40 eb fd'), { maxInstructions: limit }); // inc ax / jmp
      expect(await machine.run()).toEqual({ kind: 'instructionLimit', retired: limit });
      machine.dispose();
    }
  });

  it('timer interrupts wake HLT, and idle time is skipped', async () => {
    // sti / l: hlt / cmp bx,100 / jb l / mov al,bl / out e9h,al / cli / hlt
    const { machine, text } = start(withHandler(rom(TIMER, 'fb f4 83 fb 64 72 fa 88 d8 e6 e9', HALT)));
    await machine.run();
    expect(text()).toBe('d');
    const stats = machine.stats();
    expect(stats.interrupts).toBe(100);
    // 99 periods of 1193 / 1193182 s (programming the timer raises its output at once), hardly any of it executing.
    expect(stats.guestMs).toBeGreaterThan(98.9);
    expect(stats.guestMs).toBeLessThan(99.1);
    expect(stats.retired.total).toBeLessThan(1000);
  });

  it('an interrupt comes at the same instruction in every run', async () => {
    // sti / l: inc cx / cmp bx,3 / jb l / cli / out the count's bytes
    const code = withHandler(rom(TIMER, '31 c9 fb 41 83 fb 03 72 fa fa 88 c8 e6 e9 88 e8 e6 e9', HALT));
    const results: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { machine, text } = start(code);
      await machine.run();
      results.push([text(), machine.stats().retired.total]);
      machine.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    sameInAllEngines.push(JSON.stringify(results[0]));
    expect(new Set(sameInAllEngines).size).toBe(1);
  });

  it('serial input arrives and is echoed', async () => {
    // l: mov dx,3fdh / in al,dx / test al,1 / jz l / mov dx,3f8h / in al,dx / out dx,al / cmp al,'!' / jne l
    const { machine } = start(rom('ba fd 03 ec a8 01 74 f8 ba f8 03 ec ee 3c 21 75 ef', HALT));
    let echoed = '';
    machine.on('serial', ({ port, bytes }) => {
      echoed += `${port}:${Buffer.from(bytes).toString()} `;
    });
    expect(machine.sendSerial('abc')).toBe(3);
    const end = machine.run();
    machine.sendSerial('d!');
    await end;
    expect(echoed.replaceAll(/ 0:|^0:/g, '').trim()).toBe('abcd!');
  });

  it('what nobody implements reads ones and is logged', async () => {
    const lines: string[] = [];
    // mov dx,1234h / in al,dx / out e9h,al
    const { machine, text } = start(rom('ba 34 12 ec e6 e9', HALT), {
      log: { items: ['unimp'], write: (line) => lines.push(line) },
    });
    await machine.run();
    expect(text()).toBe('\xff');
    expect(lines).toEqual(['port read 1234 size 1 value ff']);
  });

  it('a guest that never rests leaves the event loop its turns', async () => {
    const { machine } = start(rom('eb fe'), { clock: { kind: 'realtime' } });
    let turns = 0;
    const timer = setInterval(() => ++turns === 20 && machine.stop(), 1);
    expect(await machine.run()).toEqual({ kind: 'stop' });
    clearInterval(timer);
    expect(turns).toBe(20);
    // 10 ms are promised; a busy host may take the processor away meanwhile.
    expect(machine.stats().longestSliceMs).toBeLessThan(100);
  });

  it('a guest that waits leaves the host idle', async () => {
    const { machine } = start(rom('fb f4 eb fd'), { clock: { kind: 'realtime' } }); // sti / hlt / jmp
    const before = process.cpuUsage();
    setTimeout(() => machine.stop(), 300);
    await machine.run();
    const used = process.cpuUsage(before);
    expect((used.user + used.system) / 1000).toBeLessThan(150);
    expect(machine.stats().slices).toBeLessThan(1000);
  });

  it('can be paused, disposed of, and asked for its state', async () => {
    const { machine } = start(rom('eb fe'));
    const end = machine.run();
    machine.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { total } = machine.stats().retired;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(machine.stats().retired.total).toBe(total);
    machine.resume();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(machine.stats().retired.total).toBeGreaterThan(total);
    expect(machine.describe()).toMatch(/CS {2}=f000/);
    machine.dispose();
    expect(await end).toEqual({ kind: 'stop' });
  });
});

const sameInAllEngines: string[] = [];

describe('options', () => {
  it.each([
    [{ memory: 1000 }, /1000 bytes/],
    [{ memory: 2 << 20, clock: { kind: 'deterministic', shift: 11 } }, /shift 11/],
    [{ memory: 2 << 20, debugcons: [70000] }, /70000/],
    [{ memory: 2 << 20, bios: new Uint8Array(100) }, /100 bytes/],
  ] as [MachineOptions, RegExp][])('those out of range are refused: %#', (options, message) => {
    expect(() => createMachine(options)).toThrow(message);
  });
});
