/**
 * gdb's remote serial protocol for one machine with one processor (GDB manual,
 * "Remote Protocol"). Bytes in, bytes out; who carries them is the host's.
 *
 * What holds: a packet that makes no sense is answered with an error or with the
 * empty packet that means "not supported"; nothing is thrown, and nothing grows.
 */
import type { BreakType, WatchType } from '../../cpu/debug-points.ts';
import type { Debugger, StopEvent } from '../debug/debugger.ts';
import { readVirtual, writeVirtual } from '../debug/guest-memory.ts';
import {
  BAD_ADDRESS,
  BAD_ARGUMENT,
  MAX_TRANSFER,
  OK,
  parseHex,
  parsePlace,
  stopReply,
  transferFeatures,
  UNSUPPORTED,
} from './answers.ts';
import { framePacket, fromHex, PACKET_SIZE, PacketReader, toHex } from './packet.ts';
import { REGISTERS } from './registers.ts';

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`,
  'qXfer:features:read+',
  'vContSupported+',
  'QStartNoAckMode+',
  'swbreak+',
  'hwbreak+',
].join(';');
/** As QEMU has them: single-stepping is on; interrupts, timers are held off meanwhile. */
const STEP_ENABLED = 1;
const STEP_NO_EVENTS = 6;
/** Longest watchpoint in bytes. */
const MAX_WATCHED = 0x1000;

const BREAK_TYPES: Readonly<Record<string, BreakType>> = { 0: 'software', 1: 'hardware' };
const WATCH_TYPES: Readonly<Record<string, WatchType>> = { 2: 'write', 3: 'read', 4: 'access' };

export interface StubParts {
  readonly debug: Debugger;
  /** Sends characters 0 to 255. */
  readonly send: (text: string) => void;
  /** Carries out a monitor command and returns its text. */
  readonly monitor: (command: string) => string;
  /** gdb has asked for the end: `k`. */
  readonly kill: () => void;
}

export class GdbStub {
  private readonly parts: StubParts;
  private readonly reader = new PacketReader();
  private acknowledge = true;
  private last = '';
  /** gdb waits for the guest to stop. */
  private running = false;
  /** gdb has let go of the guest: what comes now is for nobody. */
  private detached = false;
  private physical = false;
  private features = { swbreak: false, hwbreak: false };
  /** Why the guest stands still. */
  private lastStop: StopEvent = { kind: 'step' };

  /** The guest is stopped as long as gdb has not said otherwise. */
  constructor(parts: StubParts) {
    this.parts = parts;
    parts.debug.attach();
    parts.debug.onStop = (event) => this.stopped(event);
    parts.debug.interrupt();
    this.lastStop = { kind: 'step' };
  }

  /** Bytes have come from gdb. */
  receive(bytes: Uint8Array): void {
    for (const event of this.reader.read(bytes)) {
      if (this.detached) return;
      if (event.kind === 'interrupt') this.parts.debug.interrupt();
      else if (event.kind === 'nack') this.parts.send(this.last);
      else if (event.kind === 'bad') this.parts.send('-');
      else if (event.kind === 'packet') {
        if (this.acknowledge) this.parts.send('+');
        const answer = this.answer(event.data);
        if (answer !== undefined) this.reply(answer);
      }
    }
  }

  /** The connection is gone: the guest goes on. */
  closed(): void {
    if (!this.detached) this.letGo();
  }

  private letGo(): void {
    this.detached = true;
    this.running = false;
    this.parts.debug.onStop = () => {};
    this.parts.debug.detach();
  }

  private reply(data: string): void {
    this.last = framePacket(data);
    this.parts.send(this.last);
  }

  private stopped(event: StopEvent): void {
    this.lastStop = event;
    if (!this.running) return;
    this.running = false;
    this.reply(stopReply(event, this.features));
  }

  /** The answer to a packet; undefined where there is none, or it comes later. */
  private answer(data: string): string | undefined {
    const rest = data.slice(1);
    switch (data[0]) {
      case '?':
        return stopReply(this.lastStop, this.features);
      case 'g':
        return REGISTERS.map((r) => toHex(r.read(this.parts.debug.cpu))).join('');
      case 'G':
        return this.writeAll(rest);
      case 'p':
        return this.readRegister(rest);
      case 'P':
        return this.writeRegister(rest);
      case 'm':
        return this.readMemory(rest);
      case 'M':
        return this.writeMemory(rest, 'hex');
      case 'X':
        return this.writeMemory(rest, 'binary');
      case 'Z':
      case 'z':
        return this.point(data[0] === 'Z', rest);
      case 'c':
      case 'C':
        return this.go('c');
      case 's':
      case 'S':
        return this.go('s');
      case 'H':
      case 'T':
        return OK;
      case 'D':
        this.letGo();
        return OK;
      case 'k':
        this.parts.kill();
        return undefined;
      case 'v':
        return this.vPacket(data);
      case 'q':
      case 'Q':
        return this.query(data);
      default:
        return UNSUPPORTED;
    }
  }

  private vPacket(data: string): string | undefined {
    if (data === 'vCont?') return 'vCont;c;C;s;S';
    const action = /^vCont;([cCsS])/.exec(data)?.[1];
    if (action !== undefined) return this.go(action.toLowerCase());
    if (data.startsWith('vKill')) {
      this.parts.kill();
      return OK;
    }
    return UNSUPPORTED;
  }

  private query(data: string): string {
    if (data.startsWith('qSupported')) {
      const understood = data.split(/[:;]/);
      this.features = { swbreak: understood.includes('swbreak+'), hwbreak: understood.includes('hwbreak+') };
      return FEATURES;
    }
    if (data === 'QStartNoAckMode') {
      this.acknowledge = false;
      return OK;
    }
    if (data.startsWith('qXfer:features:read:')) return transferFeatures(data);
    if (data === 'qfThreadInfo') return 'm1';
    if (data === 'qsThreadInfo') return 'l';
    if (data === 'qC') return 'QC1';
    if (data.startsWith('qAttached')) return '1';
    if (data.startsWith('qRcmd,')) return this.monitor(data.slice(6));
    return this.qemuQuery(data);
  }

  /** QEMU's own packets, sent with gdb's `maintenance packet`. */
  private qemuQuery(data: string): string {
    const { debug } = this.parts;
    if (data === 'qqemu.PhyMemMode') return this.physical ? '1' : '0';
    if (data === 'qqemu.sstepbits') return 'ENABLE=1,NOIRQ=2,NOTIMER=4';
    if (data === 'qqemu.sstep')
      return `0x${(debug.stepEvents ? STEP_ENABLED : STEP_ENABLED | STEP_NO_EVENTS).toString(16)}`;
    const mode = /^Qqemu\.PhyMemMode:([01])$/.exec(data)?.[1];
    if (mode !== undefined) {
      this.physical = mode === '1';
      return OK;
    }
    const bits = /^Qqemu\.sstep[=:](?:0x)?([0-7])$/.exec(data)?.[1];
    if (bits === undefined) return UNSUPPORTED;
    debug.stepEvents = (Number(bits) & STEP_NO_EVENTS) === 0;
    return OK;
  }

  private monitor(hex: string): string {
    const command = fromHex(hex);
    if (command === undefined) return BAD_ARGUMENT;
    const text = this.parts.monitor(String.fromCharCode(...command));
    if (text === '') return OK;
    const bytes = new TextEncoder().encode(`${text.trimEnd()}\n`);
    // The answer proper is one packet; what does not fit comes before it.
    let at = 0;
    for (; bytes.length - at > MAX_TRANSFER; at += MAX_TRANSFER)
      this.reply(`O${toHex(bytes.subarray(at, at + MAX_TRANSFER))}`);
    return toHex(bytes.subarray(at));
  }

  private go(action: string): string | undefined {
    const { debug } = this.parts;
    if (action === 's') {
      // The monitor may have let the guest go on.
      debug.interrupt();
      this.lastStop = debug.step();
      return stopReply(this.lastStop, this.features);
    }
    if (this.lastStop.kind === 'ended') return stopReply(this.lastStop, this.features);
    this.running = true;
    debug.resume();
    return undefined;
  }

  // ---- registers ------------------------------------------------------------------------------

  private readRegister(text: string): string {
    const register = REGISTERS[parseHex(text)];
    return register === undefined ? BAD_ARGUMENT : toHex(register.read(this.parts.debug.cpu));
  }

  private writeRegister(text: string): string {
    const [index = '', value = ''] = text.split('=');
    const register = REGISTERS[parseHex(index)];
    const bytes = fromHex(value);
    if (register === undefined || bytes?.length !== register.size) return BAD_ARGUMENT;
    return register.write(this.parts.debug.cpu, bytes) ? OK : BAD_ARGUMENT;
  }

  /** All registers; those that cannot have the value stay as they are. */
  private writeAll(text: string): string {
    const bytes = fromHex(text);
    if (bytes === undefined) return BAD_ARGUMENT;
    let at = 0;
    for (const register of REGISTERS) {
      if (at + register.size > bytes.length) break;
      register.write(this.parts.debug.cpu, bytes.subarray(at, at + register.size));
      at += register.size;
    }
    return OK;
  }

  // ---- memory ---------------------------------------------------------------------------------

  private readMemory(text: string): string {
    const place = parsePlace(text);
    if (place === undefined) return BAD_ARGUMENT;
    const { cpu } = this.parts.debug;
    const size = Math.min(place.length, MAX_TRANSFER);
    const bytes = this.physical ? cpu.memory.readBytes(place.address, size) : readVirtual(cpu, place.address, size);
    return bytes.length === 0 && size > 0 ? BAD_ADDRESS : toHex(bytes);
  }

  private writeMemory(text: string, form: 'hex' | 'binary'): string {
    const colon = text.indexOf(':');
    const place = parsePlace(text.slice(0, Math.max(0, colon)));
    const data = text.slice(colon + 1);
    const bytes = form === 'hex' ? fromHex(data) : Uint8Array.from(data, (c) => c.charCodeAt(0));
    if (place === undefined || bytes === undefined || bytes.length !== place.length) return BAD_ARGUMENT;
    const { cpu } = this.parts.debug;
    if (!this.physical) return writeVirtual(cpu, place.address, bytes) ? OK : BAD_ADDRESS;
    cpu.memory.writeBytes(place.address, bytes);
    return OK;
  }

  private point(set: boolean, text: string): string {
    const [kind = '', ...rest] = (text.split(';')[0] ?? '').split(',');
    const place = parsePlace(rest.join(','));
    if (place === undefined) return BAD_ARGUMENT;
    const { address, length } = place;
    const { debug } = this.parts;
    const breakType = BREAK_TYPES[kind];
    if (breakType !== undefined) {
      if (set) return debug.addBreakpoint(breakType, address) ? OK : BAD_ARGUMENT;
      debug.removeBreakpoint(breakType, address);
      return OK;
    }
    const type = WATCH_TYPES[kind];
    if (type === undefined) return UNSUPPORTED;
    if (length === 0 || length > MAX_WATCHED) return BAD_ARGUMENT;
    if (set) return debug.addWatchpoint({ type, address, length }) ? OK : BAD_ARGUMENT;
    debug.removeWatchpoint({ type, address, length });
    return OK;
  }
}
