/** The monitor's `x`, `xp` and `p`: memory and values as numbers, characters or instructions (formats as in QEMU and gdb). */
import type { Cpu } from '../../cpu/cpu.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../decoder/decode.ts';
import { Instruction } from '../../decoder/instruction.ts';
import { format } from '../../decoder/print.ts';
import { readVirtual } from '../debug/guest-memory.ts';
import { CommandError } from './command.ts';
import { evaluate } from './expression.ts';

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const MAX_COUNT = 4096;
const BYTES_A_LINE = 16;

interface Format {
  readonly count: number;
  readonly letter: string;
  readonly size: number;
}

type Reader = (address: number, length: number) => Uint8Array;

/** @param name the command as typed, with a format behind a slash */
export function examine(cpu: Cpu, name: string, args: readonly string[]): string {
  return show(cpu, name, args, (address, length) => readVirtual(cpu, address, length));
}

export function examinePhysical(cpu: Cpu, name: string, args: readonly string[]): string {
  return show(cpu, name, args, (address, length) => cpu.memory.readBytes(address, length));
}

/** The value of an expression, `p/x $eip + 4`; without a format in hexadecimal. */
export function print(cpu: Cpu, name: string, args: readonly string[]): string {
  const [layout, rest] = takeFormat(name, args);
  const value = evaluate(cpu, rest);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  if (layout.letter === 'x') return `0x${value.toString(16)}`;
  if (layout.letter === 'c') return number(bytes.subarray(0, 1), 'c');
  return number(bytes, layout.letter);
}

function show(cpu: Cpu, name: string, args: readonly string[], read: Reader): string {
  const [layout, rest] = takeFormat(name, args);
  const address = Number(BigInt.asUintN(32, evaluate(cpu, rest)));
  return layout.letter === 'i' ? instructions(cpu, address, layout.count, read) : numbers(address, layout, read);
}

/** The format, which stands behind a slash in the name or as the first argument, and what is left. */
function takeFormat(name: string, args: readonly string[]): readonly [Format, string] {
  const slash = name.indexOf('/');
  const own = slash < 0 && args[0]?.startsWith('/') === true;
  const layout = parseFormat(own ? args[0]!.slice(1) : slash < 0 ? '' : name.slice(slash + 1));
  if (layout === undefined) throw new CommandError('format: /COUNT, one of x d u o c i, and a size b h w g');
  const rest = args.slice(own ? 1 : 0).join(' ');
  if (rest === '') throw new CommandError('address: a number, $ and a register, or a sum of such');
  return [layout, rest];
}

function parseFormat(text: string): Format | undefined {
  const match = /^(\d{0,5})([xduoci]?)([bhwg]?)$/.exec(text) ?? /^(\d{0,5})([bhwg]?)([xduoci]?)$/.exec(text);
  if (match === null) return undefined;
  const letters = `${match[2]}${match[3]}`;
  const letter = /[xduoci]/.exec(letters)?.[0] ?? 'x';
  const size = SIZES[/[bhwg]/.exec(letters)?.[0] ?? (letter === 'c' ? 'b' : 'w')] ?? 4;
  return { count: Math.min(MAX_COUNT, match[1] === '' ? 1 : Number(match[1])), letter, size };
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

function numbers(address: number, { count, letter, size }: Format, read: Reader): string {
  const lines: string[] = [];
  const each = BYTES_A_LINE / size;
  for (let done = 0; done < count; done += each) {
    const at = (address + done * size) >>> 0;
    const n = Math.min(each, count - done);
    const bytes = read(at, n * size);
    const whole = Math.floor(bytes.length / size);
    const values = Array.from({ length: whole }, (_, k) => number(bytes.subarray(k * size, k * size + size), letter));
    if (values.length > 0) lines.push(`${hex(at)}: ${values.join(' ')}`);
    if (whole < n) return [...lines, `cannot access memory at ${hex(at + bytes.length)}`].join('\n');
  }
  return lines.join('\n');
}

function number(bytes: Uint8Array, letter: string): string {
  let value = 0n;
  for (let n = bytes.length - 1; n >= 0; n--) value = (value << 8n) | BigInt(bytes[n]!);
  switch (letter) {
    case 'd':
      return BigInt.asIntN(bytes.length * 8, value).toString();
    case 'u':
      return value.toString();
    case 'o':
      return `0${value.toString(8)}`;
    case 'c': {
      const code = Number(value & 0xffn);
      return code >= 0x20 && code < 0x7f
        ? `'${String.fromCharCode(code)}'`
        : `'\\x${code.toString(16).padStart(2, '0')}'`;
    }
    default:
      return `0x${value.toString(16).padStart(bytes.length * 2, '0')}`;
  }
}

function instructions(cpu: Cpu, address: number, count: number, read: Reader): string {
  const lines: string[] = [];
  const i = new Instruction();
  let at = address;
  for (let n = 0; n < count; n++) {
    const bytes = read(at, MAX_LENGTH);
    if (bytes.length === 0) return [...lines, `cannot access memory at ${hex(at)}`].join('\n');
    const known = decode(bytes, 0, bytes.length, cpu.code32, i) === DecodeStatus.Ok;
    const length = known ? i.length : 1;
    const text = [...bytes.subarray(0, length)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${hex(at)}: ${text.padEnd(24)} ${known ? format(i, at) : '(bad)'}`);
    at = (at + length) >>> 0;
  }
  return lines.join('\n');
}
