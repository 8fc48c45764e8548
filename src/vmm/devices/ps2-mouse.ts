/**
 * A PS/2 mouse that never moves: enough for a driver to find it, set it up and
 * poll it.
 */
import { PS2_ACK, PS2_RESEND, PS2_SELF_TEST_PASSED, Ps2Device } from './ps2-device.ts';

const SCALING_1_1 = 0xe6;
const SCALING_2_1 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS = 0xe9;
const STREAM_MODE = 0xea;
const READ_DATA = 0xeb;
const WRAP_OFF = 0xec;
const REMOTE_MODE = 0xf0;
const IDENTIFY = 0xf2;
const SAMPLE_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const RESEND = 0xfe;
const RESET = 0xff;
/** A movement packet: bit 3 is always one, nothing pressed, nothing moved. */
const AT_REST = [0x08, 0, 0];

export class Ps2Mouse extends Ps2Device {
  resolution = 2;
  sampleRate = 100;
  scaled = false;
  remote = false;

  constructor() {
    super();
    this.setDefaults();
  }

  protected setDefaults(): void {
    this.resolution = 2;
    this.sampleRate = 100;
    this.scaled = false;
    this.remote = false;
    this.enabled = false;
  }

  protected command(byte: number): void {
    switch (byte) {
      case SCALING_1_1:
      case SCALING_2_1:
        this.scaled = byte === SCALING_2_1;
        break;
      case SET_RESOLUTION:
      case SAMPLE_RATE:
        this.awaiting = byte;
        break;
      case STREAM_MODE:
      case REMOTE_MODE:
        this.remote = byte === REMOTE_MODE;
        break;
      case ENABLE:
      case DISABLE:
        this.enabled = byte === ENABLE;
        break;
      case DEFAULTS:
        this.setDefaults();
        break;
      case STATUS:
      case READ_DATA:
      case IDENTIFY:
      case WRAP_OFF:
        break;
      case RESET:
        this.reset();
        this.reply(PS2_ACK, PS2_SELF_TEST_PASSED, 0x00);
        return;
      case RESEND:
        this.reply(this.lastSent);
        return;
      default:
        this.reply(PS2_RESEND);
        return;
    }
    this.reply(PS2_ACK);
    if (byte === STATUS) {
      this.reply((this.remote ? 0x40 : 0) | (this.enabled ? 0x20 : 0) | (this.scaled ? 0x10 : 0));
      this.reply(this.resolution, this.sampleRate);
    } else if (byte === READ_DATA) {
      this.reply(...AT_REST);
    } else if (byte === IDENTIFY) {
      this.reply(0x00);
    }
  }

  protected argument(command: number, byte: number): void {
    if (command === SET_RESOLUTION) {
      this.resolution = byte & 3;
    } else {
      this.sampleRate = byte;
    }
    this.reply(PS2_ACK);
  }
}
