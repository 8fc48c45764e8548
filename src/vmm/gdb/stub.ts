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
import { framePacket, fromHex, PACKET_SIZE, PacketReader, toHex } from './packet.ts';
import { REGISTERS, TARGET_DESCRIPTION } from './registers.ts';

const FEATURES = `PacketSize=${PACKET_SIZE.toString(16)};qXfer:features:read+;vContSupported+;QStartNoAckMode+`;
const OK = 'OK';
const BAD_ARGUMENT = 'E22';
const BAD_ADDRESS = 'E14';
const UNSUPPORTED = '';
/** Bytes of one memory access: their text fits a packet. */
const MAX_TRANSFER = PACKET_SIZE / 2 - 16;
const SIGINT = 2;
const SIGTRAP = 5;

const BREAK_TYPES: Readonly<Record<string, BreakType>> = { 0: 'software', 1: 'hardware' };
const WATCH_TYPES: Readonly<Record<string, WatchType>> = { 2: 'write', 3: 'read', 4: 'access' };
const WATCH_REPLIES: Readonly<Record<WatchType, string>> = { write: 'watch', read: 'rwatch', access: 'awatch' };

export interface StubParts {
  readonly debug: Debugger;
  /** Sends characters 0 to 255. */
  readonly send: (text: string) => void;
  /** Carries out a monitor command and returns its text. */
  readonly monitor: (command: string) => string;
  /** gdb has asked for the end: `k`. */
  readonly kill: () => void;
  /** gdb has detached. */
  readonly detached: () => void;
}

export class GdbStub {
  private readonly parts: StubParts;
  private readonly reader = new PacketReader();
  private acknowledge = true;
  private last = '';
  /** gdb waits for the guest to stop. */
  private running = false;
  private physical = false;

  /** The guest is stopped as long as gdb has not said otherwise. */
  constructor(parts: StubParts) {
    this.parts = parts;
    parts.debug.attach();
    parts.debug.onStop = (event) => this.stopped(event);
    parts.debug.interrupt();
  }

  /** Bytes have come from gdb. */
  receive(bytes: Uint8Array): void {
    for (const event of this.reader.read(bytes)) {
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
    this.parts.debug.onStop = () => {};
    this.parts.debug.detach();
  }

  private reply(data: string): void {
    this.last = framePacket(data);
    this.parts.send(this.last);
  }

  private stopped(event: StopEvent): void {
    if (!this.running) return;
    this.running = false;
    this.reply(stopReply(event));
  }

  /** The answer to a packet; undefined where there is none, or it comes later. */
  private answer(data: string): string | undefined {
    const rest = data.slice(1);
    switch (data[0]) {
      case '?':
        return stopReply({ kind: 'step' });
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
      case '!':
        return data[0] === '!' ? UNSUPPORTED : OK;
      case 'D':
        return this.detach();
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
    if (data.startsWith('qSupported')) return FEATURES;
    if (data === 'QStartNoAckMode') {
      this.acknowledge = false;
      return OK;
    }
    if (data.startsWith('qXfer:features:read:')) return transfer(data);
    if (data === 'qfThreadInfo') return 'm1';
    if (data === 'qsThreadInfo') return 'l';
    if (data === 'qC') return 'QC1';
    if (data.startsWith('qAttached')) return '1';
    if (data.startsWith('qRcmd,')) return this.monitor(data.slice(6));
    // As QEMU has it: `maintenance packet Qqemu.PhyMemMode:1`.
    if (data === 'qqemu.PhyMemMode') return this.physical ? '1' : '0';
    if (data.startsWith('Qqemu.PhyMemMode:')) {
      this.physical = data.endsWith(':1');
      return OK;
    }
    return UNSUPPORTED;
  }

  private monitor(hex: string): string {
    const command = fromHex(hex);
    if (command === undefined) return BAD_ARGUMENT;
    const text = this.parts.monitor(String.fromCharCode(...command));
    return text === '' ? OK : toHex(new TextEncoder().encode(`${text.slice(0, MAX_TRANSFER - 1).trimEnd()}\n`));
  }

  private detach(): string {
    this.running = false;
    this.parts.debug.detach();
    this.parts.detached();
    return OK;
  }

  private go(action: string): string | undefined {
    const { debug } = this.parts;
    if (!debug.stopped) return BAD_ARGUMENT;
    if (action === 's') return stopReply(debug.step());
    this.running = true;
    debug.resume();
    return undefined;
  }

  // ---- registers ------------------------------------------------------------------------------

  private readRegister(text: string): string {
    const register = REGISTERS[number(text)];
    return register === undefined ? BAD_ARGUMENT : toHex(register.read(this.parts.debug.cpu));
  }

  private writeRegister(text: string): string {
    const [index = '', value = ''] = text.split('=');
    const register = REGISTERS[number(index)];
    const bytes = fromHex(value);
    if (register === undefined || bytes?.length !== register.size) return BAD_ARGUMENT;
    if (register.write === undefined) return BAD_ARGUMENT;
    register.write(this.parts.debug.cpu, bytes);
    return OK;
  }

  /** All registers; those that cannot be written stay as they are. */
  private writeAll(text: string): string {
    const bytes = fromHex(text);
    if (bytes === undefined) return BAD_ARGUMENT;
    let at = 0;
    for (const register of REGISTERS) {
      if (at + register.size > bytes.length) break;
      register.write?.(this.parts.debug.cpu, bytes.subarray(at, at + register.size));
      at += register.size;
    }
    return OK;
  }

  // ---- memory ---------------------------------------------------------------------------------

  private readMemory(text: string): string {
    const [address, length] = text.split(',').map(number);
    if (!inRange(address, length)) return BAD_ARGUMENT;
    const { cpu } = this.parts.debug;
    const size = Math.min(length!, MAX_TRANSFER);
    const bytes = this.physical ? cpu.memory.readBytes(address!, size) : readVirtual(cpu, address!, size);
    return bytes.length === 0 && size > 0 ? BAD_ADDRESS : toHex(bytes);
  }

  private writeMemory(text: string, form: 'hex' | 'binary'): string {
    const colon = text.indexOf(':');
    const [address, length] = text.slice(0, Math.max(0, colon)).split(',').map(number);
    const data = text.slice(colon + 1);
    const bytes = form === 'hex' ? fromHex(data) : Uint8Array.from(data, (c) => c.charCodeAt(0));
    if (colon < 0 || !inRange(address, length) || bytes?.length !== length) return BAD_ARGUMENT;
    const { cpu } = this.parts.debug;
    if (!this.physical) return writeVirtual(cpu, address!, bytes!) ? OK : BAD_ADDRESS;
    cpu.memory.writeBytes(address!, bytes!);
    return OK;
  }

  private point(set: boolean, text: string): string {
    const [kind = '', where = '', size = ''] = text.split(/[,;]/);
    const [address, length] = [number(where), number(size)];
    const { debug } = this.parts;
    if (!inRange(address, length)) return BAD_ARGUMENT;
    const breakType = BREAK_TYPES[kind];
    if (breakType !== undefined) {
      if (set) return debug.addBreakpoint(breakType, address) ? OK : BAD_ARGUMENT;
      debug.removeBreakpoint(breakType, address);
      return OK;
    }
    const type = WATCH_TYPES[kind];
    if (type === undefined) return UNSUPPORTED;
    if (length === 0 || length > 0x1000) return BAD_ARGUMENT;
    if (set) return debug.addWatchpoint({ type, address, length }) ? OK : BAD_ARGUMENT;
    debug.removeWatchpoint({ type, address, length });
    return OK;
  }
}

/** A hexadecimal number, NaN where it is none. */
function number(text: string): number {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

function inRange(address: number | undefined, length: number | undefined): boolean {
  return address !== undefined && length !== undefined && address >= 0 && address <= 0xffff_ffff && length >= 0;
}

function stopReply(event: StopEvent): string {
  if (event.kind === 'ended') return 'W00';
  const signal = event.kind === 'interrupt' ? SIGINT : SIGTRAP;
  const why = event.kind === 'watchpoint' ? `${WATCH_REPLIES[event.type]}:${event.address.toString(16)};` : '';
  return `T${signal.toString(16).padStart(2, '0')}${why}thread:1;`;
}

/** qXfer:features:read:target.xml:OFFSET,LENGTH */
function transfer(data: string): string {
  const match = /^qXfer:features:read:target\.xml:([0-9a-fA-F]{1,8}),([0-9a-fA-F]{1,8})$/.exec(data);
  if (match === null) return 'E00';
  const [offset, length] = [number(match[1]!), Math.min(number(match[2]!), MAX_TRANSFER)];
  const part = TARGET_DESCRIPTION.slice(offset, offset + length);
  return `${offset + part.length >= TARGET_DESCRIPTION.length ? 'l' : 'm'}${part}`;
}
