/**
 * A local APIC's registers as a page of memory (SDM vol. 3, table "Local APIC
 * Register Address Map"): 32 bits each, at multiples of 16.
 *
 * Only aligned 32-bit writes count, as the manual asks for; a read of any size gets its part of
 * the register. What is not there reads 0 and notes an error.
 */
import type { AccessSize } from '../io-bus.ts';
import type { MmioHandler } from '../mmio-bus.ts';
import { ERROR_REGISTER, type LocalApic } from './local-apic.ts';
import { LVT_COUNT } from './local-vectors.ts';

const ID = 0x20;
const VERSION = 0x30;
const TASK_PRIORITY = 0x80;
const ARBITRATION_PRIORITY = 0x90;
const PROCESSOR_PRIORITY = 0xa0;
const END_OF_INTERRUPT = 0xb0;
const REMOTE_READ = 0xc0;
const LOGICAL_DESTINATION = 0xd0;
const DESTINATION_FORMAT = 0xe0;
const SPURIOUS = 0xf0;
const IN_SERVICE = 0x100;
const TRIGGER_MODE = 0x180;
const REQUESTED = 0x200;
const ERROR_STATUS = 0x280;
const COMMAND_LOW = 0x300;
const COMMAND_HIGH = 0x310;
const LOCAL_VECTORS = 0x320;
const INITIAL_COUNT = 0x380;
const CURRENT_COUNT = 0x390;
const DIVIDE = 0x3e0;

/** Version 14h, and the number of the last entry in the local vector table. */
const VERSION_VALUE = ((LVT_COUNT - 1) << 16) | 0x14;

export class ApicRegisters implements MmioHandler {
  private readonly apic: LocalApic;

  constructor(apic: LocalApic) {
    this.apic = apic;
  }

  read(offset: number, size: AccessSize): number {
    if (!this.apic.enabled) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
    const lane = offset & 15;
    // Between two registers nothing answers.
    if (lane + size > 4) return 0;
    const value = this.register(offset & 0xff0) >>> (lane * 8);
    return size === 4 ? value >>> 0 : size === 2 ? value & 0xffff : value & 0xff;
  }

  write(offset: number, value: number, size: AccessSize): void {
    if (size !== 4 || (offset & 15) !== 0 || !this.apic.enabled) return;
    this.setRegister(offset & 0xff0, value >>> 0);
  }

  private register(at: number): number {
    const { apic } = this;
    if (at >= IN_SERVICE && at < ERROR_STATUS) {
      const set = at < TRIGGER_MODE ? apic.isr : at < REQUESTED ? apic.tmr : apic.irr;
      return set.word((at >> 4) & 7);
    }
    if (at >= LOCAL_VECTORS && at < INITIAL_COUNT) return apic.localVector((at - LOCAL_VECTORS) >> 4);
    switch (at) {
      case ID:
        return apic.id << 24;
      case VERSION:
        return VERSION_VALUE;
      case TASK_PRIORITY:
        return apic.taskPriority;
      case ARBITRATION_PRIORITY:
      case PROCESSOR_PRIORITY:
        return apic.processorPriority();
      case END_OF_INTERRUPT:
      case REMOTE_READ:
        return 0;
      case LOGICAL_DESTINATION:
        return apic.logicalDestination << 24;
      case DESTINATION_FORMAT:
        return (apic.model << 28) | 0x0fff_ffff;
      case SPURIOUS:
        return apic.spurious;
      case ERROR_STATUS:
        return apic.errors;
      case COMMAND_LOW:
        return apic.commandLow;
      case COMMAND_HIGH:
        return apic.commandHigh;
      case INITIAL_COUNT:
        return apic.timer.initialCount;
      case CURRENT_COUNT:
        return apic.timer.current();
      case DIVIDE:
        return apic.timer.divide;
      default:
        apic.error(ERROR_REGISTER);
        return 0;
    }
  }

  private setRegister(at: number, value: number): void {
    const { apic } = this;
    if (at >= LOCAL_VECTORS && at < INITIAL_COUNT) {
      apic.setLocalVector((at - LOCAL_VECTORS) >> 4, value);
      return;
    }
    // Read-only: their values are what the processor finds.
    if (at >= IN_SERVICE && at < ERROR_STATUS) return;
    switch (at) {
      case ID:
        apic.id = value >>> 24;
        break;
      case TASK_PRIORITY:
        apic.setTaskPriority(value);
        break;
      case END_OF_INTERRUPT:
        apic.endOfInterrupt();
        break;
      case LOGICAL_DESTINATION:
        apic.logicalDestination = value >>> 24;
        break;
      case DESTINATION_FORMAT:
        apic.model = value >>> 28;
        break;
      case SPURIOUS:
        apic.setSpurious(value);
        break;
      case ERROR_STATUS:
        apic.latchErrors();
        break;
      case COMMAND_LOW:
        apic.sendCommand(value);
        break;
      case COMMAND_HIGH:
        apic.commandHigh = (value & 0xff00_0000) >>> 0;
        break;
      case INITIAL_COUNT:
        apic.timer.setInitialCount(value);
        break;
      case DIVIDE:
        apic.timer.setDivide(value);
        break;
      case VERSION:
      case ARBITRATION_PRIORITY:
      case PROCESSOR_PRIORITY:
      case REMOTE_READ:
      case CURRENT_COUNT:
        break;
      default:
        apic.error(ERROR_REGISTER);
    }
  }
}
