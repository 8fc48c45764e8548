/** Sockets of the debugger and the monitor: one client, clear errors, nothing left behind. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
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
  await expect(listen({ kind: 'unix', path }, echo)).rejects.toThrow(/^cannot listen at .*x\.sock: /);
});
