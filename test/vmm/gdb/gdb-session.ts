// A machine with the bundled guest, gdb's stub on it, and packets sent by hand.
import { readFileSync } from 'node:fs';
import { createMachine, type EngineName, type Machine, type MachineOptions } from '../../../src/index.ts';
import { framePacket, fromHex, PacketReader, toHex } from '../../../src/vmm/gdb/packet.ts';
import { REGISTERS } from '../../../src/vmm/gdb/registers.ts';
import { GdbStub } from '../../../src/vmm/gdb/stub.ts';
import { runMonitorCommand } from '../../../src/vmm/monitor/commands.ts';

const kernel = readFileSync(new URL('../../../guests/cms/cms.elf', import.meta.url));

/** Characters 0 to 255 as bytes. */
export const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
/** A word as packets have it. */
export const le = (value: number) => toHex(new Uint8Array(Int32Array.of(value).buffer));

export class GdbSession {
  readonly machine: Machine;
  stub!: GdbStub;
  killed = 0;
  /** What the stub has sent since the last packet to it, and the most it ever sent for one. */
  sent = '';
  mostSent = 0;

  constructor(engine: EngineName, options: MachineOptions = {}) {
    const clock = { kind: 'deterministic', shift: 1 } as const;
    const translator = { compileThreads: 0, threshold: 20 };
    this.machine = createMachine({ kernel, memory: 32 * 2 ** 20, engine, clock, translator, ...options });
    this.connect();
    void this.machine.run();
  }

  /** A gdb attaches. */
  connect(): void {
    const { machine } = this;
    this.stub = new GdbStub({
      debug: machine.debug(),
      send: (text) => {
        this.sent += text;
        this.mostSent = Math.max(this.mostSent, this.sent.length);
      },
      monitor: (command) => runMonitorCommand(machine, command),
      kill: () => this.killed++,
    });
  }

  /** Sends raw text and returns the packets that came back. */
  raw(text: string): string[] {
    this.sent = '';
    this.stub.receive(latin1(text));
    return this.packets();
  }

  packets(): string[] {
    return new PacketReader().read(latin1(this.sent)).flatMap((e) => (e.kind === 'packet' ? [e.data] : []));
  }

  ask(data: string): string | undefined {
    return this.raw(framePacket(data))[0];
  }

  /** Sends a packet whose answer comes when the guest stops. */
  async go(data: string): Promise<string> {
    this.raw(framePacket(data));
    while (this.packets().length === 0) await new Promise((resolve) => setImmediate(resolve));
    return this.packets()[0]!;
  }

  /** Text of a monitor command. */
  command(line: string): string {
    const packets = this.raw(framePacket(`qRcmd,${toHex(latin1(line))}`));
    const text = packets.map((data, n) => (n < packets.length - 1 ? data.slice(1) : data)).join('');
    return Buffer.from(text, 'hex').toString();
  }

  register(name: string): number {
    const bytes = fromHex(this.ask(`p${this.number(name)}`)!)!;
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** Sets a register of 32 bits. */
  set(name: string, value: number): string | undefined {
    return this.ask(`P${this.number(name)}=${le(value)}`);
  }

  private number(name: string): string {
    return REGISTERS.findIndex((r) => r.name === name).toString(16);
  }
}
