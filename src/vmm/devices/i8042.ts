/**
 * The 8042 keyboard controller at 60h/64h with a keyboard (IRQ 1) and a mouse
 * (IRQ 12) behind it, the A20 gate and the reset line on its output port.
 *
 * One output buffer serves both devices; it refills as soon as port 60h is read,
 * and commands take no time, so the input buffer is never seen full.
 */
import type { A20Gate } from './a20.ts';
import type { Clock } from './clock.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import { Ps2Keyboard } from './ps2-keyboard.ts';
import { Ps2Mouse } from './ps2-mouse.ts';
import { SET2_RELEASE, set1Code } from './scancodes.ts';

/** Status register. */
const OUTPUT_FULL = 0x01;
const SYSTEM_FLAG = 0x04;
const LAST_WAS_COMMAND = 0x08;
const KEYLOCK_OPEN = 0x10;
const AUX_OUTPUT = 0x20;
/** Command byte, RAM byte 0. */
const KEYBOARD_INTERRUPT = 0x01;
const AUX_INTERRUPT = 0x02;
const COMMAND_SYSTEM_FLAG = 0x04;
const KEYBOARD_OFF = 0x10;
const AUX_OFF = 0x20;
const TRANSLATE = 0x40;
/** Output port: reset line (active low) and A20 gate. */
const OUT_NOT_RESET = 0x01;
const OUT_A20 = 0x02;
const OUT_FIXED = 0xc0;
const OUT_KEYBOARD_FULL = 0x10;
const OUT_AUX_FULL = 0x20;

/** Where the byte in the output buffer comes from; 0 when it is empty. */
const FROM_KEYBOARD = 1;
const FROM_AUX = 2;

/** What power-on firmware leaves: interrupt and translation on, both devices usable, self test passed. */
const INITIAL_COMMAND_BYTE = KEYBOARD_INTERRUPT | COMMAND_SYSTEM_FLAG | TRANSLATE;

/** The side of the controller that hosts of the machine use. */
export interface I8042Wiring {
  readonly clock: Clock;
  readonly keyboardIrq: IrqLine;
  readonly auxIrq: IrqLine;
  readonly a20: A20Gate;
  /** The reset line was pulled. */
  onReset(): void;
}

export class I8042 {
  readonly keyboard: Ps2Keyboard;
  readonly mouse = new Ps2Mouse();
  /** Controller RAM; byte 0 is the command byte. */
  readonly ram = new Uint8Array(32);
  outputByte = 0;
  outputSource = 0;
  /** The command that waits for a byte at port 60h, 0 if none. */
  awaiting = 0;
  lastWasCommand = false;
  /** A set 2 release prefix was seen and the next code gets bit 7. */
  releasing = false;
  private readonly wiring: I8042Wiring;

  constructor(wiring: I8042Wiring) {
    this.wiring = wiring;
    this.keyboard = new Ps2Keyboard(wiring.clock);
    this.keyboard.onOutput = () => this.refill();
    this.mouse.onOutput = () => this.refill();
    this.ram[0] = INITIAL_COMMAND_BYTE;
  }

  attach(io: IoBus): void {
    io.register(0x60, 1, { read: () => this.readData(), write: (_port, value) => this.writeData(value) });
    io.register(0x64, 1, { read: () => this.status(), write: (_port, value) => this.writeCommand(value) });
  }

  reset(): void {
    this.keyboard.reset();
    this.mouse.reset();
    this.ram.fill(0);
    this.ram[0] = INITIAL_COMMAND_BYTE;
    this.outputSource = 0;
    this.awaiting = 0;
    this.lastWasCommand = false;
    this.releasing = false;
    this.drive();
  }

  private status(): number {
    return (
      (this.outputSource !== 0 ? OUTPUT_FULL : 0) |
      (this.outputSource === FROM_AUX ? AUX_OUTPUT : 0) |
      (this.commandByte() & COMMAND_SYSTEM_FLAG ? SYSTEM_FLAG : 0) |
      (this.lastWasCommand ? LAST_WAS_COMMAND : 0) |
      KEYLOCK_OPEN
    );
  }

  private readData(): number {
    const byte = this.outputByte; // an empty buffer gives its last byte again
    this.outputSource = 0;
    this.drive(); // each byte makes an edge of its own
    this.refill();
    return byte;
  }

  private writeData(value: number): void {
    this.lastWasCommand = false;
    const command = this.awaiting;
    this.awaiting = 0;
    if (command === 0) {
      this.ram[0] = this.commandByte() & ~KEYBOARD_OFF; // writing to the keyboard switches it on
      this.keyboard.receive(value);
    } else if (command >= 0x60 && command <= 0x7f) {
      this.ram[command & 0x1f] = value;
      this.drive();
      this.refill();
    } else if (command === 0xd1) {
      this.writeOutputPort(value);
    } else if (command === 0xd2) {
      this.fill(value, FROM_KEYBOARD);
    } else if (command === 0xd3) {
      this.fill(value, FROM_AUX);
    } else if (command === 0xd4) {
      this.ram[0] = this.commandByte() & ~AUX_OFF;
      this.mouse.receive(value);
    }
  }

  private writeCommand(command: number): void {
    this.lastWasCommand = true;
    this.awaiting = 0;
    if (command >= 0x20 && command <= 0x3f) {
      this.answer(this.ram[command & 0x1f] as number);
      return;
    }
    if ((command >= 0x60 && command <= 0x7f) || (command >= 0xd1 && command <= 0xd4)) {
      this.awaiting = command;
      return;
    }
    if (command >= 0xf0) {
      // Pulses output port bits whose command bit is 0; only the reset line is wired to anything.
      if ((command & OUT_NOT_RESET) === 0) {
        this.wiring.onReset();
      }
      return;
    }
    this.simpleCommand(command);
  }

  private simpleCommand(command: number): void {
    switch (command) {
      case 0xa4: // is there a password?
        this.answer(0xf1);
        break;
      case 0xa7:
        this.switchDevice(AUX_OFF, true);
        break;
      case 0xa8:
        this.switchDevice(AUX_OFF, false);
        break;
      case 0xa9: // aux interface test
      case 0xab: // keyboard interface test
        this.answer(0x00);
        break;
      case 0xaa: // self test
        this.ram[0] = this.commandByte() | COMMAND_SYSTEM_FLAG;
        this.answer(0x55);
        break;
      case 0xad:
        this.switchDevice(KEYBOARD_OFF, true);
        break;
      case 0xae:
        this.switchDevice(KEYBOARD_OFF, false);
        break;
      case 0xc0: // input port: nothing is jumpered, keyboard not locked
        this.answer(0x80);
        break;
      case 0xd0:
        this.answer(this.readOutputPort());
        break;
      case 0xdd:
        this.wiring.a20.set(false);
        break;
      case 0xdf:
        this.wiring.a20.set(true);
        break;
      case 0xe0: // test inputs
        this.answer(0x00);
        break;
      default:
        break; // the real controller ignores what it does not know
    }
  }

  private switchDevice(bit: number, off: boolean): void {
    this.ram[0] = off ? this.commandByte() | bit : this.commandByte() & ~bit;
    this.refill();
  }

  private readOutputPort(): number {
    return (
      OUT_FIXED |
      OUT_NOT_RESET |
      (this.wiring.a20.enabled ? OUT_A20 : 0) |
      (this.outputSource === FROM_KEYBOARD ? OUT_KEYBOARD_FULL : 0) |
      (this.outputSource === FROM_AUX ? OUT_AUX_FULL : 0)
    );
  }

  private writeOutputPort(value: number): void {
    this.wiring.a20.set((value & OUT_A20) !== 0);
    if ((value & OUT_NOT_RESET) === 0) {
      this.wiring.onReset();
    }
  }

  private commandByte(): number {
    return this.ram[0] as number;
  }

  /** The controller's own answer to a command; it raises no more interrupt than a key would. */
  private answer(byte: number): void {
    this.fill(byte, FROM_KEYBOARD);
  }

  /** Puts a byte in the output buffer, over whatever was there. */
  private fill(byte: number, source: number): void {
    this.outputSource = 0;
    this.drive();
    this.outputByte = byte;
    this.outputSource = source;
    this.drive();
  }

  /** Fetches the next byte of a device that is switched on, if the buffer is empty. */
  private refill(): void {
    while (this.outputSource === 0 && (this.commandByte() & KEYBOARD_OFF) === 0) {
      const byte = this.keyboard.take();
      if (byte < 0) {
        break;
      }
      this.deliverKey(byte);
    }
    if (this.outputSource === 0 && (this.commandByte() & AUX_OFF) === 0) {
      const byte = this.mouse.take();
      if (byte >= 0) {
        this.fill(byte, FROM_AUX);
      }
    }
  }

  private deliverKey(byte: number): void {
    if ((this.commandByte() & TRANSLATE) === 0) {
      this.fill(byte, FROM_KEYBOARD);
    } else if (byte === SET2_RELEASE) {
      this.releasing = true; // swallowed; shows in the next byte
    } else {
      this.fill(set1Code(byte) | (this.releasing ? 0x80 : 0), FROM_KEYBOARD);
      this.releasing = false;
    }
  }

  /** Drives both interrupt lines from the buffer and the command byte. */
  private drive(): void {
    const command = this.commandByte();
    const keyboard = this.outputSource === FROM_KEYBOARD && (command & KEYBOARD_INTERRUPT) !== 0;
    const aux = this.outputSource === FROM_AUX && (command & AUX_INTERRUPT) !== 0;
    (keyboard ? this.wiring.keyboardIrq.raise : this.wiring.keyboardIrq.lower).call(this.wiring.keyboardIrq);
    (aux ? this.wiring.auxIrq.raise : this.wiring.auxIrq.lower).call(this.wiring.auxIrq);
  }
}
