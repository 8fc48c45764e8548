/** Sockets of the debugger and the monitor: one client, clear errors, nothing left behind. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Client, listen } from '../../src/host/line-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-socket-'));
afterAll(() => rmSync(folder, { recursive: true }));

const echo = { connected: (client: Client) => ({ receive: (bytes: Uint8Array) => client.send(bytes), closed() {} }) };

/** Sends text and resolves to what comes back until the connection ends or `enough` has come. */
function talk(path: string, text: string, enough: number): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(path, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString();
      if (got.length >= enough) socket.end();
    });
    socket.on('error', () => resolve(got));
    socket.on('close', () => resolve(got));
  });
}

test('serves one client at a time, and the socket goes with the server', async () => {
  const path = join(folder, 'one.sock');
  const end = await listen({ kind: 'unix', path }, echo);
  const first = connect(path);
  await new Promise((resolve) => first.once('connect', resolve));
  first.write('x');
  await new Promise((resolve) => first.once('data', resolve));
  expect(await talk(path, 'second', 6)).toBe('');
  first.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await talk(path, 'third', 5)).toBe('third');
  end();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(existsSync(path)).toBe(false);
});

test('a port in use, and a folder that does not exist: one line', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(listen({ kind: 'tcp', host: '127.0.0.1', port }, echo)).rejects.toThrow(
    `cannot listen at 127.0.0.1:${port}: already in use`,
  );
  other.close();
  const path = join(folder, 'missing', 'x.sock');
  await expect(listen({ kind: 'unix', path }, echo)).rejects.toThrow(/^cannot listen at .*x\.sock: no such folder$/);
});

test('the socket of a process that was killed is taken over; one in use, or another file, is not', async () => {
  const path = join(folder, 'left.sock');
  const server = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', server]);
  expect(existsSync(path)).toBe(true);
  const end = await listen({ kind: 'unix', path }, echo);
  await expect(listen({ kind: 'unix', path }, echo)).rejects.toThrow(/left\.sock: already in use$/);
  expect(await talk(path, 'hello', 5)).toBe('hello');
  end();
  const file = join(folder, 'file');
  writeFileSync(file, 'text');
  await expect(listen({ kind: 'unix', path: file }, echo)).rejects.toThrow(/file: already in use$/);
  expect(readFileSync(file, 'utf8')).toBe('text');
});

/** Listens, has a client connect, and gives both. */
async function pair(name: string): Promise<{ here: Client; there: Socket; end(): void; closed: Promise<void> }> {
  const path = join(folder, name);
  let connected: (client: Client) => void = () => {};
  let closed: () => void = () => {};
  const client = new Promise<Client>((resolve) => {
    connected = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const service = {
    connected(c: Client) {
      connected(c);
      return { receive() {}, closed: () => closed() };
    },
  };
  const end = await listen({ kind: 'unix', path }, service);
  const there = connect(path);
  return { here: await client, there, end, closed: gone };
}

test('what is said last is sent', async () => {
  const { here, there, end } = await pair('last.sock');
  here.send(new TextEncoder().encode('bye'));
  end();
  expect(String(await new Promise((resolve) => there.once('data', resolve)))).toBe('bye');
});

test('a client that does not read is cut off', async () => {
  const { here, there, end, closed } = await pair('deaf.sock');
  there.on('error', () => {});
  there.pause();
  let cut = false;
  void closed.then(() => {
    cut = true;
  });
  for (let n = 0; n < 100 && !cut; n++) {
    here.send(new Uint8Array(1 << 20));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(cut).toBe(true);
  there.destroy();
  end();
});
