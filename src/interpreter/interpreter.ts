/**
 * The interpreter's run loop: finds decoded blocks and executes them an
 * instruction at a time, exactly.
 *
 * At every boundary EIP, EFLAGS and the count are the architecture's. A fault
 * leaves EIP at the instruction that caused it, does not count, and is delivered to the guest by
 * src/cpu/system. Interrupts are not taken here: `run` returns where one can be.
 */
import type { Breakpoints } from '../cpu/breakpoints.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { VEC_GP } from '../cpu/exceptions.ts';
import { EFLAGS, EIP, SEG_BASE, SEG_LIMIT, SEGMENT_SIZE, SEGMENTS } from '../cpu/layout.ts';
import { ACCESS_FETCH } from '../cpu/paging.ts';
import { CS, IF, RF, TF } from '../cpu/registers.ts';
import { deliverException } from '../cpu/system/interrupts.ts';
import type { OpcodeRow } from '../decoder/opcode-row.ts';
import { CodeCache } from './code-cache.ts';
import { breakBefore, stepStatus, trapAfter } from './debug-traps.ts';
import type { DecodedBlock } from './decoded-block.ts';
import { DEAD, NO_BLOCK } from './decoded-block.ts';

const FLAGS = EFLAGS >> 2;
const NEXT = EIP >> 2;
const CS_BASE = (SEGMENTS + CS * SEGMENT_SIZE + SEG_BASE) >> 2;
const CS_LIMIT = (SEGMENTS + CS * SEGMENT_SIZE + SEG_LIMIT) >> 2;

/** Faults delivered in one run before it returns: a guest may fault for ever without an instruction retiring. */
const MAX_FAULTS = 1000;

/** Blocks between two looks at the time, less one; a power of two less one. */
const TIME_CHECK = 127;

export class Interpreter {
  readonly cache: CodeCache;
  /** Told whenever a block is entered with its count at `hotThreshold` or above; it may lower the count. */
  onHot: ((block: DecodedBlock) => void) | undefined;
  hotThreshold = 0;
  /** Told before a block is executed (`-d exec`). */
  onBlock: ((block: DecodedBlock) => void) | undefined;
  /** Asked every so many blocks of `run`: whether it should return, whatever the budget. */
  timeUp: () => boolean = () => false;
  /** Instructions retired by this interpreter. */
  retired = 0;
  /** Row of the instruction that `step` or `executeOne` executed last. */
  lastRow: OpcodeRow | undefined;

  private readonly cpu: Cpu;
  private readonly breakpoints: Breakpoints;
  /** The block executed last, whose successors are tried first. */
  private previous: DecodedBlock = NO_BLOCK;
  private blocks = 0;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.breakpoints = cpu.breakpoints;
    this.cache = new CodeCache(cpu);
  }

  /**
   * Runs until `cpu.remaining` is 0 or less, the vCPU halts or shuts down, or an
   * interrupt can be delivered; also after very many faults without end, or when `timeUp` says so.
   * Never throws a guest's fault.
   */
  run(): void {
    const start = this.cpu.remaining;
    this.previous = NO_BLOCK;
    for (let faults = 0; faults < MAX_FAULTS; faults++) {
      try {
        this.loop();
        break;
      } catch (error) {
        this.deliver(error);
      }
    }
    this.retired += start - this.cpu.remaining;
  }

  /** Executes one instruction whatever the budget, delivering its fault or trap. */
  step(): void {
    const start = this.cpu.remaining;
    try {
      this.single();
    } catch (error) {
      this.deliver(error);
    }
    this.retired += start - this.cpu.remaining;
  }

  /**
   * Executes one instruction; of a repeated string instruction as many iterations as the budget allows, at least one.
   * Only the trap of a data breakpoint may follow.
   * @throws the vCPU's GuestException, with EIP at the instruction
   */
  executeOne(): void {
    const cpu = this.cpu;
    const start = cpu.remaining;
    cpu.leaveBlock = false;
    try {
      const block = this.enter(NO_BLOCK);
      this.lastRow = block.instructions[0]!.row;
      this.executeSome(block, 1);
      trapAfter(cpu, block, 0);
    } catch (error) {
      cpu.s32[NEXT] = cpu.instructionEip;
      throw error;
    } finally {
      this.retired += start - cpu.remaining;
    }
  }

  /**
   * Executes one basic block, or as much of it as the budget allows; faults are delivered.
   * @returns the block, or null when nothing could run (budget, halt, shutdown, interrupt) or a fault was delivered
   */
  runBlock(): DecodedBlock | null {
    const cpu = this.cpu;
    const start = cpu.remaining;
    let block: DecodedBlock | null = null;
    try {
      if (this.mayRun()) {
        if (this.mustStep()) this.single();
        else {
          const found = this.enter(this.previous);
          this.execute(found);
          this.previous = found;
          block = found;
        }
      }
    } catch (error) {
      this.deliver(error);
    }
    this.retired += start - cpu.remaining;
    return block;
  }

  /** The guest goes on elsewhere than in blocks that are interpreted: at an EIP to which the last block has gone. */
  leftFor(eip: number): void {
    this.previous.noteTarget(eip);
    this.previous = NO_BLOCK;
  }

  private mayRun(): boolean {
    const cpu = this.cpu;
    if (cpu.remaining <= 0 || cpu.halted || cpu.shutdown || cpu.nmiReady) return false;
    return !cpu.interruptPending || (cpu.s32[FLAGS]! & IF) === 0 || cpu.interruptShadow;
  }

  /** Whether something has to be looked at after the next instruction. */
  private mustStep(): boolean {
    const { cpu } = this;
    if ((cpu.s32[FLAGS]! & (TF | RF)) !== 0 || cpu.interruptShadow) return true;
    return this.breakpoints.code && this.breakpoints.executesIn((cpu.s32[NEXT]! + cpu.s32[CS_BASE]!) >>> 12);
  }

  private loop(): void {
    while (this.mayRun()) {
      this.blocks = (this.blocks + 1) | 0;
      if ((this.blocks & TIME_CHECK) === 0 && this.timeUp()) return;
      if (this.mustStep()) {
        this.single();
        this.previous = NO_BLOCK;
        continue;
      }
      const block = this.enter(this.previous);
      this.execute(block);
      this.previous = block;
    }
  }

  /**
   * The block at EIP; `previous` is the one just executed, or NO_BLOCK.
   * @throws #GP outside the code segment's limit, #PF
   */
  private enter(previous: DecodedBlock): DecodedBlock {
    const cpu = this.cpu;
    const s32 = cpu.s32;
    const eip = s32[NEXT]!;
    cpu.instructionEip = eip;
    if (eip >>> 0 > s32[CS_LIMIT]! >>> 0) cpu.raise(VEC_GP, 0);
    const linear = (eip + s32[CS_BASE]!) | 0;
    const entry = cpu.tlb.entries[linear >>> 12]!;
    const translated = cpu.mayFetch(entry)
      ? (entry & ~0xfff) | (linear & 0xfff)
      : cpu.translate(linear, ACCESS_FETCH, cpu.user);
    const physical = translated & cpu.memory.a20Mask;
    const mode = cpu.code32 ? 1 : 0;
    let next = previous.successor0;
    if (next.physical === physical && next.eip === eip && next.mode === mode && next.secondPage < 0) return next;
    next = previous.successor1;
    if (next.physical === physical && next.eip === eip && next.mode === mode && next.secondPage < 0) return next;
    next = this.cache.find(eip, linear, physical, mode);
    if (previous.mode !== DEAD && next.mode !== DEAD) {
      previous.noteTarget(eip);
      previous.successor1 = previous.successor0;
      previous.successor0 = next;
    }
    return next;
  }

  private execute(block: DecodedBlock): void {
    if (this.onBlock !== undefined) this.onBlock(block);
    const count = (block.count + 1) | 0;
    block.count = count;
    if (count >= this.hotThreshold && this.onHot !== undefined) this.onHot(block);
    const cpu = this.cpu;
    let limit = block.instructions.length;
    if (limit > cpu.remaining) limit = cpu.remaining;
    this.executeSome(block, limit);
    if (cpu.leaveBlock) trapAfter(cpu, block, 0);
  }

  /** Executes the first `count` instructions of a block, or fewer when one of them makes it leave. */
  private executeSome(block: DecodedBlock, count: number): void {
    const cpu = this.cpu;
    const s32 = cpu.s32;
    if (block.last >>> 0 > s32[CS_LIMIT]! >>> 0) count = this.insideLimit(block, count);
    cpu.leaveBlock = false;
    const instructions = block.instructions;
    const handlers = block.handlers;
    let eip = block.eip;
    for (let k = 0; k < count; k++) {
      const i = instructions[k]!;
      cpu.instructionEip = eip;
      eip = (eip + i.length) | 0;
      s32[NEXT] = eip;
      handlers[k]!(cpu, i);
      cpu.remaining--;
      if (cpu.leaveBlock) return;
    }
  }

  /** How many of the first `count` instructions lie inside the code segment. @throws #GP when the first does not */
  private insideLimit(block: DecodedBlock, count: number): number {
    const cpu = this.cpu;
    const limit = cpu.s32[CS_LIMIT]! >>> 0;
    let end = block.eip >>> 0;
    let inside = 0;
    while (inside < count) {
      end += block.instructions[inside]!.length;
      if (end - 1 > limit) break;
      inside++;
    }
    if (inside === 0) cpu.raise(VEC_GP, 0);
    return inside;
  }

  /** Executes one instruction, and what comes with it: breakpoints, the end of RF and shadows, single-step traps. */
  private single(): void {
    const cpu = this.cpu;
    const s32 = cpu.s32;
    const flags = s32[FLAGS]!;
    const shadowed = cpu.stackShadow;
    cpu.interruptShadow = false;
    cpu.stackShadow = false;
    if (this.breakpoints.code && (flags & RF) === 0 && !shadowed) breakBefore(cpu);
    const block = this.enter(NO_BLOCK);
    s32[FLAGS] = flags & ~RF;
    if (this.onBlock !== undefined) this.onBlock(block);
    this.lastRow = block.instructions[0]!.row;
    this.executeSome(block, 1);
    trapAfter(cpu, block, stepStatus(cpu, block, flags));
  }

  private deliver(error: unknown): void {
    const cpu = this.cpu;
    if (error !== cpu.exception) throw error;
    cpu.s32[NEXT] = cpu.instructionEip;
    this.previous = NO_BLOCK;
    deliverException(cpu, cpu.exception.vector, cpu.exception.errorCode);
  }
}
