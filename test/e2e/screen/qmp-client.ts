// A client of QMP over a UNIX socket: requests, answers by their id, events.
import { createConnection, type Socket } from 'node:net';

export type Json = Record<string, unknown>;

export class QmpClient {
  readonly events: Json[] = [];
  readonly greeting: Promise<Json>;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (answer: Json) => void>();
  private greeted: (greeting: Json) => void = () => {};
  private text = '';
  private next = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.greeting = new Promise((resolve) => {
      this.greeted = resolve;
    });
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
      for (let end = this.text.indexOf('\n'); end >= 0; end = this.text.indexOf('\n')) {
        this.take(JSON.parse(this.text.slice(0, end)) as Json);
        this.text = this.text.slice(end + 1);
      }
    });
    socket.on('error', () => {});
  }

  /** Connects as soon as somebody listens there. */
  static async connect(path: string, timeout: number): Promise<QmpClient> {
    for (const deadline = Date.now() + timeout; ; ) {
      const socket = await new Promise<Socket | undefined>((resolve) => {
        const made = createConnection(path, () => resolve(made));
        made.once('error', () => resolve(undefined));
      });
      if (socket !== undefined) return new QmpClient(socket);
      if (Date.now() > deadline) throw new Error(`${path}: nobody listens`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The answer to a command: its result, or an exception with its error. */
  async execute(command: string, args?: Json): Promise<unknown> {
    const id = this.next++;
    const answer = new Promise<Json>((resolve) => this.waiting.set(id, resolve));
    this.socket.write(JSON.stringify({ execute: command, id, ...(args && { arguments: args }) }));
    const { return: result, error } = (await answer) as { return?: unknown; error?: Json };
    if (error !== undefined) throw new Error(`${error['class']}: ${error['desc']}`);
    return result;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(message: Json): void {
    if ('QMP' in message) this.greeted(message);
    else if ('event' in message) this.events.push(message);
    else {
      const id = Number(message['id']);
      this.waiting.get(id)?.(message);
      this.waiting.delete(id);
    }
  }
}
