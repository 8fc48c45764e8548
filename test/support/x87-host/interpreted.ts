/**
 * Runs the same records as host.c through the interpreter's x87 semantics.
 */
import { Cpu } from '../../../src/cpu/cpu.ts';
import { ATTR_CODE, ATTR_DB, ATTR_G, ATTR_REAL_DATA } from '../../../src/cpu/descriptors.ts';
import type { CpuEnvironment } from '../../../src/cpu/environment.ts';
import * as L from '../../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../../src/cpu/physical-memory.ts';
import { CR0_NE, CR0_PE, CS, EAX, ECX, FLAGS_FIXED } from '../../../src/cpu/registers.ts';
import { decode } from '../../../src/decoder/decode.ts';
import { Instruction } from '../../../src/decoder/instruction.ts';
import type { Handler } from '../../../src/interpreter/handler.ts';
import { X87 } from '../../../src/interpreter/semantics/x87.ts';
import {
  AT_CODE,
  AT_EAX,
  AT_EFLAGS,
  AT_IMAGE,
  AT_LENGTH,
  AT_MEMORY,
  IMAGE_SIZE,
  MEMORY_SIZE,
  RECORD,
} from './record.ts';

export const environment: CpuEnvironment = {
  readPort: () => -1,
  writePort: () => {},
  readTsc: () => 0,
  signalFpuError: () => {},
  unimplemented: () => {},
};

const IMAGE = 0x1000;
const MEMORY = 0x2000;

/** A vCPU in protected mode with flat segments, CPL 0, paging off. */
export function flatCpu(env: CpuEnvironment = environment): Cpu {
  const memory = new PhysicalMemory(0x10_0000, { read: () => 0, write: () => {} });
  const cpu = new Cpu(memory, env);
  cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_NE;
  for (let seg = 0; seg < 6; seg++) {
    cpu.setSegment(seg, seg === CS ? 8 : 16, 0, -1, ATTR_REAL_DATA | ATTR_DB | ATTR_G | (seg === CS ? ATTR_CODE : 0));
  }
  cpu.eflags = FLAGS_FIXED;
  return cpu;
}

interface Bound {
  readonly instruction: Instruction;
  readonly handler: Handler;
}

const bound = new Map<string, Bound>();

/** Decodes code of a test and finds its handler. */
export function bind(code: Uint8Array): Bound {
  const key = Buffer.from(code).toString('hex');
  let found = bound.get(key);
  if (found === undefined) {
    const instruction = new Instruction();
    const status = decode(code, 0, code.length, true, instruction);
    const handler = X87[instruction.row?.mnemonic ?? '']?.(instruction);
    if (status !== 0 || handler === undefined) throw new Error(`no x87 handler for ${key} (decoder status ${status})`);
    found = { instruction, handler };
    bound.set(key, found);
  }
  return found;
}

const FRSTOR = bind(Uint8Array.of(0xdd, 0x21));
const FNSAVE = bind(Uint8Array.of(0xdd, 0x31));

/** Executes every record on the vCPU; the result is laid out as the host's. */
export function interpret(cpu: Cpu, records: Uint8Array): Uint8Array {
  const out = new Uint8Array(records);
  const view = new DataView(out.buffer, out.byteOffset);
  for (let at = 0; at < out.length; at += RECORD) {
    const length = out[at + AT_LENGTH]!;
    cpu.u8.set(out.subarray(at + AT_IMAGE, at + AT_IMAGE + IMAGE_SIZE), L.RAM + IMAGE);
    cpu.gpr[ECX] = IMAGE;
    FRSTOR.handler(cpu, FRSTOR.instruction);
    cpu.u8.set(out.subarray(at + AT_MEMORY, at + AT_MEMORY + MEMORY_SIZE), L.RAM + MEMORY);
    cpu.gpr[ECX] = MEMORY;
    cpu.gpr[EAX] = view.getInt32(at + AT_EAX, true);
    cpu.eflags = view.getInt32(at + AT_EFLAGS, true);
    const { instruction, handler } = bind(out.subarray(at + AT_CODE, at + AT_CODE + length));
    handler(cpu, instruction);
    view.setInt32(at + AT_EFLAGS, cpu.eflags, true);
    view.setInt32(at + AT_EAX, cpu.gpr[EAX]!, true);
    out.set(cpu.u8.subarray(L.RAM + MEMORY, L.RAM + MEMORY + MEMORY_SIZE), at + AT_MEMORY);
    cpu.gpr[ECX] = IMAGE;
    FNSAVE.handler(cpu, FNSAVE.instruction);
    out.set(cpu.u8.subarray(L.RAM + IMAGE, L.RAM + IMAGE + IMAGE_SIZE), at + AT_IMAGE);
  }
  return out;
}
