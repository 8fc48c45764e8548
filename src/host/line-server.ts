/**
 * Listens on a TCP port or a UNIX socket for one client at a time: for gdb and
 * the monitor. Loopback only unless told otherwise.
 */
import { existsSync, lstatSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';

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
  ENOTFOUND: 'no such host',
};

/** What the client does not read is kept up to here, in bytes; then it is cut off. */
const MAX_BACKLOG = 4 << 20;

/** How long a client that finds another one waits for it to be gone, in milliseconds: it may have just hung up. */
const LEAVING = 100;

/**
 * Starts to listen. Resolves to what ends it.
 * @throws ListenError
 */
export async function listen(at: Listen, service: Service): Promise<() => void> {
  let current: Socket | undefined;
  const accept = (socket: Socket) => {
    if (socket.destroyed) return;
    if (current !== undefined) {
      socket.destroy();
      return;
    }
    current = socket;
    serve(socket, service, () => {
      current = undefined;
    });
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (current === undefined) accept(socket);
    else setTimeout(accept, LEAVING, socket);
  });
  if (at.kind === 'unix') await makeRoom(at.path);
  const name = at.kind === 'tcp' ? `${at.host}:${at.port}` : at.path;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ListenError(`cannot listen at ${name}: ${REASONS[error.code ?? ''] ?? error.code ?? String(error)}`));
    });
    if (at.kind === 'tcp') server.listen(at.port, at.host, resolve);
    else server.listen(at.path, resolve);
  });
  server.on('error', () => {});
  return () => {
    // What was said last is still sent; nobody waits for a client that does not read.
    current?.destroySoon();
    current?.unref();
    server.close();
    if (at.kind === 'unix') rmSync(at.path, { force: true });
  };
}

/** Takes away a socket that a process left behind when it was killed. @throws ListenError where there is no folder for it */
async function makeRoom(path: string): Promise<void> {
  if (!existsSync(dirname(path))) throw new ListenError(`cannot listen at ${path}: no such folder`);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) rmSync(path, { force: true });
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
