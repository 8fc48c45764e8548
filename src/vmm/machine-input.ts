/**
 * All input that a machine takes from outside: keys, mouse, bytes on serial lines, the power button.
 *
 * What holds: in deterministic time each piece is told with its moment, as an entry of an input log; a run that is
 * replayed takes what was recorded, and nothing else.
 */
import type { GuestClock } from './clocks.ts';
import { chordBytes, keyBytes, mouseBytes } from './devices/input-ports.ts';
import type { Emitter, MachineEvents } from './events.ts';
import { KEYBOARD_PORT, MOUSE_PORT, POWER_PORT } from './input-log.ts';
import type { Platform } from './platform.ts';

export interface MachineInputParts {
  readonly platform: Platform;
  readonly clock: GuestClock;
  readonly events: Emitter<MachineEvents>;
  readonly retired: () => number;
  /** The guest may want to see it now. */
  readonly wake: () => void;
  readonly replaying: boolean;
}

/** How long keys are held that are not told how long, in ms. */
export const DEFAULT_HOLD = 100;
const MAX_HOLD = 0xffff;

export class MachineInput {
  private readonly parts: MachineInputParts;
  private buttons = 0;

  constructor(parts: MachineInputParts) {
    this.parts = parts;
  }

  /** A key goes down or up, by its position (src/vmm/devices/scancodes.ts). */
  key(position: number, down: boolean): void {
    this.send(KEYBOARD_PORT, keyBytes(position, down));
  }

  /**
   * Presses keys one after the other and releases them in reverse order, after what was pressed so before.
   * @param milliseconds of the guest's time for which they are held, 1 to 65535
   */
  chord(positions: readonly number[], milliseconds = DEFAULT_HOLD): void {
    const hold = Math.max(1, Math.min(MAX_HOLD, Math.round(milliseconds)));
    this.send(KEYBOARD_PORT, chordBytes(positions, hold));
  }

  /** Moves the mouse: to the right, downwards, and the wheel away from the user. -32768 to 32767 each. */
  moveMouse(right: number, down: number, wheel = 0): void {
    const fits = (value: number) => Math.max(-0x8000, Math.min(0x7fff, Math.trunc(value)));
    this.send(MOUSE_PORT, mouseBytes(this.buttons, fits(right), fits(-down), fits(-wheel)));
  }

  /** Which mouse buttons are pressed: left, right, middle in bits 0 to 2, two more in 3 and 4. */
  pressButtons(buttons: number): void {
    this.buttons = buttons & 31;
    this.send(MOUSE_PORT, mouseBytes(this.buttons, 0, 0, 0));
  }

  /** Asks the guest to shut down, by ACPI's button. */
  pressPowerButton(): void {
    this.send(POWER_PORT, Uint8Array.of(1));
  }

  /** Bytes for a port, as they come. @returns how many were taken */
  send(port: number, bytes: Uint8Array): number {
    const { clock, events, replaying, retired, wake } = this.parts;
    if (replaying) return bytes.length;
    const taken = this.receive(port, bytes) ?? bytes.length;
    if (taken > 0 && clock.deterministic) {
      events.emit('input', { count: retired(), time: clock.now(), port, bytes: bytes.slice(0, taken) });
    }
    wake();
    return taken;
  }

  /** Gives bytes to a port; returns how many it took, undefined where there is no such port. */
  receive(port: number, bytes: Uint8Array): number | undefined {
    const { inputPorts, uart1, uart2 } = this.parts.platform;
    switch (port) {
      case 0:
        return uart1?.receive(bytes);
      case 1:
        return uart2?.receive(bytes);
      case KEYBOARD_PORT:
        inputPorts.receiveKeys(bytes);
        return bytes.length;
      case MOUSE_PORT:
        inputPorts.receiveMouse(bytes);
        return bytes.length;
      case POWER_PORT:
        this.parts.platform.power.events.pressPowerButton();
        this.parts.events.emit('powerButton', {});
        return bytes.length;
      default:
        return undefined;
    }
  }
}
