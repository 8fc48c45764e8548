/**
 * What Unicorn 2.0.1 does not do as the processor does (its core is QEMU 5's): the one table of it. Each line is
 * a reason for which a case, or the outcome of one, is not judged by Unicorn; nothing else is left out. Beside each
 * stands the section of Intel's SDM (the volume in front) that says what is right.
 */

export interface Limit {
  /** What Unicorn does. */
  readonly is: string;
  /** Where the manual says otherwise. */
  readonly manual: string;
}

const limit = (manual: string, is: string): Limit => ({ is, manual });

export const UNICORN_LIMITS = {
  // About cases: refused before they are run.
  interrupts: limit('3: 6.3', 'has no interrupt controller: nothing can be requested from outside'),
  breakpoints: limit(
    '3: 17.2',
    'keeps debug registers, but no breakpoint that is enabled matches, those that are not do, and DR7.GD does nothing',
  ),
  'high-tables': limit(
    '3: 2.4',
    'reads all ones from descriptor tables at linear addresses where there is no RAM, whatever page they are in',
  ),
  guards: limit('3: 2.5', 'has no UMIP, and of SMEP and SMAP what its processor model has'),
  // About outcomes, by what was executed.
  delivery: limit('3: 6.12', 'delivers no exception through the IDT: its run ends where a case expects a handler'),
  'interrupt-6': limit('2: INT n', 'tells INT 6 as an undefined opcode'),
  'trace-cut': limit(
    '3: 5.3',
    'made more accesses than are kept, or has changed page tables that it goes through: they cannot be checked',
  ),
  watched: limit('2', 'loses intermediate results while accesses are watched, and so took another way'),
  died: limit('2', 'has crashed or hung: LOCK before BT, PCMPESTRI of a length of -2^31'),
  error: limit('3: 3.3', 'gave up with an error of its own: code where there is no RAM, above all'),
  'self-modified': limit('3: 8.1.3', 'may carry out an instruction that overwrites code twice'),
  // Segments.
  'segment-limit': limit('3: 5.3', 'does not hold accesses to data and stack against the limit of their segment'),
  'segment-type': limit('3: 5.4', 'does not hold accesses against the type of their segment: writes to code pass'),
  'null-segment': limit('3: 5.4.1', 'has a segment at 0 without a limit for a null selector in DS, ES, FS or GS'),
  'code-limit': limit('3: 5.3', 'does not find EIP beyond the limit of CS, nor does IP wrap at 64 KB'),
  'far-limit': limit(
    '2: CALL, JMP, RET',
    'finds a far target beyond the limit late, and blames its selector (#GP(0) is right)',
  ),
  'null-system': limit(
    '2: LLDT, LTR, IRET',
    'loads a null selector into TR, and one into LDTR with attributes; looks up a null link to a task',
  ),
  'task-fault': limit('3: 7.3', 'has faults in loading a new task happen in the old one'),
  'operand-order': limit(
    '2: CMPS, PUSHA',
    "accesses parts in another order before a page fault: EDI's operand before ESI's, PUSHA, numbers of 80 bits, images of the x87",
  ),
  'written-back': limit('2: ARPL', 'writes in ARPL what it has read where nothing changes'),
  'debug-reserved': limit('3: 17.2', 'keeps reserved bits of DR6 and DR7, which are always 0'),
  'control-values': limit(
    '3: 2.5',
    'keeps reserved bits of CR0, and takes combinations of bits in CR0 and CR4 that raise #GP',
  ),
  'wide-read': limit('2: ROUNDSS, CVTPS2PD, PUNPCKLBW', 'reads 16 or 8 bytes where an operand has 8 or 4'),
  'popa-skip': limit(
    '2: POPA',
    'does not look at the place of ESP in the stack, nor does the manual say it; processors check that it can be read',
  ),
  groups: limit('2: A.4.2', 'takes 8F, C6 and C7 with /1 to /7 for POP and MOV, where #UD is right'),
  'register-only': limit(
    '2: MOVMSKPS, PSLLW',
    'takes MOVMSKPS and shifts by an immediate with an operand in memory, where #UD is right',
  ),
  'pop-wrap': limit('2: POP', 'counts ESP up beyond 64 KB where it is the base of what a 16-bit stack is popped to'),
  'undefined-operand': limit('3: 6.9', 'reads the operand of an instruction that is undefined: FF /7'),
  vme: limit('3: 20.3', 'has neither CR4.VME nor CR4.PVI'),
  'io-permission': limit('1: 19.5', 'looks neither at IOPL nor at the I/O permission bitmap'),
  alignment: limit('3: 6.15 (#AC)', 'has no alignment check'),
  'hlt-trap': limit('3: 17.3.1.4', 'leaves out the trap of EFLAGS.TF behind HLT and PAUSE'),
  enter: limit(
    '2: ENTER',
    'sets EBP by the size of the stack, not of the operand, and does not try the end of the frame, nor whether it is aligned',
  ),
  // Fetching and decoding.
  'fetch-ahead': limit(
    '3: 6.15 (#PF)',
    'translates ahead: a later page is marked as accessed, and a page fault there comes at the first instruction of a block',
  ),
  'undefined-fetch': limit('3: 6.9', 'raises #UD, #NM and #GP before all of an instruction has been fetched'),
  lock: limit('2: LOCK', 'ignores LOCK before an instruction that does not take it, where #UD is right'),
  'mandatory-prefix': limit('2: 2.1.2', 'lets 66 choose among SSE instructions where F2 or F3 stands beside it'),
  'no-prefix': limit(
    '2: 3.1.1.1 (NP)',
    'ignores 66, F2 and F3 before instructions that do not take them, where #UD is right: MOVNTI, MOVNTPS',
  ),
  'repeated-both': limit(
    '2: 2.1.1',
    'has F2 win over F3 where both stand before an instruction: the manual leaves it open',
  ),
  alias: limit(
    '2: A.4',
    'does not know encodings that do the same as another: F6 /1, F7 /1; hints 0F 18 to 0F 1E of registers; predicates of CMPPS beyond 7',
  ),
  'level-first': limit('3: 2.5', 'looks at the level before it looks whether there is such a control register'),
  'not-available-first': limit(
    '3: 2.5',
    'raises #NM by CR0.TS where #UD comes first: CR0.EM, CR4.OSFXSR, undefined opcodes',
  ),
  // Page faults.
  'write-intent': limit(
    '3: 4.7',
    'reads first what is read and written: the fault is one of reading, and flags may have changed',
  ),
  'lost-flags': limit('3: 6.5', 'has other flags than before where SETcc faults'),
  'partial-write': limit('3: 6.5', 'has written one part of an operand, or loaded it, before the other part faults'),
  'far-supervisor': limit('3: 4.6', 'accesses the stack in far CALL, RET and IRET as the supervisor at every level'),
  'sse-alignment': limit('2: 2.4', 'raises no #GP for operands of 16 bytes that are not aligned'),
  'locked-neg': limit('2: NEG', 'computes flags from the old value where NEG has LOCK'),
  crc32: limit('2: CRC32', 'goes by the prefix 66 and not by the size of operands in 16-bit code, or has #UD'),
  'return-signed': limit('2: RET', 'takes the immediate of RET as signed'),
  'pushf-image': limit('2: PUSHF', 'stores RF and VM where PUSHFD stores EFLAGS without them'),
  'iret-virtual': limit(
    '2: IRET',
    'returns to virtual-8086 mode at every level, cuts EIP off at 16 bits, and does not load VIF and VIP',
  ),
  'pointer-wrap': limit(
    '1: 3.7.5',
    "does not wrap the second half of a far pointer, of SGDT's operand and its like at 64 KB",
  ),
  horizontal: limit('2: PHADDW', 'overwrites its operand in PHADD and PHSUB of a register with itself'),
  'string-order': limit(
    '2: 4.1',
    'takes a match that the end of the string cuts off for one (PCMPxSTRx, equal ordered), and a length of -2^31 for none',
  ),
  // Floating point.
  mmx: limit(
    '1: 9.5',
    'enters MMX state before the operand in memory faults, or is found not to be allowed, and in CVTPI2PD from memory; FXSAVE shows exponents it does not set',
  ),
  x87: limit('1: 8.4 to 8.7', 'neither records nor raises x87 exceptions, and does not notice a full or empty stack'),
  'x87-inexact': limit(
    '1: 8.3',
    'computes these in 64 bits, or otherwise only about: FSIN, FPREM, F2XM1 and their like; FLDPI and its like do not look at RC; FISTTP saturates',
  ),
  'x87-control': limit('1: 8.1.5', 'keeps reserved bits of the x87 control word'),
  'x87-format': limit(
    '1: 8.2.2',
    'takes unsupported formats for NaNs, and has the default NaN for one whose payload is cut off; FLD keeps signaling ones; pseudo-denormals go wrong in arithmetic, FRNDINT and comparisons',
  ),
  'x87-flags': limit('2: FCOMI', 'leaves OF, SF and AF as they were in FCOMI and its like'),
  'x87-image': limit(
    '1: 8.1.10',
    'keeps no pointers and no flags of exceptions to store; FNSTENV does not mask exceptions',
  ),
  'sse-exception': limit('1: 11.5', 'neither records nor raises SIMD exceptions; MXCSR takes any value'),
  'sse-denormal': limit(
    '1: 10.2.3',
    'has MXCSR.FZ flush results of the x87 and not of SSE, no DAZ, and does not know that RCPPS and RSQRTPS take denormals for zeroes',
  ),
  'sse-order': limit(
    '2: DPPS',
    'adds products one after another to +0, and not in pairs: the sign of a zero, and rounding',
  ),
  'sse-nan': limit('1: table 4-7', 'chooses among two NaNs as the x87 does, not as SSE does'),
  // Results that the manual leaves open, and what depends on the processor.
  undefined: limit(
    '2: SHLD, BSWAP, LAR, SMSW, FXSAVE',
    'has another value where the manual leaves a result to the processor',
  ),
  model: limit(
    '2: CPUID, RDMSR',
    'answers as another processor model: CPUID, model-specific registers, time, LZCNT and TZCNT, SYSCALL, RDTSCP, VEX, 3DNow! and SSE4a',
  ),
  unimplemented: limit(
    '2',
    'does nothing, or something else: SYSENTER, SYSEXIT, INT1, RSM, MONITOR, MWAIT, CLFLUSH, RDPMC, POPCNT, MOVBE, CLAC, STAC, SYSCALL, SYSRET, RDTSCP',
  ),
} as const satisfies Record<string, Limit>;

export type UnicornLimit = keyof typeof UNICORN_LIMITS;

/** A limit in one line. */
export function limitText(name: UnicornLimit): string {
  const { is, manual } = UNICORN_LIMITS[name];
  return `Unicorn ${is} (SDM vol. ${manual})`;
}
