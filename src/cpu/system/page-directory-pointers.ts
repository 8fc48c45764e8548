/** PAE's four page-directory pointers, loaded with CR3 and kept in the processor (SDM vol. 3 section 4.4.1). */
import type { Cpu } from '../cpu.ts';

const PRESENT = 1;
/** Bits of a present entry's low word that must be zero. */
const RESERVED = 0x1e6;

/**
 * Loads the pointers that `cr3` names.
 * @returns false, with nothing changed, when a present entry has a reserved bit set: #GP(0)
 */
export function loadPdptes(cpu: Cpu, cr3: number): boolean {
  const table = cr3 & ~0x1f;
  const words = new Int32Array(8);
  for (let i = 0; i < 8; i++) words[i] = cpu.memory.read32(table + i * 4);
  for (let i = 0; i < 4; i++) {
    const low = words[i * 2]!;
    // Physical addresses have 32 bits here, so the whole high word is reserved.
    if ((low & PRESENT) !== 0 && ((low & RESERVED) !== 0 || words[i * 2 + 1] !== 0)) return false;
  }
  cpu.pdpte.set(words);
  return true;
}
