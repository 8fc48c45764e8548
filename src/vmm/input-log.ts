/**
 * The input log of a deterministic run: what was typed, and the moment at which
 * the machine took it. docs/determinism.md specifies the text format:
 *
 *     transvisor input 1
 *     COUNT TIME PORT "bytes"
 *     end
 *
 * COUNT is retired instructions, TIME guest time in ns, PORT 0 for COM1, 1 for
 * COM2, 2 for the keyboard, 3 for the mouse (src/vmm/devices/input-ports.ts says what their
 * bytes mean) or 4 for the power button; the bytes stand in JSON's notation, one character a byte.
 */
import type { Moment } from './boundary-schedule.ts';

/** Ports beside the serial ones, 0 and 1. */
export const KEYBOARD_PORT = 2;
export const MOUSE_PORT = 3;
export const POWER_PORT = 4;

/** Bytes taken by a port at a moment. */
export interface InputEntry extends Moment {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** A log that cannot be used; the message is one line, with the number of the line that is wrong. */
export class InputLogError extends Error {
  override readonly name = 'InputLogError';
}

/** First and last line. */
export const INPUT_LOG_HEADER = 'transvisor input 1';
export const INPUT_LOG_END = 'end';

const ENTRY = /^(\d{1,16}) (\d{1,16}) ([0-4]) (".+")$/;

/** One line of the log, without its end. */
export function formatInput({ count, time, port, bytes }: InputEntry): string {
  return `${count} ${time} ${port} ${JSON.stringify(String.fromCharCode(...bytes))}`;
}

/** @throws InputLogError */
export function parseInputLog(text: string): InputEntry[] {
  const lines = text.split('\n');
  if (lines[0] !== INPUT_LOG_HEADER) throw new InputLogError(`line 1: must be '${INPUT_LOG_HEADER}'`);
  const entries: InputEntry[] = [];
  let before: Moment = { count: 0, time: 0 };
  for (let n = 1; n < lines.length; n++) {
    const line = lines[n]!;
    if (line === INPUT_LOG_END) {
      if (lines.slice(n + 1).some((rest) => rest !== '')) throw new InputLogError(`line ${n + 2}: text behind the end`);
      return entries;
    }
    const entry = parseEntry(line, n + 1);
    if (entry.count < before.count || entry.time < before.time) {
      throw new InputLogError(`line ${n + 1}: earlier than the line before it`);
    }
    entries.push(entry);
    before = entry;
  }
  throw new InputLogError(`line ${lines.length}: the log is cut off ('${INPUT_LOG_END}' is missing)`);
}

function parseEntry(line: string, number: number): InputEntry {
  const match = ENTRY.exec(line);
  const text = match === null ? undefined : parseBytes(match[4]!);
  if (match === null || text === undefined) throw new InputLogError(`line ${number}: must be COUNT TIME PORT "bytes"`);
  const [count, time, port] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(time)) {
    throw new InputLogError(`line ${number}: a number over ${Number.MAX_SAFE_INTEGER}`);
  }
  return { count, time, port, bytes: text };
}

/** Bytes in JSON's notation, or undefined where they are none. */
function parseBytes(json: string): Uint8Array | undefined {
  let text: unknown;
  try {
    text = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof text !== 'string' || !/^[\0-\xff]+$/.test(text)) return undefined;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
