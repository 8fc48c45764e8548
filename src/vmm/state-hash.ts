/**
 * A hash of a machine's whole state as software can see it: registers, RAM and video memory.
 *
 * What holds: equal states give equal hashes in every engine, whatever way they
 * were come by; nothing internal to an engine goes in. Memory is a sum of hashes of
 * pages, of which only those written since the last time are done anew, so the
 * cost goes with the pages written. A page of zeros adds nothing, written or not.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { GPR, MSRS, MSRS_END, RAM, TRANSLATOR_WORDS } from '../cpu/layout.ts';
import type { PhysicalMemory } from '../cpu/physical-memory.ts';

const MULTIPLIER_A = 0x9e37_79b1 | 0;
const MULTIPLIER_B = 0x85eb_ca77 | 0;

/** Two 32-bit hashes side by side, fed word by word. */
class Mixer {
  a = 0;
  b = 0;

  start(seed: number): void {
    this.a = seed ^ 0x2545_f491;
    this.b = Math.imul(seed + 1, MULTIPLIER_B);
  }

  word(value: number): void {
    const a = Math.imul(this.a ^ value, MULTIPLIER_A);
    this.a = a ^ (a >>> 15);
    const b = Math.imul((this.b << 13) | (this.b >>> 19), 5) + value;
    this.b = Math.imul(b ^ (b >>> 16), MULTIPLIER_B);
  }

  words(view: Int32Array, from: number, to: number): void {
    for (let n = from; n < to; n++) this.word(view[n]!);
  }

  finish(): void {
    this.a = Math.imul(this.a ^ (this.a >>> 16), MULTIPLIER_B);
    this.b = Math.imul(this.b ^ (this.b >>> 13), MULTIPLIER_A);
  }
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

export class StateHash {
  private readonly cpu: Cpu;
  private readonly memory: PhysicalMemory;
  private readonly mixer = new Mixer();
  /** Two words for each page of memory. */
  private readonly pages: Int32Array;
  private sumA = 0;
  private sumB = 0;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.memory = cpu.memory;
    this.pages = new Int32Array(((this.memory.u8.length - RAM) >>> 12) * 2);
  }

  /**
   * The state's hash, 16 hexadecimal digits. To be called between stretches only.
   * @param guestTime nanoseconds since power-on
   */
  take(guestTime: number): string {
    const { cpu, mixer } = this;
    this.memory.written.take((page) => this.page(page));
    cpu.tlb.dropAllWrites();
    mixer.start(0);
    mixer.words(cpu.s32, GPR >> 2, TRANSLATOR_WORDS >> 2);
    mixer.words(cpu.s32, MSRS >> 2, MSRS_END >> 2);
    mixer.words(cpu.pdpte, 0, cpu.pdpte.length);
    mixer.word((cpu.halted ? 1 : 0) | (cpu.interruptShadow ? 2 : 0) | (cpu.shutdown ? 4 : 0));
    mixer.word((cpu.stackShadow ? 1 : 0) | (cpu.nmiPending ? 2 : 0) | (cpu.nmiBlocked ? 4 : 0));
    mixer.word(guestTime | 0);
    mixer.word(Math.floor(guestTime / 2 ** 32));
    mixer.word(this.sumA);
    mixer.word(this.sumB);
    mixer.finish();
    return hex(mixer.a) + hex(mixer.b);
  }

  /** Puts a page's hash in the place of the one it had. */
  private page(page: number): void {
    const { mixer, pages } = this;
    const at = this.memory.storedPage(page) >>> 2;
    const view = this.memory.i32;
    let a = 0;
    let b = 0;
    let bits = 0;
    for (let n = at; n < at + 1024; n++) bits |= view[n]!;
    if (bits !== 0) {
      mixer.start(page + 1);
      mixer.words(view, at, at + 1024);
      mixer.finish();
      a = mixer.a;
      b = mixer.b;
    }
    this.sumA = (this.sumA + a - pages[page * 2]!) | 0;
    this.sumB = (this.sumB + b - pages[page * 2 + 1]!) | 0;
    pages[page * 2] = a;
    pages[page * 2 + 1] = b;
  }
}
