/** The monitor's `x` and `xp`: memory as numbers, characters or instructions (formats as in QEMU and gdb). */
import type { Cpu } from '../../cpu/cpu.ts';
import { EIP, GPR } from '../../cpu/layout.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../decoder/decode.ts';
import { Instruction } from '../../decoder/instruction.ts';
import { format } from '../../decoder/print.ts';
import { readVirtual } from '../debug/guest-memory.ts';

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
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

function show(cpu: Cpu, name: string, args: readonly string[], read: Reader): string {
  const slash = name.indexOf('/');
  const own = slash < 0 && args[0]?.startsWith('/') === true;
  const layout = parseFormat(own ? args[0]!.slice(1) : slash < 0 ? '' : name.slice(slash + 1));
  const address = parseAddress(cpu, args[own ? 1 : 0] ?? '');
  if (layout === undefined) return 'format: /COUNT, one of x d u o c i, and a size b h w g';
  if (address === undefined) return 'address: a number, or $ and a register';
  return layout.letter === 'i' ? instructions(cpu, address, layout.count, read) : numbers(address, layout, read);
}

function parseFormat(text: string): Format | undefined {
  const match = /^(\d{0,5})([xduoci]?)([bhwg]?)$/.exec(text) ?? /^(\d{0,5})([bhwg]?)([xduoci]?)$/.exec(text);
  if (match === null) return undefined;
  const letters = `${match[2]}${match[3]}`;
  const letter = /[xduoci]/.exec(letters)?.[0] ?? 'x';
  const size = SIZES[/[bhwg]/.exec(letters)?.[0] ?? (letter === 'c' ? 'b' : 'w')] ?? 4;
  return { count: Math.min(MAX_COUNT, match[1] === '' ? 1 : Number(match[1])), letter, size };
}

function parseAddress(cpu: Cpu, text: string): number | undefined {
  if (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) return Number(text) >>> 0;
  const register = /^\$(\w+)$/.exec(text)?.[1]?.toLowerCase();
  if (register === 'eip' || register === 'pc') return cpu.s32[EIP >> 2]! >>> 0;
  const index = REGISTERS.indexOf(register ?? '');
  return index < 0 ? undefined : cpu.s32[(GPR >> 2) + index]! >>> 0;
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
