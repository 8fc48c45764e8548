/**
 * The sixteen conditions of Jcc, SETcc and CMOVcc (SDM vol. 1 appendix B).
 */
import { CF, OF, PF, SF, ZF } from '../cpu/registers.ts';

/** Whether SF differs from OF, the "less" of signed comparisons. */
export function isLess(flags: number): boolean {
  return ((flags ^ (flags << 4)) & OF) !== 0;
}

/** Whether condition `cond` (0 to 15, low nibble of the opcode) holds. */
export function holds(flags: number, cond: number): boolean {
  let result: boolean;
  switch (cond >> 1) {
    case 0:
      result = (flags & OF) !== 0;
      break;
    case 1:
      result = (flags & CF) !== 0;
      break;
    case 2:
      result = (flags & ZF) !== 0;
      break;
    case 3:
      result = (flags & (CF | ZF)) !== 0;
      break;
    case 4:
      result = (flags & SF) !== 0;
      break;
    case 5:
      result = (flags & PF) !== 0;
      break;
    case 6:
      result = isLess(flags);
      break;
    default:
      result = (flags & ZF) !== 0 || isLess(flags);
  }
  return (cond & 1) === 0 ? result : !result;
}
