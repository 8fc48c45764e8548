/** What does not depend on the machine in gdb's remote protocol: numbers, stop replies, transfers. */
import type { WatchType } from '../../cpu/debug-points.ts';
import type { StopEvent } from '../debug/debugger.ts';
import { PACKET_SIZE } from './packet.ts';
import { TARGET_DESCRIPTION } from './target-description.ts';

export const OK = 'OK';
export const BAD_ARGUMENT = 'E22';
export const BAD_ADDRESS = 'E14';
export const UNSUPPORTED = '';
/** Bytes of one memory access: their text fits a packet. */
export const MAX_TRANSFER = PACKET_SIZE / 2 - 16;

const SIGINT = 2;
const SIGTRAP = 5;
const WATCH_REPLIES: Readonly<Record<WatchType, string>> = { write: 'watch', read: 'rwatch', access: 'awatch' };

/** What the other side said it understands. */
export interface StopFeatures {
  /** Stops at breakpoints may be told as such: gdb then leaves EIP alone. */
  readonly swbreak: boolean;
  readonly hwbreak: boolean;
}

/** The packet that says why the guest stopped. */
export function stopReply(event: StopEvent, features: StopFeatures): string {
  if (event.kind === 'ended') return 'W00';
  const signal = event.kind === 'interrupt' ? SIGINT : SIGTRAP;
  return `T${signal.toString(16).padStart(2, '0')}${reason(event, features)}thread:1;`;
}

function reason(event: StopEvent, features: StopFeatures): string {
  if (event.kind === 'watchpoint') return `${WATCH_REPLIES[event.type]}:${event.address.toString(16)};`;
  if (event.kind !== 'breakpoint') return '';
  if (event.type === 'software') return features.swbreak ? 'swbreak:;' : '';
  return features.hwbreak ? 'hwbreak:;' : '';
}

/** A hexadecimal number, NaN where it is none. */
export function parseHex(text: string): number {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

/** `ADDRESS,LENGTH`, both hexadecimal, the address a linear or physical one of 32 bits; undefined where it is no such thing. */
export function parsePlace(text: string): { readonly address: number; readonly length: number } | undefined {
  const [address = Number.NaN, length = Number.NaN, ...rest] = text.split(',').map(parseHex);
  return address <= 0xffff_ffff && length >= 0 && rest.length === 0 ? { address, length } : undefined;
}

/** qXfer:features:read:target.xml:OFFSET,LENGTH */
export function transferFeatures(data: string): string {
  const match = /^qXfer:features:read:target\.xml:([0-9a-fA-F]{1,8}),([0-9a-fA-F]{1,8})$/.exec(data);
  if (match === null) return 'E00';
  const [offset, length] = [parseHex(match[1]!), Math.min(parseHex(match[2]!), MAX_TRANSFER)];
  const part = TARGET_DESCRIPTION.slice(offset, offset + length);
  return `${offset + part.length >= TARGET_DESCRIPTION.length ? 'l' : 'm'}${part}`;
}
