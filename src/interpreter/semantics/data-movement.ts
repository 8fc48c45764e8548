/**
 * MOV, MOVZX, MOVSX, LEA, XLAT, BSWAP, MOVBE, SETcc, CMOVcc, CBW, CWD (SDM vol. 1 section 7.3.1).
 * Moves to and from segment, control and debug registers are system instructions.
 */
import { EAX, EBX, EDX } from '../../cpu/registers.ts';
import { K } from '../../decoder/instruction.ts';
import { holds } from '../conditions.ts';
import { FLAGS } from '../flags.ts';
import type { FormHandlers } from '../forms.ts';
import { byForm, bySize } from '../forms.ts';
import type { Handler, Semantics } from '../handler.ts';
import { byteOf, ea, second8, second16, second32, setFirst8 } from '../operands.ts';

const AX = EAX * 2;
const DX = EDX * 2;

const moves32: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = cpu.gpr[i.r1]!;
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = cpu.read32(i.segment, ea(cpu, i));
  },
  (cpu, i) => cpu.write32(i.segment, ea(cpu, i), cpu.gpr[i.r1]!),
  (cpu, i) => {
    cpu.gpr[i.r0] = i.imm;
  },
  (cpu, i) => cpu.write32(i.segment, ea(cpu, i), i.imm),
];
const moves16: FormHandlers = [
  (cpu, i) => {
    cpu.gpr16[i.r0 << 1] = cpu.gpr16[i.r1 << 1]!;
  },
  (cpu, i) => {
    cpu.gpr16[i.r0 << 1] = cpu.read16(i.segment, ea(cpu, i));
  },
  (cpu, i) => cpu.write16(i.segment, ea(cpu, i), cpu.gpr16[i.r1 << 1]!),
  (cpu, i) => {
    cpu.gpr16[i.r0 << 1] = i.imm;
  },
  (cpu, i) => cpu.write16(i.segment, ea(cpu, i), i.imm & 0xffff),
];
const moves8: FormHandlers = [
  (cpu, i) => {
    cpu.gpr8[byteOf(i.r0)] = cpu.gpr8[byteOf(i.r1)]!;
  },
  (cpu, i) => {
    cpu.gpr8[byteOf(i.r0)] = cpu.read8(i.segment, ea(cpu, i));
  },
  (cpu, i) => cpu.write8(i.segment, ea(cpu, i), cpu.gpr8[byteOf(i.r1)]!),
  (cpu, i) => {
    cpu.gpr8[byteOf(i.r0)] = i.imm;
  },
  (cpu, i) => cpu.write8(i.segment, ea(cpu, i), i.imm & 0xff),
];

const movzxByte32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = second8(cpu, i);
};
const movzxWord32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = second16(cpu, i);
};
const movzxByte16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = second8(cpu, i);
};
const movzxWord16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = second16(cpu, i);
};
const movsxByte32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = (second8(cpu, i) << 24) >> 24;
};
const movsxWord32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = (second16(cpu, i) << 16) >> 16;
};
const movsxByte16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = (second8(cpu, i) << 24) >> 24;
};

const lea32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = ea(cpu, i);
};
const lea16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = ea(cpu, i);
};

const xlat: Handler = (cpu, i) => {
  const offset = (cpu.gpr[EBX]! + cpu.gpr8[0]!) | 0;
  cpu.gpr8[0] = cpu.read8(i.segment, i.addressSize === 2 ? offset & 0xffff : offset);
};

/** The bytes of a 32-bit value in reverse order. */
function reversed(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
const bswap32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = reversed(cpu.gpr[i.r0]!);
};
/** Undefined by the manual; processors clear the register's low half. */
const bswap16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = 0;
};

const movbeLoad32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = reversed(cpu.read32(i.segment, ea(cpu, i)));
};
const movbeLoad16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = reversed(cpu.read16(i.segment, ea(cpu, i))) >>> 16;
};
const movbeStore32: Handler = (cpu, i) => cpu.write32(i.segment, ea(cpu, i), reversed(cpu.gpr[i.r1]!));
const movbeStore16: Handler = (cpu, i) => {
  cpu.write16(i.segment, ea(cpu, i), reversed(cpu.gpr16[i.r1 << 1]!) >>> 16);
};

const setcc: Handler = (cpu, i) => setFirst8(cpu, i, holds(cpu.s32[FLAGS]!, i.cond) ? 1 : 0);

/** The source is read, and may fault, whether or not the condition holds. */
const cmov32: Handler = (cpu, i) => {
  const value = second32(cpu, i);
  if (holds(cpu.s32[FLAGS]!, i.cond)) cpu.gpr[i.r0] = value;
};
const cmov16: Handler = (cpu, i) => {
  const value = second16(cpu, i);
  if (holds(cpu.s32[FLAGS]!, i.cond)) cpu.gpr16[i.r0 << 1] = value;
};

const cbw: Handler = (cpu) => {
  cpu.gpr16[AX] = (cpu.gpr8[0]! << 24) >> 24;
};
const cwde: Handler = (cpu) => {
  cpu.gpr[EAX] = (cpu.gpr16[AX]! << 16) >> 16;
};
const cwd: Handler = (cpu) => {
  cpu.gpr16[DX] = (cpu.gpr16[AX]! << 16) >> 31;
};
const cdq: Handler = (cpu) => {
  cpu.gpr[EDX] = cpu.gpr[EAX]! >> 31;
};

const movnti: Handler = (cpu, i) => cpu.write32(i.segment, ea(cpu, i), cpu.gpr[i.r1]!);

export const DATA_MOVEMENT: Semantics = {
  mov: (i) => byForm(i, bySize(i.s0, [moves8, moves16, moves32])),
  movzx: (i) => (i.s1 === 1 ? (i.s0 === 2 ? movzxByte16 : movzxByte32) : i.s0 === 2 ? movzxWord16 : movzxWord32),
  movsx: (i) => (i.s1 === 1 ? (i.s0 === 2 ? movsxByte16 : movsxByte32) : i.s0 === 2 ? movzxWord16 : movsxWord32),
  lea: (i) => (i.operandSize === 2 ? lea16 : lea32),
  xlat: () => xlat,
  bswap: (i) => (i.operandSize === 2 ? bswap16 : bswap32),
  movbe: (i) => {
    if (i.k0 === K.Reg) return i.s0 === 2 ? movbeLoad16 : movbeLoad32;
    return i.s0 === 2 ? movbeStore16 : movbeStore32;
  },
  setcc: () => setcc,
  cmovcc: (i) => (i.s0 === 2 ? cmov16 : cmov32),
  cbw: (i) => (i.operandSize === 2 ? cbw : cwde),
  cwd: (i) => (i.operandSize === 2 ? cwd : cdq),
  movnti: () => movnti,
};
