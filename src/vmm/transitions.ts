/**
 * Changes of level that translated code makes without the dispatcher: INT n, IRETD, SYSENTER, SYSEXIT. A region ends at one
 * in a stub of the function table, which calls this and goes on in the region that is named. What
 * quick-transfer.ts does not do is left to the dispatcher, as a callout.
 */
import type { TranslationCache } from '../cache/translation-cache.ts';
import type { Cpu } from '../cpu/cpu.ts';
import * as L from '../cpu/layout.ts';
import { quickTransfers } from '../cpu/system/quick-transfer.ts';
import * as abi from '../translator/abi.ts';
import { materializeFlags } from '../translator/lazy-flags.ts';

const EIP = L.EIP >> 2;
const COUNTS = L.INLINE_COUNTS >> 2;
const BUDGET = abi.BUDGET >> 2;
const FLAGS_KIND = abi.FLAGS_KIND >> 2;
const TRANSITION = abi.TRANSITION >> 2;
const { SLOT_BRANCH, SLOT_LEAVE } = abi;

/**
 * The handler of the stub at SLOT_TRANSITION.
 * @param late asked after each: whether the dispatcher wants its turn
 */
export function createTransition(cpu: Cpu, cache: TranslationCache, late: () => boolean): () => number {
  const { s32 } = cpu;
  const { entries } = cpu.tlb;
  const { modes } = cache;
  const quick = quickTransfers(cpu);

  const carryOut = (word: number): boolean => {
    switch (abi.transitionKind(word)) {
      case abi.TRANSITION_INT:
        return quick.interrupt(abi.transitionVector(word), (s32[EIP]! + abi.transitionLength(word)) | 0);
      case abi.TRANSITION_IRET:
        return quick.interruptReturn();
      case abi.TRANSITION_SYSENTER:
        return quick.systemEnter();
      case abi.TRANSITION_SYSEXIT:
        return quick.systemExit();
      default:
        return false;
    }
  };

  return () => {
    const budget = s32[BUDGET]!;
    if (budget <= 0) return SLOT_LEAVE;
    if (s32[FLAGS_KIND] !== 0) materializeFlags(s32);
    const word = s32[TRANSITION]!;
    const mode = modes.id();
    if (!carryOut(word)) return SLOT_LEAVE;
    s32[BUDGET] = budget - 1;
    const count = COUNTS + abi.transitionRow(word);
    s32[count] = (s32[count]! + 1) | 0;
    modes.idFlat(mode);
    if (late()) return SLOT_BRANCH;
    // All of them are to flat code.
    const linear = s32[EIP]!;
    const entry = entries[linear >>> 12]!;
    return cpu.mayFetch(entry) ? cache.find(linear, entry) : SLOT_BRANCH;
  };
}
