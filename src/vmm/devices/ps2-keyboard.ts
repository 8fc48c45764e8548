/**
 * A PS/2 keyboard: it acknowledges every command, identifies itself, and sends
 * the scan codes (set 2) that it is given.
 */
import { PS2_ACK, PS2_RESEND, PS2_SELF_TEST_PASSED, Ps2Device } from './ps2-device.ts';

const SET_LEDS = 0xed;
const ECHO = 0xee;
const SCAN_SET = 0xf0;
const IDENTIFY = 0xf2;
const TYPEMATIC = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const RESEND = 0xfe;
const RESET = 0xff;

export class Ps2Keyboard extends Ps2Device {
  leds = 0;
  scanSet = 2;

  constructor() {
    super();
    this.setDefaults();
  }

  /**
   * Presses or releases keys: scan code set 2 as a keyboard sends it, E0 and F0
   * prefixes included. All or nothing: false if the queue has no room or scanning is off.
   */
  send(scancodes: readonly number[]): boolean {
    if (!this.enabled || this.output.room < scancodes.length) {
      return false;
    }
    this.reply(...scancodes);
    this.onOutput?.();
    return true;
  }

  protected setDefaults(): void {
    this.leds = 0;
    this.scanSet = 2;
    this.enabled = true;
  }

  protected command(byte: number): void {
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
    this.reply(PS2_ACK);
    if (command === SET_LEDS) {
      this.leds = byte & 7;
    } else if (command === SCAN_SET) {
      if (byte === 0) {
        this.reply(this.scanSet);
      } else if (byte <= 3) {
        this.scanSet = byte;
      }
    }
  }
}
