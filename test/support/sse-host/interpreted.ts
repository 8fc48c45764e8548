/**
 * Runs records through the interpreter, on a guest
 * with flat segments and no paging.
 */
import { Cpu } from '../../../src/cpu/cpu.ts';
import { MAX_CPU_MODEL } from '../../../src/cpu/cpu-models.ts';
import { ATTR_DB, ATTR_P, ATTR_RW } from '../../../src/cpu/descriptors.ts';
import { GuestException } from '../../../src/cpu/exceptions.ts';
import * as L from '../../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../../src/cpu/physical-memory.ts';
import { CR4_OSFXSR, CR4_OSXMMEXCPT, DS, ES, SS } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction } from '../../../src/decoder/instruction.ts';
import { bind } from '../../../src/interpreter/bind.ts';
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
  MEMORY,
  MEMORY_SIZE,
  RECORD,
} from './record.ts';

/** A vCPU in flat 32-bit mode with SSE enabled. */
export function makeCpu(): Cpu {
  const memory = new PhysicalMemory(0x10_0000, { read: () => 0xffff_ffff, write: () => undefined });
  const cpu = new Cpu(memory, {
    readPort: () => 0xffff_ffff,
    writePort: () => undefined,
    readTsc: () => 0,
    signalFpuError: () => undefined,
    unimplemented: () => undefined,
  });
  cpu.model = MAX_CPU_MODEL;
  for (const seg of [ES, SS, DS]) cpu.setSegment(seg, 0x10, 0, -1, ATTR_P | ATTR_RW | ATTR_DB | 0x1000);
  cpu.s32[L.CR0 >> 2] = 0x31;
  cpu.s32[L.CR4 >> 2] = CR4_OSFXSR | CR4_OSXMMEXCPT;
  return cpu;
}

const instruction = new Instruction();

/** Decodes the first instruction of `code` and executes it. @throws Error when it cannot be decoded */
export function execute(cpu: Cpu, code: Uint8Array): void {
  const status = decode(code, 0, code.length, true, instruction);
  if (status !== DecodeStatus.Ok) throw new Error(`not decoded: status ${status}`);
  bind(instruction)(cpu, instruction);
}

/** Runs the records and returns them as the interpreter left them. */
export function interpret(cpu: Cpu, records: Uint8Array): Uint8Array {
  const out = records.slice();
  for (let at = 0; at < out.length; at += RECORD) interpretOne(cpu, out.subarray(at, at + RECORD));
  return out;
}

function interpretOne(cpu: Cpu, record: Uint8Array): void {
  const view = new DataView(record.buffer, record.byteOffset, RECORD);
  const m = cpu.s32;
  const ram = L.RAM + MEMORY;
  for (let r = 0; r < 8; r++) cpu.gpr[r] = view.getInt32(AT_GPR + 4 * r, true);
  cpu.eflags = view.getInt32(AT_EFLAGS, true);
  cpu.u8.set(record.subarray(AT_MEMORY, AT_MEMORY + MEMORY_SIZE), ram);
  cpu.u8.set(record.subarray(AT_XMM, AT_XMM + 128), L.XMM);
  m[L.MXCSR >> 2] = view.getInt32(AT_MXCSR, true);
  m[L.FPU_CONTROL >> 2] = 0x37f;
  const status = view.getUint16(AT_FPU_STATUS, true);
  m[L.FPU_STATUS >> 2] = status;
  let tags = 0;
  for (let r = 0; r < 8; r++) {
    // The image has the registers from the top of the stack, the tags by physical number.
    const st = AT_ST + 16 * ((r - (status >> 11)) & 7);
    cpu.u8.set(record.subarray(st, st + 10), L.FPU_REGISTERS + 16 * r);
    if (((view.getUint8(AT_FPU_TAGS) >> r) & 1) === 0) tags |= 3 << (2 * r);
  }
  m[L.FPU_TAGS >> 2] = tags;
  view.setUint32(AT_STATUS, 0, true);
  try {
    execute(cpu, record.subarray(AT_CODE, AT_CODE + 15));
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
    view.setUint32(AT_STATUS, 0x100 | error.vector, true);
  }
  for (let r = 0; r < 8; r++) view.setInt32(AT_GPR + 4 * r, cpu.gpr[r]!, true);
  view.setInt32(AT_EFLAGS, cpu.eflags, true);
  record.set(cpu.u8.subarray(ram, ram + MEMORY_SIZE), AT_MEMORY);
  record.set(cpu.u8.subarray(L.XMM, L.XMM + 128), AT_XMM);
  view.setInt32(AT_MXCSR, m[L.MXCSR >> 2]!, true);
  const after = m[L.FPU_STATUS >> 2]!;
  view.setUint16(AT_FPU_STATUS, after, true);
  let used = 0;
  for (let r = 0; r < 8; r++) {
    const st = AT_ST + 16 * ((r - (after >> 11)) & 7);
    record.set(cpu.u8.subarray(L.FPU_REGISTERS + 16 * r, L.FPU_REGISTERS + 16 * r + 10), st);
    if (((m[L.FPU_TAGS >> 2]! >> (2 * r)) & 3) !== 3) used |= 1 << r;
  }
  view.setUint8(AT_FPU_TAGS, used);
}
