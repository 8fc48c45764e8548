/**
 * Compares what two processors left of the same record, and says where they differ.
 */
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import {
  AT_CODE,
  AT_EFLAGS,
  AT_FPU_STATUS,
  AT_FPU_TAGS,
  AT_GPR,
  AT_MEMORY,
  AT_MXCSR,
  AT_ST,
  AT_STATUS,
  AT_XMM,
  MEMORY_SIZE,
  RECORD,
} from './record.ts';

/** OF SF ZF AF PF CF. */
const STATUS_FLAGS = 0x8d5;

const hex = (record: Uint8Array, at: number, n: number): string =>
  Buffer.from(
    record
      .subarray(at, at + n)
      .slice()
      .reverse(),
  ).toString('hex');

/** Smallest normal binary32. */
const SMALLEST = 2 ** -126;

/**
 * Approximations may differ by twice their bound, 1.5 * 2^-12; special values may not. Near the smallest normal
 * number one may be flushed to zero and the other not.
 */
function near(host: Uint8Array, ours: Uint8Array, at: number): boolean {
  const a = new DataView(host.buffer, host.byteOffset + at, 4).getFloat32(0, true);
  const b = new DataView(ours.buffer, ours.byteOffset + at, 4).getFloat32(0, true);
  if (a === 0 && Math.abs(b) < SMALLEST * (1 + 2 ** -10)) return Object.is(Math.sign(a), b < 0 ? -0 : 0);
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= Math.abs(a) * 3 * 2 ** -12;
}

/**
 * Where vendors disagree about the change to MMX state: CVTPI2PS from memory makes it on Intel's processors alone,
 * and some make it before a conversion raises #XM.
 */
function processorsDiffer(row: OpcodeRow, host: Uint8Array): boolean {
  const memory = host[AT_CODE + 2]! < 0xc0;
  const faulted = host[AT_STATUS + 1] !== 0;
  return (row.mnemonic === 'cvtpi2ps' && memory) || (/^cvt.*pi/.test(row.mnemonic) && faulted);
}

/** MXCSR bit 17 is AMD's misaligned mode; Intel's processors have no such bit. */
function setsForeignBit(row: OpcodeRow, host: Uint8Array): boolean {
  return row.mnemonic === 'ldmxcsr' && (host[AT_MXCSR + 2]! & 2) !== 0;
}

/** Undefined when both are alike, else one line a difference. */
export function difference(row: OpcodeRow, host: Uint8Array, ours: Uint8Array): string | undefined {
  if (setsForeignBit(row, host)) return undefined;
  const out: string[] = [];
  const compare = (name: string, at: number, n: number): void => {
    const a = hex(host, at, n);
    const b = hex(ours, at, n);
    if (a !== b) out.push(`${name}: host ${a}, interpreter ${b}`);
  };
  compare('status', AT_STATUS, 4);
  for (let r = 0; r < 8; r++) if (r !== 4) compare(`gpr${r}`, AT_GPR + 4 * r, 4);
  const viewHost = new DataView(host.buffer, host.byteOffset, RECORD);
  const viewOurs = new DataView(ours.buffer, ours.byteOffset, RECORD);
  const flagsHost = viewHost.getUint32(AT_EFLAGS, true) & STATUS_FLAGS;
  const flagsOurs = viewOurs.getUint32(AT_EFLAGS, true) & STATUS_FLAGS;
  if (flagsHost !== flagsOurs)
    out.push(`eflags: host ${flagsHost.toString(16)}, interpreter ${flagsOurs.toString(16)}`);
  compare('memory', AT_MEMORY, MEMORY_SIZE);
  compare('mxcsr', AT_MXCSR, 4);
  const x87 = !processorsDiffer(row, host);
  if (x87) {
    compare('x87 status', AT_FPU_STATUS, 2);
    compare('x87 tags', AT_FPU_TAGS, 1);
  }
  const approximate = /^(rcp|rsqrt)/.test(row.mnemonic);
  for (let r = 0; r < 8; r++) {
    if (x87) compare(`st${r}`, AT_ST + 16 * r, 10);
    for (let w = 0; w < 16; w += 4) {
      const at = AT_XMM + 16 * r + w;
      if (!approximate || !near(host, ours, at)) compare(`xmm${r}.${w / 4}`, at, 4);
    }
  }
  return out.length > 0 ? out.join('; ') : undefined;
}
