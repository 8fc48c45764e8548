/**
 * The breakpoints that a guest sets in its debug registers (SDM vol. 3 sections 17.2 and 17.3). Those of a debugger
 * outside the guest are in debug-points.ts.
 *
 * What holds: nothing here costs anything while DR7 enables no breakpoint. A page that holds an enabled instruction
 * breakpoint is executed by the interpreter, one instruction at a time; a page with an enabled data breakpoint has no delta, so
 * that every access to it comes through the vCPU's slow paths, which report it here. What has been met is kept
 * until the instruction's end, where the interpreter makes a trap of it.
 */
import { CR4, DR } from './layout.ts';
import { CR4_DE } from './registers.ts';
import type { Tlb } from './tlb.ts';

const COUNT = 4;
const DR7 = (DR >> 2) + 7;
/** R/W fields of DR7. */
const EXECUTE = 0;
const WRITE = 1;
const PORT = 2;

/** An enabled data or port breakpoint. */
interface Watch {
  /** Its bit in DR6. */
  readonly bit: number;
  /** First address, unsigned, and length in bytes. */
  readonly first: number;
  readonly length: number;
  readonly writesOnly: boolean;
}

/** Length in bytes by the LEN field; 2 is undefined, or 8 bytes where there is a 64-bit mode. */
const LENGTHS = [1, 2, 8, 4] as const;

export class Breakpoints {
  /** Whether any instruction breakpoint is enabled. */
  code = false;
  /** Bits of DR6 for what data and port accesses of the running instruction have met. */
  met = 0;
  /** Told of a linear page when an instruction breakpoint comes to be in it: no translation may run through it. */
  onCodePage: (page: number) => void = () => {};

  private readonly s32: Int32Array;
  private readonly tlb: Tlb;
  private readonly addresses = new Int32Array(COUNT);
  /** Bits 0 to 3: which of `addresses` are instruction breakpoints. */
  private codeBits = 0;
  private codePages: readonly number[] = [];
  private data: readonly Watch[] = [];
  private ports: readonly Watch[] = [];

  constructor(s32: Int32Array, tlb: Tlb) {
    this.s32 = s32;
    this.tlb = tlb;
  }

  /** To be called after DR0 to DR3, DR7 or CR4.DE have changed. */
  changed(): void {
    const { s32 } = this;
    const dr7 = s32[DR7]!;
    const pages: number[] = [];
    const data: Watch[] = [];
    const ports: Watch[] = [];
    this.codeBits = 0;
    for (let n = 0; n < COUNT; n++) {
      // Local or global: both enable.
      if (((dr7 >>> (n * 2)) & 3) === 0) continue;
      const address = s32[(DR >> 2) + n]!;
      const kind = (dr7 >>> (16 + n * 4)) & 3;
      const length = LENGTHS[((dr7 >>> (18 + n * 4)) & 3) as 0 | 1 | 2 | 3];
      // The processor ignores the address's bits below its length.
      const first = (address & -length) >>> 0;
      if (kind === EXECUTE) {
        this.addresses[n] = address;
        this.codeBits |= 1 << n;
        pages.push(address >>> 12);
      } else if (kind !== PORT) data.push({ bit: 1 << n, first, length, writesOnly: kind === WRITE });
      else if ((s32[CR4 >> 2]! & CR4_DE) !== 0) ports.push({ bit: 1 << n, first, length, writesOnly: false });
    }
    this.code = this.codeBits !== 0;
    this.data = data;
    this.ports = ports;
    const before = this.codePages;
    this.codePages = pages;
    for (const page of pages) if (!before.includes(page)) this.onCodePage(page);
    const watched = data.map(({ first }) => first >>> 12);
    if (watched.length > 0 || this.tlb.breakpointPages.length > 0) {
      this.tlb.breakpointPages = watched;
      this.tlb.dropAllDeltas();
    }
  }

  /** Whether an enabled instruction breakpoint lies in a linear page. */
  executesIn(page: number): boolean {
    return this.code && this.codePages.includes(page);
  }

  /** Bits of DR6 of the instruction breakpoints at a linear address. */
  atInstruction(linear: number): number {
    let bits = 0;
    for (let n = 0; n < COUNT; n++) {
      if ((this.codeBits & (1 << n)) !== 0 && this.addresses[n] === linear) bits |= 1 << n;
    }
    return bits;
  }

  /** An access of linear memory has been made. Returns whether it has met a breakpoint. */
  accessed(linear: number, size: number, write: boolean): boolean {
    return this.data.length > 0 && this.meets(this.data, linear >>> 0, size, write);
  }

  /** An access of ports has been made. Returns whether it has met a breakpoint. */
  portAccessed(port: number, size: number): boolean {
    return this.ports.length > 0 && this.meets(this.ports, port, size, true);
  }

  private meets(watches: readonly Watch[], first: number, size: number, write: boolean): boolean {
    let bits = 0;
    for (const w of watches) {
      if (w.writesOnly && !write) continue;
      if (first < w.first + w.length && w.first < first + size) bits |= w.bit;
    }
    this.met |= bits;
    return bits !== 0;
  }
}
