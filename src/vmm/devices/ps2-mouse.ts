/**
 * A PS/2 mouse with wheel: it adds up movement and sends packets of three or four
 * bytes, of its own accord in stream mode, when asked in remote mode.
 *
 * The wheel shows after the sample rates 200, 100, 80 were set, two more buttons after 200, 200, 80.
 */
import { PS2_ACK, PS2_RESEND, PS2_SELF_TEST_PASSED, Ps2Device } from './ps2-device.ts';

const SCALING_1_1 = 0xe6;
const SCALING_2_1 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS = 0xe9;
const STREAM_MODE = 0xea;
const READ_DATA = 0xeb;
const WRAP_OFF = 0xec;
const WRAP_ON = 0xee;
const REMOTE_MODE = 0xf0;
const IDENTIFY = 0xf2;
const SAMPLE_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const RESEND = 0xfe;
const RESET = 0xff;

/** Identifiers: plain, with wheel, with wheel and five buttons. */
const PLAIN = 0;
const WHEEL = 3;
const FIVE_BUTTONS = 4;
const ALWAYS_SET = 0x08;
/** Movement that is kept for later packets at most. */
const MAX_PENDING = 4095;
/** What 2:1 scaling makes of 0 to 5; more is doubled. */
const SCALED = [0, 1, 1, 3, 6, 9];

export class Ps2Mouse extends Ps2Device {
  resolution = 2;
  sampleRate = 100;
  scaled = false;
  remote = false;
  /** What is sent comes back. */
  private wrapped = false;
  private id = PLAIN;
  /** The last sample rates set, by which drivers look for a wheel. */
  private rates: readonly number[] = [];
  /** Left, right, middle, fourth, fifth in bits 0 to 4. */
  private buttons = 0;
  private dx = 0;
  private dy = 0;
  private dz = 0;
  /** Something has not been reported yet. */
  private pending = false;

  constructor() {
    super();
    this.setDefaults();
  }

  override reset(): void {
    super.reset();
    this.id = PLAIN;
    this.rates = [];
  }

  /**
   * Moves the mouse.
   * @param dx to the right
   * @param dy upwards
   * @param dz towards the user, by the wheel
   */
  move(dx: number, dy: number, dz: number): void {
    const add = (sum: number, by: number) => Math.max(-MAX_PENDING, Math.min(MAX_PENDING, sum + by));
    this.dx = add(this.dx, dx);
    this.dy = add(this.dy, dy);
    this.dz = add(this.dz, dz);
    this.pending = true;
    this.report();
  }

  /** Presses the buttons whose bits are set (left, right, middle, two more) and releases the others. */
  press(buttons: number): void {
    if (this.buttons === (buttons & 31)) return;
    this.buttons = buttons & 31;
    this.pending = true;
    this.report();
  }

  /** The next byte for the host; what waited for room follows. */
  override take(): number {
    const byte = super.take();
    if (byte >= 0) this.report();
    return byte;
  }

  /** Sends what is pending, as far as there is room. */
  private report(): void {
    if (!this.enabled || this.remote || this.wrapped) return;
    let any = false;
    while (this.pending && this.output.room >= 4) {
      this.reply(...this.packet(this.scaled));
      any = true;
    }
    if (any) this.onOutput?.();
  }

  private packet(scaled: boolean): number[] {
    const x = limited(this.dx, 255);
    const y = limited(this.dy, 255);
    const z = this.id === PLAIN ? this.dz : limited(this.dz, 7);
    this.dx -= x;
    this.dy -= y;
    this.dz -= z;
    this.pending = this.dx !== 0 || this.dy !== 0 || this.dz !== 0;
    const sent = (value: number) => (scaled ? twice(value) : value);
    const [sx, sy] = [sent(x), sent(y)];
    const signs = (sx < 0 ? 0x10 : 0) | (sy < 0 ? 0x20 : 0);
    const bytes = [ALWAYS_SET | signs | (this.buttons & 7), sx & 0xff, sy & 0xff];
    if (this.id === WHEEL) bytes.push(z & 0xff);
    else if (this.id === FIVE_BUTTONS) bytes.push((z & 0x0f) | ((this.buttons & 0x18) << 1));
    return bytes;
  }

  protected setDefaults(): void {
    this.resolution = 2;
    this.sampleRate = 100;
    this.scaled = false;
    this.remote = false;
    this.wrapped = false;
    this.enabled = false;
    this.forgetMovement();
  }

  private forgetMovement(): void {
    this.dx = 0;
    this.dy = 0;
    this.dz = 0;
    this.pending = false;
  }

  protected command(byte: number): void {
    if (this.wrapped && byte !== RESET && byte !== WRAP_OFF) {
      this.reply(byte);
      return;
    }
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
        this.forgetMovement();
        break;
      case ENABLE:
      case DISABLE:
        this.enabled = byte === ENABLE;
        this.forgetMovement();
        break;
      case DEFAULTS:
        this.setDefaults();
        break;
      case WRAP_ON:
      case WRAP_OFF:
        this.wrapped = byte === WRAP_ON;
        break;
      case STATUS:
      case READ_DATA:
      case IDENTIFY:
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
    if (byte === STATUS) this.replyStatus();
    else if (byte === READ_DATA) this.reply(...this.packet(false));
    else if (byte === IDENTIFY) this.reply(this.id);
  }

  private replyStatus(): void {
    const { buttons } = this;
    const pressed = ((buttons & 1) << 2) | ((buttons & 2) >>> 1) | ((buttons & 4) >>> 1);
    this.reply((this.remote ? 0x40 : 0) | (this.enabled ? 0x20 : 0) | (this.scaled ? 0x10 : 0) | pressed);
    this.reply(this.resolution, this.sampleRate);
  }

  protected argument(command: number, byte: number): void {
    if (command === SET_RESOLUTION) {
      this.resolution = byte & 3;
    } else {
      this.sampleRate = byte;
      this.rates = [...this.rates, byte].slice(-3);
      const asked = this.rates.join();
      if (asked === '200,100,80') this.id = WHEEL;
      else if (asked === '200,200,80' && this.id === WHEEL) this.id = FIVE_BUTTONS;
    }
    this.reply(PS2_ACK);
  }
}

function limited(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

/** 2:1 scaling of a movement. */
function twice(value: number): number {
  const size = Math.abs(value);
  const scaled = SCALED[size] ?? Math.min(255, size * 2);
  return value < 0 ? -scaled : scaled;
}
