/**
 * One 8259A programmable interrupt controller (Intel datasheet 231468), as PC
 * chipsets integrate it: 8086 mode only, edge or level by the ELCR instead of
 * ICW1's LTIM bit.
 *
 * Bit n of every mask is input IRn. An edge-triggered request is withdrawn when
 * its input falls before it was acknowledged, as the datasheet demands.
 */

/** Vector offset delivered when a request vanished before its acknowledgement. */
const SPURIOUS_LEVEL = 7;

export class PicChip {
  /** Requests latched (edge) or present (level). */
  irr = 0;
  /** In service: acknowledged, not yet ended. */
  isr = 0;
  /** Masked inputs. Powered on all masked, so that nothing gets through before ICW1. */
  imr = 0xff;
  /** Current levels of the inputs. */
  inputs = 0;
  /** Inputs that are level-triggered. */
  elcr = 0;
  vectorBase = 0;
  /** The input with the lowest priority; the one after it has the highest. */
  lowest = SPURIOUS_LEVEL;
  /** Which ICW is expected next at A0 = 1: 0 when initialised. */
  initStep = 0;
  singleChip = false;
  needsIcw4 = false;
  autoEoi = false;
  rotateOnAutoEoi = false;
  specialMask = false;
  specialFullyNested = false;
  readIsr = false;
  pollNext = false;
  /** Inputs that cascade from another chip. */
  readonly cascadeMask: number;
  readonly elcrWritable: number;

  /**
   * @param cascadeMask inputs fed by a slave (4 on a PC's master, 0 on the slave)
   * @param elcrWritable ELCR bits that exist
   */
  constructor(cascadeMask: number, elcrWritable: number) {
    this.cascadeMask = cascadeMask;
    this.elcrWritable = elcrWritable;
  }

  /** Power-on state; input levels stay as their drivers hold them. */
  reset(): void {
    this.elcr = 0;
    this.initialise();
    this.imr = 0xff;
    this.vectorBase = 0;
    this.initStep = 0;
    this.clearModes();
  }

  /** Drives input `level` (0..7). */
  setInput(level: number, active: boolean): void {
    const bit = 1 << level;
    if (active) {
      if ((this.inputs & bit) === 0 || (this.elcr & bit) !== 0) {
        this.irr |= bit;
      }
      this.inputs |= bit;
    } else {
      this.inputs &= ~bit;
      this.irr &= ~bit;
    }
  }

  /** The input to be acknowledged now, or -1: the INT output is "not -1". */
  pendingLevel(): number {
    const requests = this.irr & ~this.imr;
    if (requests === 0 || this.initStep !== 0) {
      return -1;
    }
    // In special mask mode a masked level no longer blocks lower ones.
    const inService = this.specialMask ? this.isr & ~this.imr : this.isr;
    for (let i = 1; i <= 8; i++) {
      const level = (this.lowest + i) & 7;
      const bit = 1 << level;
      if ((requests & bit) !== 0 && ((inService & bit) === 0 || this.nests(bit))) {
        return level;
      }
      if ((inService & bit) !== 0) {
        return -1;
      }
    }
    return -1;
  }

  /** Acknowledges the pending input and returns its level; 7, with nothing in service, if none is pending. */
  acknowledge(): number {
    const level = this.pendingLevel();
    if (level < 0) {
      return SPURIOUS_LEVEL;
    }
    const bit = 1 << level;
    if ((this.elcr & bit) === 0) {
      this.irr &= ~bit;
    }
    if (this.autoEoi) {
      if (this.rotateOnAutoEoi) {
        this.lowest = level;
      }
    } else {
      this.isr |= bit;
    }
    return level;
  }

  /** Reads with A0 = `a0`: a poll's result, IMR, or whichever of IRR and ISR was chosen. */
  read(a0: number): number {
    if (this.pollNext) {
      this.pollNext = false;
      const level = this.pendingLevel();
      return level < 0 ? 0 : 0x80 | this.acknowledge();
    }
    if (a0 !== 0) {
      return this.imr;
    }
    return this.readIsr ? this.isr : this.irr;
  }

  /** Writes with A0 = `a0`: ICW1..4 and OCW1..3 (datasheet pages 10 to 14). */
  write(a0: number, value: number): void {
    if (a0 === 0) {
      if ((value & 0x10) !== 0) {
        this.writeIcw1(value);
      } else if ((value & 0x08) !== 0) {
        this.writeOcw3(value);
      } else {
        this.writeOcw2(value);
      }
    } else if (this.initStep === 0) {
      this.imr = value & 0xff;
    } else {
      this.writeIcw(value);
    }
  }

  /** Sets which inputs are level-triggered. */
  writeElcr(value: number): void {
    this.elcr = value & this.elcrWritable;
    this.irr |= this.inputs & this.elcr;
  }

  private nests(bit: number): boolean {
    return this.specialFullyNested && (this.cascadeMask & bit) !== 0;
  }

  private initialise(): void {
    this.irr = this.inputs & this.elcr;
    this.isr = 0;
    this.imr = 0;
    this.lowest = SPURIOUS_LEVEL;
    this.specialMask = false;
    this.readIsr = false;
    this.pollNext = false;
  }

  private clearModes(): void {
    this.autoEoi = false;
    this.rotateOnAutoEoi = false;
    this.specialFullyNested = false;
  }

  private writeIcw1(value: number): void {
    this.initialise();
    this.singleChip = (value & 0x02) !== 0;
    this.needsIcw4 = (value & 0x01) !== 0;
    if (!this.needsIcw4) {
      this.clearModes();
    }
    this.initStep = 2;
  }

  private writeIcw(value: number): void {
    if (this.initStep === 2) {
      this.vectorBase = value & 0xf8;
      this.initStep = this.singleChip ? (this.needsIcw4 ? 4 : 0) : 3;
    } else if (this.initStep === 3) {
      // Which input cascades is wired on a PC; ICW3 is taken and changes nothing.
      this.initStep = this.needsIcw4 ? 4 : 0;
    } else {
      this.autoEoi = (value & 0x02) !== 0;
      this.specialFullyNested = (value & 0x10) !== 0;
      this.initStep = 0;
    }
  }

  private writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case 0:
        this.rotateOnAutoEoi = false;
        break;
      case 1:
        this.endHighest();
        break;
      case 3:
        this.isr &= ~(1 << level);
        break;
      case 4:
        this.rotateOnAutoEoi = true;
        break;
      case 5: {
        const ended = this.endHighest();
        if (ended >= 0) {
          this.lowest = ended;
        }
        break;
      }
      case 6:
        this.lowest = level;
        break;
      case 7:
        this.isr &= ~(1 << level);
        this.lowest = level;
        break;
      default:
        break; // 2: no operation
    }
  }

  private writeOcw3(value: number): void {
    if ((value & 0x40) !== 0) {
      this.specialMask = (value & 0x20) !== 0;
    }
    this.pollNext = (value & 0x04) !== 0;
    if ((value & 0x02) !== 0) {
      this.readIsr = (value & 0x01) !== 0;
    }
  }

  /** Ends the in-service level of highest priority and returns it, -1 if there is none. */
  private endHighest(): number {
    // A non-specific EOI in special mask mode does not touch masked levels.
    const candidates = this.specialMask ? this.isr & ~this.imr : this.isr;
    for (let i = 1; i <= 8; i++) {
      const level = (this.lowest + i) & 7;
      if ((candidates & (1 << level)) !== 0) {
        this.isr &= ~(1 << level);
        return level;
      }
    }
    return -1;
  }
}
