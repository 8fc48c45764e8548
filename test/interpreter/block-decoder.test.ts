/** Decoding a place anew: what is used again, and that it means what the new bytes say. */
import { describe, expect, it } from 'vitest';
import type { Instruction } from '../../src/decoder/instruction.ts';
import { bind } from '../../src/interpreter/bind.ts';
import { decodeBlock } from '../../src/interpreter/block-decoder.ts';
import type { Handler } from '../../src/interpreter/handler.ts';

const instructions: Instruction[] = [];
const handlers: Handler[] = [];

/** Decodes bytes in place of what was there; returns the number of bytes taken. */
function decode(...bytes: number[]): number {
  return decodeBlock(Uint8Array.from(bytes), 0, bytes.length, true, instructions, handlers);
}

function names(): string[] {
  return instructions.map((i) => i.row.mnemonic);
}

describe('a place that is decoded anew', () => {
  it('keeps the instructions of which only constants have changed', () => {
    expect(decode(0x05, 1, 0, 0, 0, 0x8b, 0x43, 0x04, 0xc3)).toBe(9);
    const before = [...instructions];
    expect(decode(0x05, 2, 0, 0, 0, 0x8b, 0x43, 0x08, 0xc3)).toBe(9);
    expect(instructions).toEqual(before);
    instructions.forEach((i, n) => void expect(i).toBe(before[n]));
    expect(instructions[0]!.imm).toBe(2);
    expect(instructions[1]!.disp).toBe(8);
  });

  it('binds anew what is another instruction or has other operands', () => {
    decode(0x05, 1, 0, 0, 0, 0x89, 0xc3, 0xc3);
    const [add, move] = handlers;
    decode(0x35, 1, 0, 0, 0, 0x89, 0x03, 0xc3);
    expect(names()).toEqual(['xor', 'mov', 'ret']);
    expect(handlers[0]).not.toBe(add);
    expect(handlers[1]).not.toBe(move);
    expect(handlers[1]).toBe(bind(instructions[1]!));
  });

  it('is as long as the new block', () => {
    decode(0x40, 0x41, 0x42, 0xc3);
    expect(decode(0x40, 0xc3)).toBe(2);
    expect(names()).toEqual(['inc', 'ret']);
    expect(handlers.length).toBe(2);
    expect(decode(0x40, 0x41, 0x42, 0x43, 0xc3)).toBe(5);
    expect(names()).toEqual(['inc', 'inc', 'inc', 'inc', 'ret']);
    expect(instructions.map((i) => i.r0)).toEqual([0, 1, 2, 3, 0]);
    expect(new Set(instructions).size).toBe(5);
  });

  it('does not take UD2 for what could not be decoded', () => {
    const prefixes = new Array<number>(16).fill(0x66);
    decode(...prefixes, 0x90);
    const tooLong = handlers[0];
    decode(...prefixes.slice(3), 0x0f, 0x0b);
    expect(names()).toEqual(['ud2']);
    expect(handlers[0]).not.toBe(tooLong);
    expect(handlers[0]).toBe(bind(instructions[0]!));
  });

  it('ends in front of an instruction that is not whole, and is empty where that is the first', () => {
    expect(decode(0x40, 0x05, 1, 0)).toBe(1);
    expect(names()).toEqual(['inc']);
    expect(decode(0x05, 1, 0)).toBe(0);
    expect(instructions.length).toBe(0);
  });
});
