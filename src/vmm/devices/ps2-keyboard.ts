/**
 * A PS/2 keyboard: keys go down and up, and it sends their codes in the scan code
 * set that was chosen, again and again while a key is held.
 *
 * What a full queue has no room for is lost, a key's codes always as a whole.
 */
import type { Clock, TimerHandle } from './clock.ts';
import { type Held, keyCodes } from './key-codes.ts';
import { PS2_ACK, PS2_RESEND, PS2_SELF_TEST_PASSED, Ps2Device } from './ps2-device.ts';
import { PAUSE } from './scancodes.ts';
import { Set3Kinds } from './set3-kinds.ts';

const SET_LEDS = 0xed;
const ECHO = 0xee;
const SCAN_SET = 0xf0;
const IDENTIFY = 0xf2;
const TYPEMATIC = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
/** Set 3: kinds of all keys (F7h to FAh), and of single ones (FBh to FDh). */
const ALL_KINDS = 0xf7;
const ONE_KIND = 0xfb;
const RESEND = 0xfe;
const RESET = 0xff;

const CONTROLS = [0x1d, 0x9d];
const SHIFTS = [0x2a, 0x36];
const ALTS = [0x38, 0xb8];
/** 500 ms, then 10.9 a second. */
const DEFAULT_TYPEMATIC = 0x2b;

export class Ps2Keyboard extends Ps2Device {
  /** Bits: Scroll Lock, Num Lock, Caps Lock. */
  leds = 0;
  scanSet = 2;
  /** Delay and rate as the command gives them. */
  typematic = DEFAULT_TYPEMATIC;
  private readonly clock: Clock;
  private readonly kinds = new Set3Kinds();
  private readonly down = new Set<number>();
  private repeating: { readonly position: number; timer: TimerHandle } | undefined;

  constructor(clock: Clock) {
    super();
    this.clock = clock;
    this.setDefaults();
  }

  /** A key goes down or up, by its position (see scancodes.ts). One that is down already, or up, does nothing. */
  key(position: number, down: boolean): void {
    if (this.down.has(position) === down) return;
    const held = this.held();
    if (down) this.down.add(position);
    else this.down.delete(position);
    if (!down && this.repeating?.position === position) this.stopRepeating();
    if (this.scanSet !== 3 || down || this.kinds.sendsRelease(position)) {
      this.send(keyCodes(this.scanSet, position, down, held));
    }
    if (down) this.startRepeating(position);
  }

  /**
   * Sends codes as they are. All or nothing: false if the queue has no room or scanning is off.
   */
  send(scancodes: readonly number[]): boolean {
    if (!this.enabled || this.output.room < scancodes.length) {
      return false;
    }
    this.reply(...scancodes);
    this.onOutput?.();
    return true;
  }

  private held(): Held {
    const any = (positions: readonly number[]) => positions.some((position) => this.down.has(position));
    return { control: any(CONTROLS), shift: any(SHIFTS), alt: any(ALTS) };
  }

  private startRepeating(position: number): void {
    this.stopRepeating();
    if (position === PAUSE || (this.scanSet === 3 && !this.kinds.repeats(position))) return;
    const delay = (((this.typematic >>> 5) & 3) + 1) * 250e6;
    this.repeating = { position, timer: this.clock.schedule(this.clock.now() + delay, () => this.repeat()) };
  }

  private repeat(): void {
    const { repeating } = this;
    if (repeating === undefined) return;
    // What the host does not fetch is not piled up behind it.
    if (this.output.length === 0) this.send(keyCodes(this.scanSet, repeating.position, true, this.held()));
    const period = (8 + (this.typematic & 7)) * 2 ** ((this.typematic >>> 3) & 3) * 4_166_667;
    repeating.timer = this.clock.schedule(this.clock.now() + period, () => this.repeat());
  }

  private stopRepeating(): void {
    if (this.repeating !== undefined) this.clock.cancel(this.repeating.timer);
    this.repeating = undefined;
  }

  protected setDefaults(): void {
    this.leds = 0;
    this.scanSet = 2;
    this.typematic = DEFAULT_TYPEMATIC;
    this.enabled = true;
    this.kinds.setDefaults();
    this.stopRepeating();
  }

  protected command(byte: number): void {
    if (byte >= ALL_KINDS && byte < ONE_KIND) {
      this.kinds.setAll(byte - ALL_KINDS);
      this.reply(PS2_ACK);
      return;
    }
    switch (byte) {
      case ECHO:
        this.reply(ECHO);
        break;
      case IDENTIFY:
        this.reply(PS2_ACK, 0xab, 0x83);
        break;
      case SET_LEDS:
      case SCAN_SET:
      case TYPEMATIC:
      case ONE_KIND:
      case ONE_KIND + 1:
      case ONE_KIND + 2:
        this.awaiting = byte;
        this.reply(PS2_ACK);
        break;
      case ENABLE:
        this.enabled = true;
        this.reply(PS2_ACK);
        break;
      case DISABLE:
        this.setDefaults();
        this.enabled = false;
        this.reply(PS2_ACK);
        break;
      case DEFAULTS:
        this.setDefaults();
        this.reply(PS2_ACK);
        break;
      case RESEND:
        this.reply(this.lastSent);
        break;
      case RESET:
        this.reset();
        this.reply(PS2_ACK, PS2_SELF_TEST_PASSED);
        break;
      default:
        this.reply(PS2_RESEND);
        break;
    }
  }

  protected argument(command: number, byte: number): void {
    if (command >= ONE_KIND) {
      this.oneKind(command, byte);
      return;
    }
    // A command in an argument's place is carried out as one.
    if (byte >= SET_LEDS) {
      this.command(byte);
      return;
    }
    this.reply(PS2_ACK);
    if (command === SET_LEDS) {
      this.leds = byte & 7;
    } else if (command === TYPEMATIC) {
      this.typematic = byte & 0x7f;
    } else if (byte === 0) {
      this.reply(this.scanSet);
    } else if (byte <= 3) {
      this.scanSet = byte;
      this.stopRepeating();
    }
  }

  /** Keys follow, by their set 3 codes, until a command does. */
  private oneKind(command: number, byte: number): void {
    if (byte >= SET_LEDS) {
      this.command(byte);
      return;
    }
    this.kinds.setOne(byte, command - ONE_KIND);
    this.awaiting = command;
    this.reply(PS2_ACK);
  }
}
