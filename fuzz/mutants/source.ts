/**
 * A source file of this project as tokens and what can be found in them: brackets that belong together, calls
 * and their arguments, statements. Enough of TypeScript's syntax for rules that say where a mutant can be made.
 *
 * What holds: every range is of whole tokens, comments and white space are in none. The text is as this project's
 * formatter leaves it.
 */

export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Offsets in the text; `end` is behind the last character. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A call: `first.second(args)` has the name "second" and the receiver "first". */
export interface Call extends Range {
  readonly name: string;
  /** What stands before the name, dots left out; empty where nothing does. */
  readonly receiver: string;
  readonly args: readonly Range[];
  /** It is a statement of its own: the range of that, semicolon included. */
  readonly statement: Range | undefined;
}

/** An object literal, as far as its properties are plain. */
export interface ObjectLiteral extends Range {
  readonly properties: ReadonlyMap<string, { readonly whole: Range; readonly value: Range }>;
}

const SIGNS = [
  ...['>>>=', '...', '===', '!==', '>>>', '<<=', '>>=', '**=', '&&=', '||=', '??=', '=>', '==', '!=', '<=', '>='],
  ...['&&', '||', '??', '?.', '++', '--', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<', '>>', '**'],
];
const OPENING = '([{';
const CLOSING = ')]}';
const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const WORD = /[A-Za-z_$#][\w$]*/y;
const NUMBER = /\d[\w.]*/y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** Behind one of these a slash begins a regular expression. */
const BEFORE_REGEXP = /^(?:[([{,;:=!&|?+*%~^<>-]|=>|&&|\|\||return)$/;

/** The end of a template literal that begins at `from`. */
function templateEnd(text: string, from: number): number {
  for (let at = from + 1, depth = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (depth === 0 && text[at] === '`') return at + 1;
    else if (depth === 0 && text.startsWith('${', at)) {
      depth = 1;
      at++;
    } else if (depth > 0 && text[at] === '`') at = templateEnd(text, at) - 1;
    else if (depth > 0 && text[at] === '{') depth++;
    else if (depth > 0 && text[at] === '}') depth--;
  }
  return text.length;
}

/** The tokens of a text. */
export function tokenize(text: string): Token[] {
  const out: Token[] = [];
  const take = (pattern: RegExp, at: number): number => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : 0;
  };
  for (let at = 0; at < text.length; ) {
    const blank = take(SPACE, at);
    if (blank > 0) {
      at = blank;
      continue;
    }
    const add = (kind: Token['kind'], end: number): void => {
      out.push({ kind, text: text.slice(at, end), start: at, end });
      at = end;
    };
    const word = take(WORD, at);
    if (word > 0) {
      add('name', word);
      continue;
    }
    const number = take(NUMBER, at);
    if (number > 0) {
      add('number', number);
      continue;
    }
    const string = take(STRING, at) || (text[at] === '`' ? templateEnd(text, at) : 0);
    const before = out.at(-1)?.text ?? '(';
    const pattern = string === 0 && text[at] === '/' && BEFORE_REGEXP.test(before) ? take(REGEXP, at) : 0;
    if (string > 0 || pattern > 0) {
      add('text', string || pattern);
      continue;
    }
    const sign = SIGNS.find((s) => text.startsWith(s, at));
    add('sign', at + (sign?.length ?? 1));
  }
  return out;
}

export class Source {
  /** Path below the project's folder, with slashes. */
  readonly file: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  /** For each bracket the index of the one that belongs to it; -1 for other tokens. */
  readonly partner: readonly number[];
  private readonly lines: number[] = [0];

  /** @throws SyntaxError where brackets do not match */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.tokens = tokenize(text);
    const partner = this.tokens.map(() => -1);
    const open: number[] = [];
    this.tokens.forEach(({ kind, text: t }, n) => {
      if (kind !== 'sign') return;
      if (OPENING.includes(t)) open.push(n);
      if (!CLOSING.includes(t)) return;
      const from = open.pop();
      if (from === undefined || OPENING.indexOf(this.tokens[from]!.text) !== CLOSING.indexOf(t)) {
        throw new SyntaxError(`${file}: no bracket belongs to the one in line ${this.line(this.tokens[n]!.start)}`);
      }
      partner[from] = n;
      partner[n] = from;
    });
    this.partner = partner;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lines.push(at + 1);
  }

  /** Line of an offset, from 1. */
  line(offset: number): number {
    let n = this.lines.length;
    while (n > 1 && this.lines[n - 1]! > offset) n--;
    return n;
  }

  /** Column of an offset, from 1. */
  column(offset: number): number {
    return offset - this.lines[this.line(offset) - 1]! + 1;
  }

  slice({ start, end }: Range): string {
    return this.text.slice(start, end);
  }

  /** What stands between token `open`, a bracket, and its partner, cut at the commas. */
  parts(open: number): Range[] {
    const close = this.partner[open]!;
    const out: Range[] = [];
    let first = open + 1;
    for (let n = open + 1; n <= close; n++) {
      if (n === close || this.tokens[n]!.text === ',') {
        if (n > first) out.push({ start: this.tokens[first]!.start, end: this.tokens[n - 1]!.end });
        first = n + 1;
      } else if (OPENING.includes(this.tokens[n]!.text) && this.partner[n]! >= 0) n = this.partner[n]!;
    }
    return out;
  }

  /** All calls, in the order of their names. */
  calls(): Call[] {
    const out: Call[] = [];
    const { tokens } = this;
    tokens.forEach((token, n) => {
      if (token.kind !== 'name' || tokens[n + 1]?.text !== '(' || this.isHead(n)) return;
      let first = n;
      const receiver: string[] = [];
      while (tokens[first - 1]?.text === '.' || tokens[first - 1]?.text === '?.') {
        if (tokens[first - 2]?.kind !== 'name') break;
        first -= 2;
        receiver.unshift(tokens[first]!.text);
      }
      const before = tokens[first - 1]?.text ?? ';';
      if (before === 'function' || before === 'new') return;
      const close = this.partner[n + 1]!;
      // The head of a function or method, or of an `if`.
      if (tokens[close + 1]?.text === '{') return;
      if (receiver.length === 0 && /^(?:if|for|while|switch|catch)$/.test(token.text)) return;
      const isStatement = /^[;{})]$|^else$/.test(before) && tokens[close + 1]?.text === ';';
      const start = tokens[first]!.start;
      out.push({
        start,
        end: tokens[close]!.end,
        name: token.text,
        receiver: receiver.join('.'),
        args: this.parts(n + 1),
        statement: isStatement ? { start, end: tokens[close + 1]!.end } : undefined,
      });
    });
    return out;
  }

  /** Object literals that have the property `k`, as nodes of the IR do. */
  objects(): ObjectLiteral[] {
    const out: ObjectLiteral[] = [];
    this.tokens.forEach((token, open) => {
      if (token.text !== '{' || this.tokens[open + 1]?.text !== 'k' || this.tokens[open + 2]?.text !== ':') return;
      const properties = new Map<string, { readonly whole: Range; readonly value: Range }>();
      for (const whole of this.parts(open)) {
        const first = this.tokenAt(whole.start);
        const [name, colon] = [this.tokens[first]!, this.tokens[first + 1]];
        if (name.kind !== 'name') continue;
        if (name.end === whole.end) properties.set(name.text, { whole, value: whole });
        else if (colon?.text === ':') {
          properties.set(name.text, { whole, value: { start: this.tokens[first + 2]!.start, end: whole.end } });
        }
      }
      // A type has semicolons.
      if (
        properties.size > 0 &&
        !this.slice({ start: token.start, end: this.tokens[this.partner[open]!]!.end }).includes(';')
      )
        out.push({ start: token.start, end: this.tokens[this.partner[open]!]!.end, properties });
    });
    return out;
  }

  /** Index of the token that begins at an offset, or of the next one. */
  tokenAt(offset: number): number {
    let [low, high] = [0, this.tokens.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tokens[middle]!.start < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The conditions of `if`, `while` and of conditional expressions' heads in brackets: ranges without the brackets. */
  conditions(): { readonly keyword: string; readonly range: Range; readonly behind: number }[] {
    return this.tokens.flatMap((token, n) => {
      if (!/^(?:if|while)$/.test(token.text) || this.tokens[n + 1]?.text !== '(') return [];
      const close = this.partner[n + 1]!;
      const range = { start: this.tokens[n + 2]!.start, end: this.tokens[close - 1]!.end };
      return [{ keyword: token.text, range, behind: close + 1 }];
    });
  }

  /** Name of the function or method that an offset is in, by the last head before it; for a row of a table its key. */
  within(offset: number): string {
    let name = '';
    for (let n = 0; n < this.tokens.length && this.tokens[n]!.start < offset; n++) {
      const { kind, text } = this.tokens[n]!;
      const before = this.tokens[n - 1]?.text ?? '';
      if (kind === 'name' && before === 'function') name = text;
      else if (kind === 'name' && this.isHead(n)) name = text;
    }
    return name;
  }

  /** Whether token `n` is the name of a method that is defined here. */
  private isHead(n: number): boolean {
    if (this.tokens[n + 1]?.text !== '(' || !/^(?:[;{}]|private|get|set|static)$/.test(this.tokens[n - 1]?.text ?? ''))
      return false;
    if (/^(?:if|for|while|switch|return|catch)$/.test(this.tokens[n]!.text)) return false;
    const behind = this.tokens[this.partner[n + 1]! + 1]?.text;
    return behind === '{' || behind === ':';
  }
}
