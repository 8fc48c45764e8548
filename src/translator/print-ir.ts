/**
 * IR as text, for `explain`, `-d ir` and the golden tests: a statement a line,
 * expressions infix, flag kinds and state words by name. docs/ir.md explains the notation.
 */
import * as L from '../cpu/layout.ts';
import * as abi from './abi.ts';
import { DYNAMIC, IN_MEMORY } from './flag-flow.ts';
import type { BinaryOp, Ending, Expr, IrBlock, Stmt } from './ir.ts';
import { allSites, type SiteTable } from './sites.ts';

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'zero'];
const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const SEGMENT_FIELDS = ['selector', 'base', 'limit', 'attributes'];

/** Operators that have a sign; the others are written as functions. `u` and `s`: unsigned, signed. */
const INFIX: Partial<Record<BinaryOp, string>> = {
  add: '+', sub: '-', mul: '*', and: '&', or: '|', xor: '^', shl: '<<', shr: '>>>', sar: '>>',
  eq: '==', ne: '!=', ltu: '<u', lts: '<s', leu: '<=u', les: '<=s', gtu: '>u', gts: '>s', geu: '>=u', ges: '>=s',
  divu: '/u', remu: '%u',
}; // biome-ignore format: one line a group

const FLAG_KINDS: readonly string[] = [
  'in-eflags', 'add', 'sub', 'logic', 'inc', 'dec', 'adc', 'sbb', 'result', 'word',
]; // biome-ignore format: in the order of their numbers

/** Words of the vCPU state that have a name; any other is written by its offset. */
const STATE_NAMES: ReadonlyMap<number, string> = new Map([
  [L.EFLAGS, 'eflags'],
  [L.EIP, 'eip'],
  [L.CPL, 'cpl'],
  [L.CR0, 'cr0'],
  [L.CR2, 'cr2'],
  [L.CR3, 'cr3'],
  [L.CR4, 'cr4'],
  [L.FPU_CONTROL, 'fpu.control'],
  [L.FPU_STATUS, 'fpu.status'],
  [L.FPU_TAGS, 'fpu.tags'],
  [L.FPU_OPCODE, 'fpu.opcode'],
  [L.FPU_IP, 'fpu.ip'],
  [L.FPU_CS, 'fpu.cs'],
  [L.FPU_DP, 'fpu.dp'],
  [L.FPU_DS, 'fpu.ds'],
  [L.MXCSR, 'mxcsr'],
]);

/** Words that translated code shares with the dispatcher, by their names in abi.ts. */
const ABI_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(abi).flatMap(([name, value]) =>
    typeof value === 'number' && value >= L.TRANSLATOR_WORDS && value < L.TRANSLATOR_WORDS_END
      ? [[value, name.toLowerCase().replaceAll('_', '-')] as const]
      : [],
  ),
);

/** A number as people read it: small ones decimal, the others hexadecimal. */
function numberText(value: number): string {
  if (value >= -255 && value <= 255) return String(value);
  return `0x${(value >>> 0).toString(16)}`;
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** Name of a word of the vCPU state by its offset in the layout. */
export function stateName(offset: number): string {
  const named = STATE_NAMES.get(offset) ?? ABI_NAMES.get(offset);
  if (named !== undefined) return named;
  if (offset >= L.GPR && offset < L.GPR + 32 && (offset & 3) === 0) return REGISTERS[(offset - L.GPR) >> 2]!;
  const inSegments = offset - L.SEGMENTS;
  if (inSegments >= 0 && inSegments < SEGMENT_NAMES.length * L.SEGMENT_SIZE) {
    return `${SEGMENT_NAMES[inSegments >> 4]}.${SEGMENT_FIELDS[(inSegments & 15) >> 2]}`;
  }
  const inXmm = offset - L.XMM;
  if (inXmm >= 0 && inXmm < 128) return `xmm${inXmm >> 4}.${(inXmm & 15) >> 2}`;
  const inFpu = offset - L.FPU_REGISTERS;
  if (inFpu >= 0 && inFpu < 128) return `fpr${inFpu >> 4}.${(inFpu & 15) >> 2}`;
  return `state[0x${offset.toString(16)}]`;
}

/** A flag state: a kind word (`sub32`, `result8+cf`), `in-memory` or `dynamic`. */
export function flagStateText(state: number): string {
  if (state === IN_MEMORY) return 'in-memory';
  if (state === DYNAMIC) return 'dynamic';
  const cf = (state & abi.OVERRIDE_CF) !== 0 ? '+cf' : '';
  const of = (state & abi.OVERRIDE_OF) !== 0 ? '+of' : '';
  return `${FLAG_KINDS[state & 15] ?? `kind${state & 15}`}${((state >>> 4) & 15) * 8}${cf}${of}`;
}

/** An expression, fully parenthesised but for its outermost operator. */
export function expressionText(e: Expr): string {
  const text = rawText(e);
  return e.k === 'bin' && INFIX[e.op] !== undefined ? text.slice(1, -1) : text;
}

function rawText(e: Expr): string {
  switch (e.k) {
    case 'const':
      return numberText(e.value);
    case 'reg':
      return REGISTERS[e.r] ?? `r${e.r}`;
    case 'tmp':
      return `t${e.id}`;
    case 'bin': {
      const sign = INFIX[e.op];
      if (sign === undefined) return `${e.op}(${expressionText(e.a)}, ${expressionText(e.b)})`;
      if (e.op === 'add' && e.b.k === 'const' && e.b.value < 0 && e.b.value >= -0x10000) {
        return `(${rawText(e.a)} - ${numberText(-e.b.value)})`;
      }
      return `(${rawText(e.a)} ${sign} ${rawText(e.b)})`;
    }
    case 'un':
      return `${e.op}(${expressionText(e.a)})`;
    case 'wide': {
      const first = e.op === 'mulhu' || e.op === 'mulhs' ? rawText(e.low) : `${rawText(e.high)}:${rawText(e.low)}`;
      return `${e.op}(${first}, ${expressionText(e.b)})`;
    }
    case 'select':
      return `select(${expressionText(e.c)}, ${expressionText(e.a)}, ${expressionText(e.b)})`;
    case 'cond':
      return `cond.${CONDITIONS[e.cc] ?? e.cc}`;
    case 'flags':
      return 'flags';
    case 'state':
      return stateName(e.offset);
    case 'xmm':
      return `xmm${e.r}`;
    case 'state64':
      return `${stateName(e.offset)}:64`;
    case 'wtmp':
      return `${e.type}.t${e.id}`;
    case 'fstatus':
      return 'fpu.status';
    case 'op': {
      const imm = e.imm === undefined ? [] : [typeof e.imm === 'number' ? numberText(e.imm) : `[${e.imm.join(' ')}]`];
      return `${e.op}(${[...imm, ...e.args.map(expressionText)].join(', ')})`;
    }
    default:
      return plain(e);
  }
}

/** Any node this file has no rule for: its kind and fields, so that nothing is hidden. */
function plain(node: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(node).filter(([name, value]) => name !== 'k' && value !== undefined);
  return `${String(node['k'])}(${fields.map(([name, value]) => `${name}=${fieldText(value)}`).join(', ')})`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(fieldText).join(', ')}]`;
  return 'k' in value ? expressionText(value as Expr) : plain({ k: '', ...value });
}

/** Registers of the x87 stack in a mask: `st0 st1`. */
function stackText(mask: number): string {
  const names = [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => (mask & (1 << n)) !== 0).map((n) => `st${n}`);
  return names.length === 0 ? 'none' : names.join(' ');
}

function flagsText(s: Extract<Stmt, { k: 'flags' }>): string {
  const operands: string[] = [];
  if (s.a) operands.push(`a=${expressionText(s.a)}`);
  if (s.b) operands.push(`b=${expressionText(s.b)}`);
  if (s.r) operands.push(`r=${expressionText(s.r)}`);
  if (s.c) operands.push(`c=${expressionText(s.c)}`);
  return `flags ${flagStateText(abi.kindWord(s.kind, s.size))} ${operands.join(', ')}`;
}

/** One statement; `insn` is printed as the address of the instruction. */
export function statementText(s: Stmt, block: IrBlock): string {
  switch (s.k) {
    case 'tmp':
      return `t${s.id} = ${expressionText(s.e)}`;
    case 'reg':
      return `${REGISTERS[s.r] ?? `r${s.r}`} = ${expressionText(s.e)}`;
    case 'state':
      return `${stateName(s.offset)} = ${expressionText(s.e)}`;
    case 'load':
      return `t${s.id} = load${s.size * 8}${s.signed ? 's' : ''} [${expressionText(s.addr)}]`;
    case 'store':
      return `store${s.size * 8} [${expressionText(s.addr)}] = ${expressionText(s.value)}`;
    case 'rmwload':
      return `t${s.id}, t${s.host} = rmwload${s.size * 8} [${expressionText(s.addr)}]`;
    case 'rmwstore':
      return `rmwstore${s.size * 8} [${expressionText(s.addr)}] at t${s.host} = ${expressionText(s.value)}`;
    case 'guard':
      return `guard ${expressionText(s.e)}${s.unless === undefined ? '' : ` unless ${expressionText(s.unless)}`}`;
    case 'wtmp':
      return `${s.type}.t${s.id} = ${expressionText(s.e)}`;
    case 'xmm':
      return `xmm${s.r} = ${expressionText(s.e)}`;
    case 'state64':
      return `${stateName(s.offset)}:64 = ${expressionText(s.e)}`;
    case 'vload':
      return `v128.t${s.id} = vload${s.size * 8}${s.aligned ? ' aligned' : ''} [${expressionText(s.addr)}]`;
    case 'vstore':
      return `vstore${s.size * 8}${s.aligned ? ' aligned' : ''} [${expressionText(s.addr)}] = ${expressionText(s.value)}`;
    case 'fcheck':
      return `fcheck used ${stackText(s.used)}, free ${stackText(s.free)}${s.pending ? ', pending' : ''}`;
    case 'fget':
      return `i64.t${s.s}, t${s.w} = st${s.st}`;
    case 'fput':
      return `st${s.st} = ${expressionText(s.s)}, ${expressionText(s.w)}`;
    case 'ftag':
      return `tag st${s.st} ${s.empty ? 'empty' : 'used'}`;
    case 'fmove':
      return s.by === 1 ? 'pop' : 'push';
    case 'fstatus': {
      const set = s.set === undefined ? '' : ` | ${expressionText(s.set)}`;
      return `fpu.status = (fpu.status & ~${numberText(s.clear)})${set}`;
    }
    case 'fwiden':
      return `i64.t${s.s}, t${s.w} = widen${s.size * 8}(${expressionText(s.e)})`;
    case 'fcall':
      return `i64.t${s.s}, t${s.w} = ${s.fn}(${s.args.map(expressionText).join(', ')})`;
    case 'fload':
      return `i64.t${s.s}${s.size === 10 ? `, t${s.w}` : ''} = fload${s.size * 8} [${expressionText(s.addr)}]`;
    case 'fstore': {
      const value = `${expressionText(s.s)}${s.size === 10 ? `, ${expressionText(s.w)}` : ''}`;
      return `fstore${s.size * 8} [${expressionText(s.addr)}] = ${value}`;
    }
    case 'flags':
      return flagsText(s);
    case 'override': {
      const parts = [s.cf && `cf=${expressionText(s.cf)}`, s.of && `of=${expressionText(s.of)}`].filter(Boolean);
      return `override ${parts.join(', ')}`;
    }
    case 'flagsif':
      return `if ${expressionText(s.e)}: ${flagsText(s.then)}`;
    case 'timestamp':
      return `t${s.high}:t${s.low} = timestamp`;
    case 'callout':
      return 'callout';
    case 'insn':
      return `; ${hex32(block.eips[s.index] ?? 0)}`;
    default:
      return plain(s);
  }
}

/** How a block ends. */
export function endingText(e: Ending): string {
  switch (e.k) {
    case 'jump':
      return `jump ${hex32(e.target)}`;
    case 'branch':
      return `branch ${expressionText(e.e)} ? ${hex32(e.taken)} : ${hex32(e.next)}`;
    case 'indirect':
      return `indirect ${expressionText(e.e)}${(e.targets ?? []).map((t) => `, likely ${hex32(t)}`).join('')}`;
    case 'repeat':
      return `repeat unless ${expressionText(e.zero)}, while ${expressionText(e.e)}, then ${hex32(e.next)}`;
    case 'callout':
      return `callout ${hex32(e.eip)}${e.transition === undefined ? '' : ', by the stub'}${e.shadowed ? ', shadowed' : ''}`;
    default:
      return plain(e);
  }
}

/** A block: a head line with its address and the instructions it retires, then its statements and its ending. */
export function blockText(block: IrBlock): string {
  const lines = [`block ${hex32(block.eip)}, retires ${block.count}`];
  for (const s of block.stmts) lines.push(`${s.k === 'insn' ? '  ' : '    '}${statementText(s, block)}`);
  lines.push(`  ${endingText(block.ending)}`);
  return lines.join('\n');
}

/** All blocks of a region, the entry first. */
export function irText(blocks: readonly IrBlock[]): string {
  return blocks.map(blockText).join('\n');
}

/** The table of a region's cold exits: where each leads back to, what it refunds, how the flags are found. */
export function sitesText(sites: SiteTable): string {
  return allSites(sites)
    .map((s, n) => `site ${n}: eip ${hex32(s.eip)}, refund ${s.refund}, flags ${flagStateText(s.flags)}`)
    .join('\n');
}
