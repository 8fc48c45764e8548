/**
 * Reads values out of a JSON file that somebody else may have written: each has a place, and whatever is wrong is
 * told in one line that names file, place, value and rule.
 */

/** A file that does not hold what it should. The message is one line. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** A value as an error names it: short, on one line. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = typeof value;
  }
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** Parses a JSON text. @throws FileError */
export function parseJson(file: string, text: string): JsonValue {
  try {
    return new JsonValue(file, '', JSON.parse(text) as unknown);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    throw new FileError(`${file}: is not JSON: ${why}`);
  }
}

/** A value and where it is. All methods throw FileError where the value is not what they say. */
export class JsonValue {
  private readonly file: string;
  private readonly place: string;
  readonly value: unknown;

  constructor(file: string, place: string, value: unknown) {
    this.file = file;
    this.place = place;
    this.value = value;
  }

  /** @param rule what it should be */
  fail(rule: string): never {
    throw new FileError(`${this.file}: ${this.place || 'the file'} is ${shown(this.value)}, must be ${rule}`);
  }

  /** A field of an object; its value is undefined where the object has none. */
  field(name: string): JsonValue {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('an object');
    const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonValue(this.file, this.place === '' ? name : `${this.place}.${name}`, own);
  }

  /** Elements of an array of `length`, or of any length up to `most`. */
  items(length: number | { readonly most: number }): JsonValue[] {
    const { value } = this;
    const rule = typeof length === 'number' ? `an array of ${length}` : `an array of at most ${length.most}`;
    if (!Array.isArray(value)) this.fail(rule);
    if (typeof length === 'number' ? value.length !== length : value.length > length.most) {
      throw new FileError(`${this.file}: ${this.place} has ${value.length} elements, must be ${rule}`);
    }
    return value.map((item: unknown, n) => new JsonValue(this.file, `${this.place}[${n}]`, item));
  }

  /** A whole number, as such or as a string "0x...". */
  integer(least: number, most: number): number {
    const { value } = this;
    const known = typeof value === 'string' && /^0x[0-9a-f]{1,13}$/i.test(value) ? Number(value) : value;
    if (typeof known === 'number' && Number.isInteger(known) && known >= least && known <= most) return known;
    const bound = (n: number) => (n > 0xffff ? `0x${n.toString(16)}` : `${n}`);
    return this.fail(`a whole number from ${bound(least)} to ${bound(most)}, or "0x" and hexadecimal digits`);
  }

  word(): number {
    return this.integer(0, 0xffff_ffff);
  }

  text(most: number): string {
    const { value } = this;
    if (typeof value === 'string' && value.length <= most) return value;
    return this.fail(`a string of at most ${most} characters`);
  }

  /** Exactly so many hexadecimal digits. */
  digits(count: number): string {
    const { value } = this;
    if (typeof value === 'string' && value.length === count && /^[0-9a-f]*$/i.test(value)) return value.toLowerCase();
    return this.fail(`${count} hexadecimal digits`);
  }

  /** Bytes, two hexadecimal digits each. */
  bytes(most: number): Uint8Array {
    const { value } = this;
    const ok = typeof value === 'string' && value.length % 2 === 0 && value.length <= most * 2;
    if (!ok || !/^[0-9a-f]*$/i.test(value)) this.fail(`up to ${most} bytes of two hexadecimal digits each`);
    return Uint8Array.from({ length: value.length / 2 }, (_, n) => Number.parseInt(value.slice(2 * n, 2 * n + 2), 16));
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.value);
    return found ?? this.fail(`one of ${choices.map((c) => `"${c}"`).join(', ')}`);
  }
}
