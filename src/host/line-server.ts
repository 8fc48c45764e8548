/**
 * Listens on a TCP port or a UNIX socket for one client at a time: for gdb and
 * the monitor. Loopback only unless told otherwise.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

/** Where to listen. */
export type Listen =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** One client's connection. */
export interface Client {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface Service {
  /** A client has come; there is no other. Returns what takes its bytes and its end. */
  connected(client: Client): { receive(bytes: Uint8Array): void; closed(): void };
}

/** A place that cannot be listened at; the message is one line and names it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'no such address here',
  ENOENT: 'no such folder',
  ENOTFOUND: 'no such host',
};

/** What the client does not read is kept up to here, in bytes; then it is cut off. */
const MAX_BACKLOG = 4 << 20;

/**
 * Starts to listen. Resolves to what ends it.
 * @throws ListenError
 */
export function listen(at: Listen, service: Service): Promise<() => void> {
  let current: Socket | undefined;
  const server: Server = createServer((socket) => {
    if (current !== undefined) {
      socket.destroy();
      return;
    }
    current = socket;
    serve(socket, service, () => {
      current = undefined;
    });
  });
  const name = at.kind === 'tcp' ? `${at.host}:${at.port}` : at.path;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ListenError(`cannot listen at ${name}: ${REASONS[error.code ?? ''] ?? error.code ?? String(error)}`));
    });
    const listening = () => {
      server.on('error', () => {});
      resolve(() => {
        current?.destroy();
        server.close();
        if (at.kind === 'unix') rmSync(at.path, { force: true });
      });
    };
    if (at.kind === 'tcp') server.listen(at.port, at.host, listening);
    else server.listen(at.path, listening);
  });
}

function serve(socket: Socket, service: Service, gone: () => void): void {
  socket.setNoDelay(true);
  const session = service.connected({
    send(bytes) {
      if (socket.writableLength > MAX_BACKLOG) socket.destroy();
      else if (!socket.destroyed) socket.write(bytes);
    },
    close: () => void socket.end(),
  });
  socket.on('data', (chunk: Buffer) => session.receive(chunk));
  socket.on('error', () => {});
  socket.on('close', () => {
    gone();
    session.closed();
  });
}
