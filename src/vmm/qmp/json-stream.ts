/**
 * Cuts a stream of bytes into JSON objects, wherever lines end in it. What is kept is bounded: an object that grows too
 * long is an error, and so is what stands between objects.
 */

/** Longest object, in characters. */
const MAX_OBJECT = 1 << 20;

export type JsonPiece = { readonly object: Record<string, unknown> } | { readonly error: string };

export class JsonStream {
  private readonly decoder = new TextDecoder('utf-8');
  private text = '';
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** The rest of a line is passed over, after an error. */
  private skipping = false;

  /** The objects, and errors, that these bytes complete. */
  read(bytes: Uint8Array): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    for (const character of this.decoder.decode(bytes, { stream: true })) {
      const piece = this.take(character);
      if (piece !== undefined) pieces.push(piece);
    }
    return pieces;
  }

  private take(character: string): JsonPiece | undefined {
    if (this.skipping) {
      this.skipping = character !== '\n';
      return undefined;
    }
    if (this.depth === 0) {
      if (/\s/.test(character)) return undefined;
      if (character !== '{') return this.fail();
    }
    this.text += character;
    if (this.text.length > MAX_OBJECT) return this.fail();
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (character === '\\') this.escaped = true;
      else if (character === '"') this.inString = false;
    } else if (character === '"') this.inString = true;
    else if (character === '{' || character === '[') this.depth++;
    else if ((character === '}' || character === ']') && --this.depth === 0) return this.complete();
    return undefined;
  }

  private complete(): JsonPiece {
    const { text } = this;
    try {
      const object = JSON.parse(text) as Record<string, unknown>;
      this.forget();
      return { object };
    } catch {
      return this.fail();
    }
  }

  private fail(): JsonPiece {
    this.forget();
    this.skipping = true;
    return { error: 'Invalid JSON syntax' };
  }

  private forget(): void {
    this.text = '';
    this.depth = 0;
    this.inString = false;
    this.escaped = false;
  }
}
