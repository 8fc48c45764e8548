/** Guest programs with what must come of them in the same file (test/programs/*.asm): what an image says is expected, and what it logged. */
/** Where an image is loaded; its 8th word is the entry, the next three say where expectations begin and end, and the log's end. */
export const IMAGE = 0x2_0000;
export const LOG = 0x6800;
const RECORD = 24;
const EXPECTATION = 40;
const ANY = 0xa5a5_a5a5;

/** An exception or interrupt as a program's handler logged it. */
export interface Logged {
  readonly vector: number;
  readonly error: number;
  readonly eip: number;
  readonly cs: number;
  readonly flags: number;
  /** DR6 of a #DB, CR2 of a #PF. */
  readonly extra: number;
}

export interface Expectation {
  /** An entry of the log, or a word of memory. */
  readonly kind: 'event' | 'holds';
  readonly words: readonly number[];
}

/** Little-endian words of bytes, unsigned. */
function wordsOf(bytes: Uint8Array, from: number, to: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: number[] = [];
  for (let at = from; at < to; at += 4) words.push(view.getUint32(at, true));
  return words;
}

/** What an image says of itself: its entry, what is expected, and where it keeps the address of its log's end. */
export function describeImage(image: Uint8Array): { entry: number; logEnd: number; expected: Expectation[] } {
  const [entry, first, end, logEnd] = wordsOf(image, 28, 44) as [number, number, number, number];
  const expected: Expectation[] = [];
  for (let at = first; at < end; at += EXPECTATION) {
    const [kind, , ...words] = wordsOf(image, at - IMAGE, at - IMAGE + EXPECTATION);
    expected.push({ kind: kind === 0 ? 'event' : 'holds', words });
  }
  return { entry, logEnd, expected };
}

/** The entries of a log. */
export function parseLog(bytes: Uint8Array): Logged[] {
  const log: Logged[] = [];
  for (let at = 0; at + RECORD <= bytes.length; at += RECORD) {
    const [vector, error, eip, cs, flags, extra] = wordsOf(bytes, at, at + RECORD) as number[];
    log.push({ vector: vector!, error: error!, eip: eip!, cs: cs! & 0xffff, flags: flags!, extra: extra! });
  }
  return log;
}

const hex = (value: number) => (value >>> 0).toString(16);
const event = (e: Logged) =>
  `#${e.vector}(${hex(e.error)}) at ${hex(e.cs)}:${hex(e.eip)} flags ${hex(e.flags)} ${hex(e.extra)}`;

/**
 * What is not as the program expects, a line each with its number among the program's events or words.
 * @param held the words of memory that the program names, in their order
 */
export function disappointments(
  expected: readonly Expectation[],
  log: readonly Logged[],
  held: readonly number[],
): string[] {
  const wrong: string[] = [];
  const events = expected.filter(({ kind }) => kind === 'event');
  const words = expected.filter(({ kind }) => kind === 'holds');
  events.forEach(({ words: [vector, error, eip, cs, flags, mask, extra] }, n) => {
    const is = log[n];
    const same = (wanted: number | undefined, found: number) => wanted === ANY || wanted === found;
    const right =
      is !== undefined &&
      same(vector, is.vector) &&
      same(error, is.error) &&
      same(eip, is.eip) &&
      same(cs, is.cs) &&
      same(extra, is.extra) &&
      ((is.flags ^ flags!) & mask!) === 0;
    if (right) return;
    const wanted = `#${vector}(${hex(error!)}) at ${hex(cs!)}:${hex(eip!)} flags ${hex(flags!)}/${hex(mask!)} ${hex(extra!)}`;
    wrong.push(`event ${n + 1}: expected ${wanted}, found ${is === undefined ? 'nothing' : event(is)}`);
  });
  for (const more of log.slice(events.length)) wrong.push(`not expected: ${event(more)}`);
  words.forEach(({ words: [address, value, mask] }, n) => {
    const is = held[n] ?? 0;
    if (((is ^ value!) & mask!) !== 0)
      wrong.push(`word ${n + 1}: ${hex(address!)} holds ${hex(is)}, expected ${hex(value!)}`);
  });
  return wrong;
}
