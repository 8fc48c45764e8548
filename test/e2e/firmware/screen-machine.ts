/** A machine with firmware in this process, whose text screen is read and whose keyboard is typed on. */
import { openDrives, openFirmware, openVideoBios } from '../../../src/cli/drives.ts';
import { parseOptions } from '../../../src/cli/parse-options.ts';
import { defaultConfig } from '../../../src/cli/run-config.ts';
import { RUN_OPTIONS } from '../../../src/cli/run-options.ts';
import { createMachine, type EngineName, type Machine } from '../../../src/index.ts';
import { keysFor } from '../../../src/vmm/keyboard/characters.ts';

const TEXT = 0xb_8000;
const COLUMNS = 80;
const ROWS = 25;
const KEY_MS = 60;

export class ScreenMachine {
  readonly machine: Machine;
  private readonly close: () => void;

  /** @param args options as on the command line */
  constructor(engine: EngineName, args: readonly string[]) {
    const config = defaultConfig();
    parseOptions(args, RUN_OPTIONS, config);
    const firmware = openFirmware(config);
    const videoBios = openVideoBios(config);
    const { drives, close } = openDrives(config);
    this.close = close;
    this.machine = createMachine({
      engine,
      memory: config.memory,
      ...(firmware && { bios: firmware.image }),
      ...(videoBios && { videoBios }),
      ...(config.bootOrder !== undefined && { bootOrder: config.bootOrder }),
      drives,
    });
    void this.machine.run();
  }

  /** The text screen's rows. */
  text(): string {
    const { memory } = this.machine.inspect();
    const rows = Array.from({ length: ROWS }, (_, y) =>
      Array.from({ length: COLUMNS }, (_, x) => String.fromCharCode(memory.read8(TEXT + (y * COLUMNS + x) * 2))).join(
        '',
      ),
    );
    return rows.map((row) => row.replace(/[^\x20-\x7e]/g, ' ').trimEnd()).join('\n');
  }

  /** Waits until the screen shows something. */
  async waitFor(pattern: RegExp, timeout = 120_000): Promise<string> {
    const end = Date.now() + timeout;
    for (;;) {
      const text = this.text();
      if (pattern.test(text)) return text;
      if (Date.now() > end) throw new Error(`${pattern}: not within ${timeout} ms\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async type(text: string): Promise<void> {
    for (const character of text) {
      this.machine.input.chord(keysFor(character) ?? [], KEY_MS / 2);
      await new Promise((resolve) => setTimeout(resolve, KEY_MS));
    }
  }

  dispose(): void {
    this.machine.dispose();
    this.close();
  }
}
