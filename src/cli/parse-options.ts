/**
 * Options in QEMU's grammar: `-name value` or `--name value`, flags without a
 * value, and lists `first,key=value,...` with a doubled comma for a literal one.
 */
import { didYouMean } from './nearest.ts';
import { UsageError } from './usage-error.ts';

/** One option and what it does to a configuration `C`. */
export interface OptionSpec<C> {
  /** Without dashes. */
  readonly name: string;
  /** Placeholder of the value in the help text; absent for a flag. */
  readonly value?: string;
  /** A flag that also takes `--name=value`; the value is then what may follow. */
  readonly inlineValue?: string;
  readonly help: string;
  /** `value` is '' for a flag. @throws UsageError */
  apply(config: C, value: string): void;
}

/**
 * Applies `args` to `config`, in order.
 * @throws UsageError naming the option, what is wrong and the nearest known name
 */
export function parseOptions<C>(args: readonly string[], specs: readonly OptionSpec<C>[], config: C): void {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(arg);
    if (match === null) throw new UsageError(`'${shorten(arg)}': not an option (options begin with a dash)`);
    const name = match[1] ?? '';
    const inline = match[2];
    const spec = byName.get(name);
    if (spec === undefined) {
      const dash = arg.startsWith('--') ? '--' : '-';
      throw new UsageError(`${dash}${shorten(name)}: unknown option${didYouMean(name, [...byName.keys()], dash)}`);
    }
    const dashed = arg.slice(0, arg.length - (inline === undefined ? 0 : inline.length + 1));
    if (spec.value === undefined) {
      if (inline !== undefined && spec.inlineValue === undefined) throw new UsageError(`${dashed}: takes no value`);
      inContext(dashed, () => spec.apply(config, inline ?? ''));
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined) throw new UsageError(`${dashed}: needs a value (${spec.value})`);
    inContext(dashed, () => spec.apply(config, value));
  }
}

/** Puts the option's name in front of what went wrong with its value. */
function inContext(option: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}

/** Text as typed, for a message of one line. */
export function shorten(text: string): string {
  const line = text.replace(/[^\x20-\x7e]/g, '?');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}

/** `first,key=value,flag`: the first item if it has no `=`, and the rest by key (a bare flag has the value 'on'). */
export interface ValueList {
  readonly first: string | undefined;
  readonly keys: ReadonlyMap<string, string>;
}

/** Splits at single commas; `,,` stands for one comma. */
export function splitCommas(text: string): string[] {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const comma = text[i] === ',';
    if (comma && text[i + 1] !== ',') {
      parts.push('');
      continue;
    }
    if (comma) i++;
    parts[parts.length - 1] += text[i];
  }
  return parts;
}

/**
 * Takes a list apart.
 * @param allowed keys that may occur
 * @throws UsageError for a key that is not allowed
 */
export function parseList(text: string, allowed: readonly string[]): ValueList {
  const keys = new Map<string, string>();
  let first: string | undefined;
  for (const [index, part] of splitCommas(text).entries()) {
    const equals = part.indexOf('=');
    if (equals < 0 && index === 0) {
      first = part;
      continue;
    }
    const key = equals < 0 ? part : part.slice(0, equals);
    if (!allowed.includes(key)) {
      throw new UsageError(`unknown property '${shorten(key)}'${didYouMean(key, allowed)}`);
    }
    keys.set(key, equals < 0 ? 'on' : part.slice(equals + 1));
  }
  return { first, keys };
}

/**
 * One of a set of words.
 * @throws UsageError naming the nearest
 */
export function choose<T extends string>(value: string, known: readonly T[], what: string): T {
  const found = known.find((name) => name === value);
  if (found === undefined) {
    throw new UsageError(`unknown ${what} '${shorten(value)}'${didYouMean(value, known)}`);
  }
  return found;
}

/**
 * A whole number, decimal or 0x.
 * @throws UsageError when it is none or out of range
 */
export function parseNumber(text: string, min: number, max: number, what: string): number {
  const value = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`${what} '${shorten(text)}': must be a whole number from ${min} to ${max}`);
  }
  return value;
}
