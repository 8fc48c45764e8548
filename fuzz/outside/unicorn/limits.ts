/**
 * What Unicorn 2.0.1 does not do as the processor does (its core is QEMU 5's): the one table of it. Each line is
 * a reason for which a case, or the outcome of one, is not judged by Unicorn; nothing else is left out. Most were
 * found by running cases and looking up what the SDM says.
 */

export const UNICORN_LIMITS = {
  // About cases: refused before they are run.
  interrupts: 'it has no interrupt controller: nothing can be requested from outside',
  breakpoints:
    'debug registers hold values, but no breakpoint ever matches, and no access to them raises #DB by DR7.GD',
  alignment: 'CR0.AM and EFLAGS.AC have no effect: there is no #AC',
  vme: 'CR4.VME and CR4.PVI have no effect',
  // About outcomes: by what was executed.
  delivery: 'no exception is delivered through the IDT: the run ends where a case expects a handler',
  'trace-cut':
    'the trace of accesses is longer than what is kept, so it cannot be said whether they were within limits',
  died: 'the process that holds it has crashed, or has not answered in time',
  error: 'it gives up with an error of its own: code where there is no RAM, above all',
  'segment-limit': 'accesses to data and stack are not held against the limit of their segment',
  'segment-type': 'accesses are not held against the type of their segment: writes to read-only and code segments pass',
  'null-segment': 'a null selector in DS, ES, FS or GS is a segment at 0 without a limit',
  'code-limit':
    'EIP beyond the limit of CS is not found, neither by branches nor in going on, nor does IP wrap at 64 KB',
  'fetch-ahead':
    'code is translated ahead: a page fault of a later instruction on the next page is raised at the first one of the block',
  'self-modified': 'an instruction that overwrites code may be begun twice, so nothing is known of the count',
  lock: 'LOCK before an instruction that does not take it is ignored instead of #UD',
  'sse-alignment': 'operands of 16 bytes that are not aligned raise no #GP',
  x87: 'no x87 exception is recorded or raised, a full or empty stack is not noticed; pointers are not kept as in any mode but 64 bits',
  mmx: 'writing an MMX register does not set the exponent of the x87 register to all ones',
  'sse-float': 'no SIMD exception is recorded or raised, MXCSR takes any value',
  model: 'the answer is that of a processor model: CPUID, model-specific registers, time',
  unimplemented: 'the instruction does nothing, or something else: SYSENTER, SYSEXIT, INT1, RSM, MONITOR, MWAIT',
} as const;

export type UnicornLimit = keyof typeof UNICORN_LIMITS;
