// Breakpoints and watchpoints under both engines, on code that was translated before: they stop at the same instruction,
// with the same state, and without points the code runs translated again.
import { beforeEach, describe, expect, test } from 'vitest';
import { parseCodeText } from '../../../src/cli/code-text.ts';
import { DebugPoints, type DebugStop, type WatchType } from '../../../src/cpu/debug-points.ts';
import { CR0, CR3 } from '../../../src/cpu/layout.ts';
import { CR0_PG, CR0_WP, EAX, ECX, EDI, ES, ESI, ESP } from '../../../src/cpu/registers.ts';
import { loadBinaryen } from '../../../src/translator/lower/binaryen-raw.ts';
import { DATA_SELECTOR, Lockstep } from '../../support/lockstep.ts';

const raw = await loadBinaryen();
const pair = new Lockstep(raw, { threshold: 20 });
const STACK = 0x7_0000;
const DATA = 0x6_0000;
const DIRECTORY = 0x6000;
const PAGE_TABLE = 0x7000;

const sides = [pair.translate, pair.interpret] as const;
const translated = () => Number(pair.engine.retired(0)['translate']);

/** Loads code, runs it for a while, then has a debugger attach. Returns the labels' addresses. */
function start(
  text: string,
  registers: Readonly<Record<number, number>> = {},
  warmUp = 200_000,
): (label: string) => number {
  const { bytes, address, labels } = parseCodeText(text);
  pair.load(address, bytes);
  pair.each((cpu) => {
    cpu.eip = address;
    cpu.gpr[ESP] = STACK;
    for (const [r, value] of Object.entries({ [ESI]: DATA, ...registers })) cpu.gpr[Number(r)] = value;
  });
  const before = translated();
  expect(pair.run(warmUp)).toBeUndefined();
  if (warmUp > 0) expect(translated() - before).toBeGreaterThan(warmUp / 4);
  pair.each((cpu) => {
    cpu.debug = new DebugPoints();
    cpu.tlb.watchPages = cpu.debug.watchPages;
  });
  return (label) => labels.get(label)!;
}

function breakAt(address: number): void {
  for (const { cpu, engine } of sides) {
    engine.breakpointSet?.(address >>> 12);
    cpu.debug!.addBreakpoint('software', address);
  }
}

function watch(type: WatchType, address: number, length: number): void {
  pair.each((cpu) => {
    cpu.debug!.addWatchpoint({ type, address, length });
    cpu.tlb.dropAllDeltas();
  });
}

/** Goes on until both stop. Returns why, and where. */
function goOn(limit = 10_000): { stop: DebugStop | undefined; eip: number } {
  pair.each((cpu) => {
    cpu.debug!.stop = undefined;
    cpu.debug!.goOnAt = cpu.eip >>> 0;
  });
  expect(pair.run(limit)).toBeUndefined();
  const [a, b] = sides.map(({ cpu }) => cpu);
  expect(a!.debug!.stop).toEqual(b!.debug!.stop);
  return { stop: a!.debug!.stop, eip: a!.eip >>> 0 };
}

const register = (r: number) => pair.translate.cpu.gpr[r]!;

beforeEach(() => {
  pair.each((cpu) => {
    cpu.debug = undefined;
    cpu.tlb.watchPages = undefined;
  });
  pair.reset();
});

const LOOP = `
again:
  40                 ; inc eax
  83 c3 02           ; add ebx, 2
middle:
  31 c1              ; xor ecx, eax
  89 06              ; mov [esi], eax
  8b 16              ; mov edx, [esi]
behind:
  eb >again`;

describe('breakpoints', () => {
  test('stop before the instruction, each time it is come to', () => {
    const at = start(LOOP);
    breakAt(at('middle'));
    const first = goOn();
    expect(first).toEqual({ stop: { kind: 'breakpoint', type: 'software', address: at('middle') }, eip: at('middle') });
    const count = register(EAX);
    for (let n = 1; n < 5; n++) {
      expect(goOn().eip).toBe(at('middle'));
      expect(register(EAX)).toBe(count + n);
    }
  });

  test('taken away, the code is translated again', () => {
    const at = start(LOOP);
    breakAt(at('middle'));
    goOn();
    pair.each((cpu) => cpu.debug!.removeBreakpoint('software', at('middle')));
    const before = translated();
    expect(goOn(200_000).stop).toBeUndefined();
    expect(translated() - before).toBeGreaterThan(40_000);
  });

  test('of both kinds at one address: each has to be taken away', () => {
    const at = start(LOOP);
    breakAt(at('middle'));
    pair.each((cpu) => cpu.debug!.addBreakpoint('hardware', at('middle')));
    pair.each((cpu) => cpu.debug!.removeBreakpoint('software', at('middle')));
    expect(goOn().stop).toEqual({ kind: 'breakpoint', type: 'hardware', address: at('middle') });
  });

  test('behind an instruction that holds interrupts off', () => {
    const at = start(
      `
again:
  8c d0              ; mov eax, ss
  8e d0              ; mov ss, eax
  43                 ; inc ebx
  fb                 ; sti
behind:
  fa                 ; cli
  eb >again`,
      {},
      0,
    );
    breakAt(at('again') + 4);
    expect(goOn().eip).toBe(at('again') + 4);
    breakAt(at('behind'));
    expect(goOn().eip).toBe(at('behind'));
  });

  test('in another page of a region that runs on into it', () => {
    // The code straddles a page boundary; the block behind is entered by a jump and by falling through.
    const at = start(`
address 0x10ff0
again:
  40 40 40 40 40 40
  81 c3 01 00 00 00
  81 c1 01 00 00 00  ; the last instruction of the page reaches into the next one
behind:
  31 c8
  4a
  eb >again`);
    breakAt(at('behind'));
    expect(goOn().eip).toBe(at('behind'));
    pair.each((cpu) => cpu.debug!.clear());
    breakAt(at('again') + 12);
    expect(goOn().eip).toBe(at('again') + 12);
  });

  test('in a page that was mapped elsewhere when it was translated', () => {
    const entries = Array.from({ length: 1024 }, (_, n) => (n < 256 ? (n << 12) | 3 : 0));
    pair.load(PAGE_TABLE, new Uint8Array(Int32Array.from(entries).buffer));
    pair.load(DIRECTORY, new Uint8Array(Int32Array.of(PAGE_TABLE | 3).buffer));
    // add ebx, 2; jmp 10000h: in both pages, which are mapped at 11000h in turn.
    const back = Uint8Array.of(0x83, 0xc3, 0x02, 0xe9, ...new Uint8Array(Int32Array.of(0x1_0000 - 0x1_1008).buffer));
    for (const page of [0x1_1000, 0x1_2000]) pair.load(page, back);
    pair.each((cpu) => {
      cpu.s32[CR3 >> 2] = DIRECTORY;
      cpu.s32[CR0 >> 2]! |= CR0_PG | CR0_WP;
      cpu.tlb.flush(false);
    });
    start(`
again:
  40                 ; inc eax
  e9 fa 0f 00 00     ; jmp 11000h`);
    const remap = (page: number) => {
      pair.load(PAGE_TABLE + 0x11 * 4, new Uint8Array(Int32Array.of((page << 12) | 0x23).buffer));
      pair.each((cpu) => cpu.tlb.flush(false));
    };
    remap(0x12);
    expect(goOn(200_000).stop).toBeUndefined();
    // The breakpoint is set under the second mapping, and holds under the first, whose region is still there.
    breakAt(0x1_1003);
    remap(0x11);
    expect(goOn().eip).toBe(0x1_1003);
    remap(0x12);
    expect(goOn().eip).toBe(0x1_1003);
  });
});

describe('watchpoints', () => {
  test.each([
    ['write', 'middle', 4],
    ['read', 'behind', 0],
    ['access', 'middle', 4],
  ] as const)('%s: stops behind the instruction', (type, label, ahead) => {
    const at = start(LOOP);
    watch(type, DATA + 1, 1);
    const { stop, eip } = goOn();
    expect(stop).toEqual({ kind: 'watchpoint', type, address: DATA + 1 });
    expect(eip).toBe(at(label) + ahead);
  });

  test('neighbours do not stop the guest; taken away, the code runs translated', () => {
    start(LOOP);
    watch('access', DATA + 4, 4);
    watch('access', DATA - 4, 4);
    expect(goOn(2000).stop).toBeUndefined();
    pair.each((cpu) => {
      cpu.debug!.removeWatchpoint({ type: 'access', address: DATA + 4, length: 4 });
      cpu.debug!.removeWatchpoint({ type: 'access', address: DATA - 4, length: 4 });
    });
    const before = translated();
    goOn(200_000);
    expect(translated() - before).toBeGreaterThan(40_000);
  });

  test.each([
    ['push', '50 58', 1, STACK - 4],
    ['unaligned, over the page boundary', '89 9e fe 0f 00 00', 6, DATA + 0x1000],
    ['16 bytes', '0f 11 06', 3, DATA + 12],
    ['16 bytes over the page boundary', '0f 11 86 f8 0f 00 00', 7, DATA + 0x1004],
    ['10 bytes', 'd9 ee db 3e', 4, DATA + 8],
    ['read-modify-write', 'ff 06', 2, DATA],
    ['a call', 'e8 00 00 00 00 58', 5, STACK - 4],
  ])('%s', (_name, code, length, address) => {
    const at = start(`again:\n ${code}\n eb >again`);
    watch('write', address, 1);
    expect(goOn()).toEqual({ stop: { kind: 'watchpoint', type: 'write', address }, eip: at('again') + length });
  });

  test('a repeated string instruction is left behind the iteration', () => {
    const at = start(`
again:
  bf 00 00 06 00     ; mov edi, 60000h
  b9 10 00 00 00     ; mov ecx, 16
repeated:
  f3 ab              ; rep stosd
  eb >again`);
    watch('write', DATA + 0x20, 4);
    const { eip } = goOn();
    expect(eip).toBe(at('repeated'));
    expect(register(ECX)).toBe(16 - 9);
    expect(register(EDI)).toBe(DATA + 0x24);
  });

  test('an access of an instruction that then faults is told of when it is made again', () => {
    const at = start(
      `
again:
  46                 ; inc esi
  4e                 ; dec esi
  a5                 ; movsd: the read is allowed, the write is beyond the limit of ES
behind:
  eb >again
handler:
  83 c4 04           ; add esp, 4: the error code
  83 04 24 01        ; add dword [esp], 1
  40                 ; inc eax
  cf                 ; iret`,
      { [EDI]: 0x6_1000 },
      0,
    );
    pair.handleFaults(at('handler'));
    pair.each((cpu) => cpu.setSegment(ES, DATA_SELECTOR, 0, 0x5_ffff, cpu.segAttr(ES)));
    watch('read', DATA, 4);
    expect(goOn(5000).stop).toBeUndefined();
    expect(register(EAX)).toBeGreaterThan(500);
    pair.each((cpu) => cpu.setSegment(ES, DATA_SELECTOR, 0, -1, cpu.segAttr(ES)));
    expect(goOn(5000)).toEqual({ stop: { kind: 'watchpoint', type: 'read', address: DATA }, eip: at('behind') });
  });

  test("the processor's own accesses count: a frame pushed by an exception", () => {
    const at = start(
      `
again:
  31 db              ; xor ebx, ebx
  f7 f3              ; div ebx: #DE
  eb >again
handler:
  83 04 24 02        ; add dword [esp], 2
  cf                 ; iret`,
      {},
      0,
    );
    pair.handleFaults(at('handler'));
    watch('write', STACK - 4, 4);
    expect(goOn()).toEqual({ stop: { kind: 'watchpoint', type: 'write', address: STACK - 4 }, eip: at('handler') });
  });
});
