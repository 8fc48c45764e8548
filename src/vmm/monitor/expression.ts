/**
 * Numbers as one types them to the monitor: decimal, 0x, registers behind $, and the operators of C with
 * parentheses, over 64 bits.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { EFLAGS, EIP, GPR } from '../../cpu/layout.ts';
import { CommandError, printable } from './command.ts';

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const TOKEN = /\s*(\$\w+|0x[0-9a-f]+|\d+|<<|>>|[-+*/%&|^~()])/iy;
/** Operators by how strongly they bind, weakest first. */
const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];
const MAX_TOKENS = 200;

/** The value, without a sign. @throws CommandError */
export function evaluate(cpu: Cpu, text: string): bigint {
  const parser = new Parser(cpu, tokens(text));
  const value = parser.binary(0);
  parser.end();
  return BigInt.asUintN(64, value);
}

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new CommandError(`'${printable(text.slice(at))}': no number, register or operator`);
    found.push(match[1]!);
    if (found.length > MAX_TOKENS) throw new CommandError('the expression is too long');
  }
  return found;
}

class Parser {
  private readonly cpu: Cpu;
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(cpu: Cpu, list: readonly string[]) {
    this.cpu = cpu;
    this.tokens = list;
  }

  end(): void {
    if (this.at < this.tokens.length) throw new CommandError(`'${this.tokens[this.at]}': not expected here`);
  }

  binary(level: number): bigint {
    const operators = BINARY[level];
    if (operators === undefined) return this.unary();
    let value = this.binary(level + 1);
    for (let token = this.tokens[this.at]; token !== undefined && operators.includes(token); ) {
      this.at++;
      value = apply(token, value, this.binary(level + 1));
      token = this.tokens[this.at];
    }
    return value;
  }

  private unary(): bigint {
    const token = this.tokens[this.at++];
    switch (token) {
      case undefined:
        throw new CommandError('a number, or $ and a register, is missing');
      case '-':
        return BigInt.asUintN(64, -this.unary());
      case '~':
        return BigInt.asUintN(64, ~this.unary());
      case '+':
        return this.unary();
      case '(': {
        const value = this.binary(0);
        if (this.tokens[this.at++] !== ')') throw new CommandError("')' is missing");
        return value;
      }
      default:
        return token.startsWith('$') ? this.register(token.slice(1).toLowerCase()) : number(token);
    }
  }

  private register(name: string): bigint {
    const { cpu } = this;
    const word = (at: number) => BigInt(cpu.s32[at >> 2]! >>> 0);
    if (name === 'eip' || name === 'pc') return word(EIP);
    if (name === 'eflags') return word(EFLAGS);
    const index = REGISTERS.indexOf(name);
    if (index >= 0) return word(GPR + index * 4);
    const segment = SEGMENTS.indexOf(name);
    if (segment >= 0) return BigInt(cpu.segSelector(segment));
    throw new CommandError(`'$${printable(name)}': no such register`);
  }
}

function number(token: string): bigint {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(token)) throw new CommandError(`'${printable(token)}': not expected here`);
  return BigInt.asUintN(64, BigInt(token));
}

function apply(operator: string, a: bigint, b: bigint): bigint {
  if ((operator === '/' || operator === '%') && b === 0n) throw new CommandError('division by zero');
  const shift = b > 64n ? 64n : b;
  const results: Readonly<Record<string, () => bigint>> = {
    '|': () => a | b,
    '^': () => a ^ b,
    '&': () => a & b,
    '<<': () => a << shift,
    '>>': () => a >> shift,
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => a / b,
    '%': () => a % b,
  };
  return BigInt.asUintN(64, results[operator]!());
}
