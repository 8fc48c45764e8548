/**
 * System calls in translated code: INT n and IRETD there and back, whatever is changed between two of them. What is usual is
 * carried out without the dispatcher, as the inline counters tell; and both engines agree, always.
 */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Cpu } from '../../src/cpu/cpu.ts';
import * as L from '../../src/cpu/layout.ts';
import {
  AC,
  CR0_PG,
  CR0_WP,
  CS,
  DS,
  EDI,
  ES,
  ESI,
  ESP,
  FS,
  GS,
  ID,
  IF,
  NT,
  RF,
  SS,
  TF,
  TR,
  VM,
} from '../../src/cpu/registers.ts';
import { TSC_AUX } from '../../src/cpu/system/msr-table.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { GDT, IDT, Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const pair = new Lockstep(raw);

const TSS = 0x3000;
const DIRECTORY = 0x4000;
const TABLE = 0x5000;
const USER = 0x8000;
const KERNEL = 0x9000;
const OTHER_KERNEL = 0xa000;
const FAULT = 0xb000;
const USER_STACK = 0x6_0000;
const KERNEL_STACK = 0x7_0000;
/** A gate at another place, in a page that can be mapped instead of the IDT's. */
const OTHER_IDT = 0xc000;
const VECTOR = 0x80;
/** Handlers that set NT, and that load the data segments of level 0. */
const NT_HANDLER = 0xb800;
const DATA_HANDLER = 0xb900;

const CODE_0 = 8;
const DATA_0 = 0x10;
const CODE_3 = 0x1b;
const DATA_3 = 0x23;
const TASK = 0x28;
const SPARE = 0x30;

const words = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const gate = (offset: number, high = 0xee00, selector = CODE_0) => [
  (selector << 16) | (offset & 0xffff),
  (offset & ~0xffff) | high,
];
const TABLES: readonly (readonly [number, readonly number[]])[] = [
  [
    GDT,
    [
      ...[0, 0, 0xffff, 0x00cf_9b00, 0xffff, 0x00cf_9300, 0xffff, 0x00cf_fb00, 0xffff, 0x00cf_f300],
      ...[0x67 | (TSS << 16), 0x8b00, 0xffff, 0x00cf_9300],
    ],
  ],
  [IDT + VECTOR * 8, gate(KERNEL)],
  [OTHER_IDT + VECTOR * 8, gate(OTHER_KERNEL)],
  [TSS + 4, [KERNEL_STACK, DATA_0]],
];

/** Page table entries that map everything to itself, for everybody, accessed and dirty. */
const IDENTITY = Array.from({ length: 256 }, (_, n) => (n << 12) | 0x67);

// inc ecx; add eax, ecx; int 80h; adc ebx, eax; jmp back.
const PROGRAM = [0x41, 0x01, 0xc8, 0xcd, VECTOR, 0x11, 0xc3, 0xeb, 0xf7];
// xor [esp+8], esi; xor [esp+4], edi; iretd: flags and CS as the test wants them.
const HANDLER = [0x31, 0x74, 0x24, 0x08, 0x31, 0x7c, 0x24, 0x04, 0xcf];
// inc edx; then the same.
const OTHER_HANDLER = [0x42, ...HANDLER];
// pushf; or word [esp], 4000h; popf; iretd.
const SETS_NT = [0x9c, 0x66, 0x81, 0x0c, 0x24, 0x00, 0x40, 0x9d, 0xcf];
// push ss; pop fs; push ss; pop gs; iretd.
const LOADS_DATA = [0x16, 0x0f, 0xa1, 0x16, 0x0f, 0xa9, 0xcf];

/** Whether the page table is another than IDENTITY. Where it is not, the TLB keeps what it has, so that what follows can be quick. */
let remapped = true;

/** Everything as it is between system calls, the translations apart. */
function restore(level: 0 | 3): void {
  for (const [address, values] of TABLES) pair.load(address, words(...values));
  if (remapped) {
    pair.load(TABLE, words(...IDENTITY));
    pair.load(DIRECTORY, words(TABLE | 0x27));
    pair.each((cpu) => cpu.tlb.flush(true));
    remapped = false;
  }
  pair.each((cpu) => {
    cpu.halted = false;
    cpu.shutdown = false;
    cpu.interruptShadow = false;
    cpu.interruptPending = false;
    cpu.s32[L.GDTR_LIMIT >> 2] = 0x37;
    cpu.s32[L.IDTR_LIMIT >> 2] = 0x7ff;
    const [code, data] = level === 3 ? [CODE_3, DATA_3] : [CODE_0, DATA_0];
    cpu.setSegment(CS, code, 0, -1, level === 3 ? 0x00c0_fb00 : 0x00c0_9b00);
    cpu.setSegment(SS, data, 0, -1, level === 3 ? 0x00c0_f300 : 0x00c0_9300);
    for (const seg of [DS, ES, FS, GS]) cpu.setSegment(seg, DATA_3, 0, -1, 0x00c0_f300);
    cpu.setSegment(TR, TASK, TSS, 0x67, 0x8b00);
    cpu.setCpl(level);
    cpu.eip = USER;
    cpu.eflags = 2 | IF;
    cpu.gpr.set([1, 2, 3, 4, USER_STACK, 6, 0, 0]);
  });
}

function setUp(level: 0 | 3, paging: boolean): void {
  pair.reset();
  pair.handleFaults(FAULT);
  pair.load(FAULT, Uint8Array.of(0xf4));
  pair.load(USER, Uint8Array.from(PROGRAM));
  pair.load(KERNEL, Uint8Array.from(HANDLER));
  pair.load(OTHER_KERNEL, Uint8Array.from(OTHER_HANDLER));
  pair.load(NT_HANDLER, Uint8Array.from(SETS_NT));
  pair.load(DATA_HANDLER, Uint8Array.from(LOADS_DATA));
  pair.each((cpu) => {
    cpu.s32[L.CR3 >> 2] = DIRECTORY;
    if (paging) cpu.s32[L.CR0 >> 2]! |= CR0_PG | CR0_WP;
    cpu.modeVersion++;
  });
  remapped = true;
  restore(level);
}

/** Regions are published between runs. */
function warmUp(both: Lockstep): void {
  for (let n = 0; n < 25; n++) expect(both.run(800)).toBeUndefined();
}

function inline(name: string): number {
  return (pair.engine.stats()['sensitiveInline'] as Record<string, number>)[name] ?? 0;
}

/** Runs the usual for a while; nearly all of it must go the quick way. */
function usual(level: 0 | 3): void {
  restore(level);
  const before = [inline('int'), inline('iret')];
  expect(pair.run(800)).toBeUndefined();
  expect(inline('int') - before[0]!).toBeGreaterThan(60);
  expect(inline('iret') - before[1]!).toBeGreaterThan(60);
}

type Change = (cpu: Cpu) => void;
const write = (address: number, ...values: number[]): Change => {
  const bytes = words(...values);
  return (cpu) => cpu.memory.writeBytes(address, bytes);
};
const descriptor = (selector: number, low: number, high: number) => write(GDT + (selector & ~7), low, high);
const gateOf = (offset: number, high?: number, selector?: number) =>
  write(IDT + VECTOR * 8, ...gate(offset, high, selector));
const stack = (pointer: number, selector = DATA_0) => write(TSS + 4, pointer, selector);
const page =
  (linear: number, entry: number): Change =>
  (cpu) => {
    write(TABLE + (linear >>> 12) * 4, entry)(cpu);
    remapped = true;
    cpu.tlb.flushPage(linear >>> 12);
  };
const flags =
  (bits: number): Change =>
  (cpu) => {
    cpu.eflags ^= bits;
  };
/** What the handler turns over in the flags, and in CS, that it returns to. */
const returned =
  (bits: number, selector = 0): Change =>
  (cpu) => {
    cpu.gpr[ESI] = bits;
    cpu.gpr[EDI] = selector;
  };
const segment =
  (seg: number, selector: number, base: number, limit: number, attributes: number): Change =>
  (cpu) =>
    cpu.setSegment(seg, selector, base, limit, attributes);

const CHANGES: Readonly<Record<string, Change>> = {
  'another handler': gateOf(OTHER_KERNEL),
  'a handler that sets NT': gateOf(NT_HANDLER),
  'a handler that leaves its data segments': gateOf(DATA_HANDLER),
  'a trap gate': gateOf(KERNEL, 0xef00),
  'bits of the gate that mean nothing': gateOf(KERNEL, 0xee1f),
  'a gate of level 0': gateOf(KERNEL, 0x8e00),
  'a gate that is not present': gateOf(KERNEL, 0x6e00),
  'a 16-bit gate': gateOf(KERNEL, 0xe600),
  'a task gate': gateOf(KERNEL, 0xe500, TASK),
  'a gate without a segment': gateOf(KERNEL, 0xee00, 0),
  'a gate to data': gateOf(KERNEL, 0xee00, DATA_0),
  'a gate to the LDT': gateOf(KERNEL, 0xee00, 4),
  'a gate whose selector has an RPL': gateOf(KERNEL, 0xee00, CODE_0 + 3),
  'a gate beyond the GDT': gateOf(KERNEL, 0xee00, 0x100),
  'code not accessed yet': descriptor(CODE_0, 0xffff, 0x00cf_9a00),
  'code with AVL': descriptor(CODE_0, 0xffff, 0x00df_9b00),
  'code with a limit': descriptor(CODE_0, KERNEL + 4, 0x0040_9b00),
  'code with a smaller limit': descriptor(CODE_0, KERNEL - 1, 0x0040_9b00),
  'code with a base': descriptor(CODE_0, 0x0100_ffff, 0x00cf_9b00),
  'conforming code': descriptor(CODE_0, 0xffff, 0x00cf_9f00),
  '16-bit code': descriptor(CODE_0, 0xffff, 0x008f_9b00),
  'code that is not present': descriptor(CODE_0, 0xffff, 0x00cf_1b00),
  'code of level 1': descriptor(CODE_0, 0xffff, 0x00cf_bb00),
  'a stack not accessed yet': descriptor(DATA_0, 0xffff, 0x00cf_9200),
  'a 16-bit stack': descriptor(DATA_0, 0xffff, 0x008f_9300),
  'a stack with a base': descriptor(DATA_0, 0x0010_ffff, 0x00cf_9300),
  'a stack that ends': descriptor(DATA_0, KERNEL_STACK - 1 - 8, 0x0040_9300),
  'a read-only stack': descriptor(DATA_0, 0xffff, 0x00cf_9100),
  'a stack that is not present': descriptor(DATA_0, 0xffff, 0x00cf_1300),
  'another stack': stack(KERNEL_STACK + 0x1000),
  'a stack across pages': stack(KERNEL_STACK + 8),
  'an unaligned stack': stack(KERNEL_STACK + 0x102),
  'a stack below 0': stack(8),
  'another stack segment': stack(KERNEL_STACK, SPARE),
  'no stack segment': stack(KERNEL_STACK, 0),
  'a stack segment with an RPL': stack(KERNEL_STACK, DATA_0 + 3),
  'a stack in code': stack(KERNEL + 0x100),
  'a stack segment of level 3': stack(KERNEL_STACK, DATA_3),
  'outer code not accessed yet': descriptor(CODE_3, 0xffff, 0x00cf_fa00),
  'outer code with a limit': descriptor(CODE_3, USER + 4, 0x0040_fb00),
  'outer code that is not present': descriptor(CODE_3, 0xffff, 0x00cf_7b00),
  'outer data': descriptor(CODE_3, 0xffff, 0x00cf_f300),
  'an outer stack not accessed yet': descriptor(DATA_3, 0xffff, 0x00cf_f200),
  'a 16-bit outer stack': descriptor(DATA_3, 0xffff, 0x008f_f300),
  'an outer stack that is not present': descriptor(DATA_3, 0xffff, 0x00cf_7300),
  'a short GDT': (cpu) => (cpu.s32[L.GDTR_LIMIT >> 2] = 0x1f),
  'a shorter GDT': (cpu) => (cpu.s32[L.GDTR_LIMIT >> 2] = 0x0e),
  'a GDT elsewhere': (cpu) => (cpu.s32[L.GDTR_BASE >> 2] = GDT + 8),
  'a short IDT': (cpu) => (cpu.s32[L.IDTR_LIMIT >> 2] = VECTOR * 8 + 6),
  'an IDT elsewhere': (cpu) => (cpu.s32[L.IDTR_BASE >> 2] = OTHER_IDT),
  'a short task': segment(TR, TASK, TSS, 8, 0x8b00),
  'a 16-bit task': segment(TR, TASK, TSS, 0x67, 0x8300),
  'no task': segment(TR, 0, 0, 0, 0),
  'a task elsewhere': segment(TR, TASK, 0xd000, 0x67, 0x8b00),
  'IF clear': flags(IF),
  'NT set': flags(NT),
  'IOPL 3': flags(0x3000),
  'AC set': flags(AC),
  'an interrupt pending': (cpu) => {
    cpu.interruptPending = true;
    cpu.eflags &= ~IF;
  },
  'an interrupt pending, and IF comes': (cpu) => {
    cpu.interruptPending = true;
    cpu.eflags &= ~IF;
    cpu.gpr[ESI] = IF;
  },
  'IF turned over': returned(IF),
  'TF comes': returned(TF),
  'NT comes': returned(NT),
  'RF comes': returned(RF),
  'VM comes': returned(VM),
  'AC and ID come': returned(AC | ID),
  'IOPL and status flags come': returned(0x38d5),
  'back to nowhere': returned(0, CODE_3),
  'back to data': returned(0, CODE_3 ^ DATA_3),
  'back to level 1': returned(0, 2),
  'back to level 0': returned(0, CODE_3 ^ CODE_0),
  'back to the LDT': returned(0, 4),
  'back to beyond the GDT': returned(0, 0x1000),
  'inner data': segment(DS, DATA_0, 0, -1, 0x00c0_9300),
  'inner extra data': segment(FS, DATA_0, 0, -1, 0x00c0_9300),
  'no data': segment(ES, 0, 0, 0, 0),
  'conforming data': segment(GS, CODE_0, 0, -1, 0x00c0_9f00),
  'the stack is read-only': page(KERNEL_STACK - 1, ((KERNEL_STACK - 0x1000) & ~0xfff) | 0x65),
  'the stack is not there': page(KERNEL_STACK - 1, 0),
  'the stack is not dirty': page(KERNEL_STACK - 1, ((KERNEL_STACK - 0x1000) & ~0xfff) | 0x27),
  'the stack is for supervisors': page(KERNEL_STACK - 1, ((KERNEL_STACK - 0x1000) & ~0xfff) | 0x63),
  'the IDT is another': page(IDT, OTHER_IDT | 0x67),
  'the IDT is for supervisors': page(IDT, IDT | 0x63),
  'the IDT is not there': page(IDT, 0),
  'the GDT is not there': page(GDT, 0),
  'the task is not there': page(TSS, 0),
  'the handler is not there': page(KERNEL, 0),
  'the handler is another': page(KERNEL, OTHER_KERNEL | 0x67),
  'the program is for supervisors': page(USER, USER | 0x63),
};

describe.each([
  ['from level 3', 3, false],
  ['from level 3, with pages', 3, true],
  ['within level 0', 0, false],
  ['within level 0, with pages', 0, true],
] as const)('%s', (_, level, paging) => {
  beforeEach(() => {
    setUp(level, paging);
    warmUp(pair);
    usual(level);
  });

  test.each(Object.keys(CHANGES))('%s', (name) => {
    for (const count of [1, 2, 3, 4, 6, 9, 40, 400]) {
      restore(level);
      pair.each(CHANGES[name]!);
      expect(pair.run(count), `${count} instructions`).toBeUndefined();
      pair.engine.translateNow();
      // And behind it, with what it has left.
      expect(pair.run(count), `${count} more`).toBeUndefined();
    }
    pair.each((cpu) => {
      cpu.s32[L.GDTR_BASE >> 2] = GDT;
      cpu.s32[L.IDTR_BASE >> 2] = IDT;
    });
    usual(level);
  });

  test('changes one after another, between any two instructions', () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(CHANGES)), fc.integer({ min: 1, max: 30 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 20 }), (steps) => {
        restore(level);
        for (const [name, count, keep] of steps) {
          pair.each(CHANGES[name]!);
          expect(pair.run(count)).toBeUndefined();
          if (keep && !pair.translate.cpu.halted && !pair.translate.cpu.shutdown) continue;
          pair.each((cpu) => {
            cpu.s32[L.GDTR_BASE >> 2] = GDT;
            cpu.s32[L.IDTR_BASE >> 2] = IDT;
          });
          restore(level);
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('a stack whose last words end with its page', () => {
  setUp(0, false);
  pair.each((cpu) => {
    cpu.gpr[ESP] = 0x6_1000;
  });
  warmUp(pair);
  const before = inline('iret');
  expect(pair.run(4000)).toBeUndefined();
  expect(inline('iret') - before).toBeGreaterThan(400);
});

test('no chains: all of them are callouts', () => {
  const plain = new Lockstep(raw, { translator: { chain: false } });
  for (const [address, values] of TABLES) plain.load(address, words(...values));
  plain.load(USER, Uint8Array.from(PROGRAM));
  plain.load(KERNEL, Uint8Array.from(HANDLER));
  plain.each((cpu) => {
    cpu.s32[L.IDTR_LIMIT >> 2] = 0x7ff;
    cpu.eip = USER;
    cpu.gpr.set([1, 2, 3, 4, USER_STACK, 6, 0, 0]);
  });
  warmUp(plain);
  expect(plain.run(4000)).toBeUndefined();
  expect((plain.engine.stats()['callouts'] as Record<string, number>)['int']).toBeGreaterThan(300);
  expect(plain.engine.stats()['sensitiveInline']).toEqual({});
});

describe('SYSENTER and SYSEXIT', () => {
  // inc ecx; mov ebp, esp; sysenter; add ebx, eax; jmp back.
  const PROGRAM = [0x41, 0x89, 0xe5, 0x0f, 0x34, 0x01, 0xc3, 0xeb, 0xf7];
  const BEHIND = USER + 5;
  // inc eax; mov ecx, ebp; mov edx, BEHIND; sti; sysexit. And one without STI.
  const handler = (...sti: number[]) => [0x40, 0x89, 0xe9, 0xba, ...words(BEHIND), ...sti, 0x0f, 0x35];

  const msr =
    (offset: number, value: number): Change =>
    (cpu) => {
      cpu.s32[offset >> 2] = value;
    };
  const CHANGES: Readonly<Record<string, Change>> = {
    'another segment': msr(L.SYSENTER_CS, 0x41),
    'the last segments': msr(L.SYSENTER_CS, 0xfff8),
    'high bits of the segment': msr(L.SYSENTER_CS, 0x1234_0008),
    'no segment': msr(L.SYSENTER_CS, 0x1_0003),
    'another handler': msr(L.SYSENTER_EIP, OTHER_KERNEL),
    'a handler without STI': msr(L.SYSENTER_EIP, NT_HANDLER),
    'another stack': msr(L.SYSENTER_ESP, 0x1234),
    'IF clear': flags(IF),
    'NT set': flags(NT),
    'AC set': flags(AC),
    'TF set': flags(TF),
    'RF set': flags(RF),
    'an interrupt pending': (cpu) => {
      cpu.interruptPending = true;
      cpu.eflags &= ~IF;
    },
    'level 0': (cpu) => cpu.setCpl(0),
    'level 1': (cpu) => cpu.setCpl(1),
    'segments with a base': segment(SS, DATA_3, 0x100, -1, 0x00c0_f300),
    'virtual-8086 mode': flags(VM),
    'real mode': (cpu) => {
      cpu.s32[L.CR0 >> 2]! &= ~1;
      cpu.modeVersion++;
    },
  };

  const start = () => {
    restore(3);
    pair.each((cpu) => {
      cpu.s32[L.CR0 >> 2]! |= 1;
      cpu.s32[L.SYSENTER_CS >> 2] = 8;
      cpu.s32[L.SYSENTER_ESP >> 2] = KERNEL_STACK;
      cpu.s32[L.SYSENTER_EIP >> 2] = KERNEL;
    });
  };
  /** Both run and agree, on the shadow of STI too. */
  const run = (count: number) => {
    expect(pair.run(count), `${count} instructions`).toBeUndefined();
    expect(pair.translate.cpu.interruptShadow, `shadow after ${count}`).toBe(pair.interpret.cpu.interruptShadow);
  };
  const quick = () => {
    start();
    const before = [inline('sysenter'), inline('sysexit')];
    run(1000);
    expect(inline('sysenter') - before[0]!).toBeGreaterThan(90);
    expect(inline('sysexit') - before[1]!).toBeGreaterThan(90);
  };

  beforeEach(() => {
    setUp(3, false);
    pair.load(USER, Uint8Array.from(PROGRAM));
    pair.load(KERNEL, Uint8Array.from(handler(0xfb)));
    pair.load(OTHER_KERNEL, Uint8Array.from([0x42, ...handler(0xfb)]));
    pair.load(NT_HANDLER, Uint8Array.from(handler()));
    pair.load(DATA_HANDLER, Uint8Array.from(handler(0xfb, 0x90, 0xfb)));
    start();
    warmUp(pair);
    quick();
  });

  test.each(Object.keys(CHANGES))('%s', (name) => {
    for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 30, 400]) {
      start();
      pair.each(CHANGES[name]!);
      run(count);
      pair.engine.translateNow();
      run(count);
    }
    quick();
  });

  test.each([
    ['an interrupt comes at any boundary', KERNEL],
    ['an interrupt comes at any boundary; the second of two STIs has no shadow', DATA_HANDLER],
  ])('%s', (_, entry) => {
    start();
    pair.each(msr(L.SYSENTER_EIP, entry));
    warmUp(pair);
    for (let count = 1; count < 40; count++) {
      start();
      pair.each(msr(L.SYSENTER_EIP, entry));
      run(200);
      run(count);
      pair.each((cpu) => {
        cpu.interruptPending = true;
      });
      run(30);
    }
  });
});

describe.each([
  ['rdtsc', [0x0f, 0x31]],
  ['rdtscp', [0x0f, 0x01, 0xf9]],
])('%s', (name, opcode) => {
  // inc eax; rdtsc; add ebx, eax; adc esi, edx; jmp back.
  const PROGRAM = [0x40, ...opcode, 0x01, 0xc3, 0x11, 0xd6, 0xeb, -(opcode.length + 7)];
  const CR4_TSD = 4;

  beforeEach(() => {
    setUp(3, false);
    pair.load(USER, Uint8Array.from(PROGRAM));
    pair.each((cpu) => {
      // As in deterministic machines: exactly what has retired.
      cpu.environment.readTsc = () => 2 ** 33 - 5000 - cpu.remaining * 3;
      cpu.s32[L.TSC_OFFSET >> 2] = -7;
      cpu.s32[(L.TSC_OFFSET >> 2) + 1] = 5;
      cpu.s32[TSC_AUX >> 2] = 9;
    });
    warmUp(pair);
  });

  test('is exact to the instruction, without callouts', () => {
    const before = inline(name);
    for (const count of [1, 2, 3, 4, 5, 6, 7, 100, 999, 2000]) expect(pair.run(count)).toBeUndefined();
    expect(inline(name) - before).toBeGreaterThan(550);
  });

  test('CR4.TSD', () => {
    restore(3);
    pair.each((cpu) => {
      cpu.s32[L.CR4 >> 2]! |= CR4_TSD;
      cpu.modeVersion++;
    });
    expect(pair.run(100)).toBeUndefined();
    expect(pair.translate.cpu.halted).toBe(true);
    restore(0);
    expect(pair.run(10_000)).toBeUndefined();
    expect(pair.translate.cpu.halted).toBe(false);
    pair.each((cpu) => {
      cpu.s32[L.CR4 >> 2]! &= ~CR4_TSD;
    });
  });
});
