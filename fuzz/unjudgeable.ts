/**
 * Which oracles can judge a cell of the coverage matrix at all, by rule: where the engines share what there is to judge,
 * and where neither the host's processor nor Unicorn says anything, and why. Cells of which somebody could say
 * something are in no rule here; what Unicorn does wrong in general is in outside/unicorn/limits.ts.
 */
import type { Cell, CellOutcome } from './cells.ts';

/** Raised before translated code is entered, or by what both engines call. */
const SHARED: ReadonlySet<CellOutcome> = new Set<CellOutcome>(['#UD', '#NM', '#DB', '#TS', 'int']);

/** Whether the translator and the interpreter judge a cell for each other. */
export function enginesJudge({ row, outcome }: Cell): boolean {
  return row.handling === 'translated' && !SHARED.has(outcome);
}

interface Rule {
  /** The row's mnemonic. */
  readonly of: RegExp;
  readonly outcomes: readonly CellOutcome[];
  /** Which of them, where it is not all. */
  readonly only?: (cell: Cell) => boolean;
  readonly why: string;
}

const real = ({ mode }: Cell) => mode === 'real';
const virtual = ({ mode }: Cell) => mode === 'virtual8086';
const unsegmented = (cell: Cell) => real(cell) || virtual(cell);
const segmented = (cell: Cell) => !unsegmented(cell);

const RULES: readonly Rule[] = [
  {
    of: /^(in|out|ins|outs)$/,
    outcomes: ['ok', '#GP', '#SS', '#PF', '#AC'],
    only: virtual,
    why: 'the I/O permission bitmap decides: Unicorn has none, and programs of the host have no ports',
  },
  {
    of: /^(ins|outs)$/,
    outcomes: ['#GP', '#SS', '#AC'],
    only: (cell) => real(cell) || cell.outcome !== '#GP',
    why: 'programs of the host have no ports; Unicorn looks neither at limits nor at alignment',
  },
  {
    of: /^(sgdt|sidt|sldt|str|smsw)$/,
    outcomes: ['#GP', '#SS', '#AC'],
    why: 'Linux answers it for programs (UMIP); Unicorn looks neither at limits nor at alignment',
  },
  {
    of: /^(lgdt|lidt|lmsw|lldt|ltr)$/,
    outcomes: ['#GP', '#SS'],
    only: (cell) => real(cell) || cell.outcome === '#SS',
    why: 'of level 0, where programs of the host never are; Unicorn does not look at limits',
  },
  {
    of: /^mov$/,
    outcomes: ['#DB'],
    why: 'DR7.GD is not for programs of the host, and does nothing in Unicorn',
  },
  {
    of: /^mov$/,
    outcomes: ['#GP'],
    only: (cell) => real(cell) && cell.row.operands[0] === 'Cd',
    why: 'of level 0, where programs of the host never are; Unicorn takes combinations of bits that raise #GP',
  },
  {
    of: /^(lldt|ltr|sldt|str|verr|verw)$/,
    outcomes: ['#UD'],
    only: segmented,
    why: "by LOCK alone, which Unicorn ignores, and AMD's processors do not mind here",
  },
  {
    of: /^mov$/,
    outcomes: ['#UD'],
    only: ({ row }) => row.operands.includes('Cd'),
    why: "by LOCK alone, which Unicorn ignores, and with which AMD's processors mean CR8",
  },
  {
    of: /^(callf|jmpf|retf|iret)$/,
    outcomes: ['#GP'],
    only: (cell) =>
      unsegmented(cell) &&
      cell.form.endsWith('32') &&
      !cell.form.startsWith('mem') &&
      !(virtual(cell) && cell.row.mnemonic === 'iret'),
    why: 'an offset beyond 64 KB: Unicorn does not look at the limit, and selectors mean something else to programs of the host',
  },
  {
    of: /^callf$/,
    outcomes: ['#SS', '#PF', '#AC'],
    only: (cell) => unsegmented(cell) && cell.form.startsWith('reg'),
    why: 'in protected mode, where programs of the host are, the selector is looked at first; Unicorn looks neither at limits nor at alignment, and pushes as the supervisor',
  },
  {
    of: /^(jmpf|callf|iret)$/,
    outcomes: ['#TS', '#SS'],
    only: (cell) =>
      segmented(cell) && cell.row.mnemonic === 'jmpf' && cell.outcome === '#SS' && cell.form.startsWith('reg'),
    why: 'a stack that a new task cannot have: programs of the host have no tasks, and Unicorn has the fault in the old one',
  },
  {
    of: /^(cpuid|rdtsc|rdmsr|wrmsr)$/,
    outcomes: ['ok'],
    why: 'answered by the model of the processor, or its clock',
  },
  {
    of: /^(rdmsr|wrmsr)$/,
    outcomes: ['#GP'],
    only: real,
    why: 'which registers there are is the model of the processor',
  },
  {
    of: /^(rdtscp|syscall|sysret)$/,
    outcomes: ['ok', '#GP', '#UD'],
    why: 'counts on, or leads into the kernel of the host; Unicorn does not have it',
  },
  {
    of: /^(clac|stac)$/,
    outcomes: ['ok', '#UD'],
    why: 'of level 0, where programs of the host never are; Unicorn does not have them',
  },
  {
    of: /^(rdpmc|sysenter|sysexit)$/,
    outcomes: ['ok', '#GP'],
    why: 'leads into the kernel of the host, or asks for its counters; Unicorn does not have it',
  },
  {
    of: /^smsw$/,
    outcomes: ['ok'],
    only: ({ form }) => form === 'reg32',
    why: 'Linux answers it for programs (UMIP); the upper half is undefined (SDM vol. 2, SMSW), and is zero in Unicorn',
  },
  {
    of: /^int$/,
    outcomes: ['ok', '#SS', '#PF'],
    only: virtual,
    why: 'redirected by CR4.VME, which programs of the host and Unicorn do without',
  },
  {
    of: /^(fnsave|fnstenv)$/,
    outcomes: ['ok'],
    only: unsegmented,
    why: 'the image is another one in these modes than in programs of the host; in Unicorn it has neither pointers nor exceptions',
  },
  {
    of: /^retf$/,
    outcomes: ['ok'],
    only: unsegmented,
    why: 'selectors mean something else to programs of the host; Unicorn loses what it has popped while it is watched',
  },
  {
    of: /^pusha$/,
    outcomes: ['#SS'],
    only: real,
    why: 'near the end of the stack it is #GP or a shutdown in real mode, but not in programs of the host; Unicorn does not look at limits',
  },
];

/** Why, of all rules. */
export const REASONS: readonly string[] = RULES.map(({ why }) => why);

/** Why no oracle judges a cell; undefined where one can. */
export function unjudgeable(cell: Cell): string | undefined {
  if (enginesJudge(cell)) return undefined;
  const { row, outcome } = cell;
  return RULES.find(
    ({ of, outcomes, only }) => of.test(row.mnemonic) && outcomes.includes(outcome) && (only?.(cell) ?? true),
  )?.why;
}
