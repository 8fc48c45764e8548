// QMP as a client sees it: greeting, negotiation, commands, errors, events; and nonsense.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine } from '../../../src/index.ts';
import { JsonStream } from '../../../src/vmm/qmp/json-stream.ts';
import { QmpSession } from '../../../src/vmm/qmp/qmp-session.ts';
import { rom } from '../../support/rom.ts';

type Json = Record<string, unknown>;

let machine: Machine;
let session: QmpSession;
let said: Json[];
const pictures: string[] = [];

beforeEach(() => {
  machine = createMachine({ memory: 2 << 20, bios: rom('fb f4 eb fd'), engine: 'interpret' }); // sti; hlt; jmp
  said = [];
  session = new QmpSession({
    machine,
    services: { savePicture: (_frame, path, format) => void pictures.push(`${path} ${format}`) },
    send: (text) => {
      expect(text).toMatch(/^[^\n]*\r\n$/);
      said.push(JSON.parse(text) as Json);
    },
    wallClock: () => 1234.5,
  });
});
afterEach(() => {
  session.closed();
  machine.dispose();
});

const send = (text: string) => {
  said.length = 0;
  session.receive(new TextEncoder().encode(text));
  return said;
};
const ask = (execute: string, args?: Json) => send(JSON.stringify({ execute, ...(args && { arguments: args }) }))[0];
const begin = () => expect(ask('qmp_capabilities')).toEqual({ return: {} });

describe('a session', () => {
  it('greets, and wants capabilities before all else', () => {
    expect(said).toEqual([
      { QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 }, package: 'transvisor' }, capabilities: [] } },
    ]);
    expect(ask('query-status')).toMatchObject({ error: { class: 'CommandNotFound' } });
    begin();
    expect(ask('qmp_capabilities')).toMatchObject({ error: { class: 'CommandNotFound' } });
    expect(ask('query-status')).toEqual({ return: { status: 'running', running: true, singlestep: false } });
    expect(ask('query-version')).toMatchObject({ return: { qemu: { major: 7 } } });
    const commands = ask('query-commands') as { return: { name: string }[] };
    expect(commands.return.map(({ name }) => name)).toContain('human-monitor-command');
  });

  it('gives the id back, with answers and errors', () => {
    begin();
    expect(send('{"execute":"query-name","id":"x"}')).toEqual([{ return: {}, id: 'x' }]);
    expect(send('{"execute":"nothing","id":[1,{"a":2}]}')).toEqual([
      { error: { class: 'CommandNotFound', desc: 'The command nothing has not been found' }, id: [1, { a: 2 }] },
    ]);
  });

  it('takes several requests at once, and one in pieces', () => {
    begin();
    expect(send('{"execute":"query-name"} {"execute":\n"query-name"}')).toHaveLength(2);
    expect(send('{"exec')).toEqual([]);
    expect(send('ute":"query-name", "arguments": {}')).toEqual([]);
    expect(send('}')).toEqual([{ return: {} }]);
  });

  it('says what is wrong with arguments', () => {
    begin();
    for (const [text, desc] of [
      ['{"execute":"send-key"}', "Parameter 'keys' is missing"],
      ['{"execute":"send-key","arguments":{"keys":5}}', "Invalid parameter type for 'keys', expected: array"],
      [
        '{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"zz"}]}}',
        "Parameter 'keys[0].data' does not accept value 'zz'",
      ],
      ['{"execute":"stop","arguments":{"a":1}}', "Parameter 'a' is unexpected"],
      ['{"execute":"eject","arguments":{"device":"cd"}}', "Device 'cd' not found"],
      ['{"execute":"blockdev-change-medium","arguments":{}}', "Parameter 'id' is missing"],
      ['{"execute":"stop","arguments":[]}', "QMP input member 'arguments' must be an object"],
      ['{"exec":"stop"}', "QMP input member 'exec' is unexpected"],
      ['{}', "QMP input lacks member 'execute'"],
      ['{"execute":1}', "QMP input member 'execute' must be a string"],
      ['{"execute":]}\n', 'Invalid JSON syntax'],
      ['hello\n', 'Invalid JSON syntax'],
      [
        '{"execute":"screendump","arguments":{"filename":"x","format":"gif"}}',
        "Parameter 'format' does not accept value 'gif'",
      ],
    ] as const) {
      expect(send(text), text).toEqual([{ error: { class: 'GenericError', desc } }]);
    }
  });

  it('stops and goes on, with events', () => {
    begin();
    const timestamp = { seconds: 1, microseconds: 234500 };
    expect(send('{"execute":"stop"}')).toEqual([{ timestamp, event: 'STOP' }, { return: {} }]);
    expect(ask('query-status')).toMatchObject({ return: { status: 'prelaunch', running: false } });
    expect(send('{"execute":"cont"}')).toEqual([{ timestamp, event: 'RESUME' }, { return: {} }]);
    expect(send('{"execute":"system_reset"}')).toEqual([
      { timestamp, event: 'RESET', data: { guest: false, reason: 'host-qmp-system-reset' } },
      { return: {} },
    ]);
    expect(send('{"execute":"system_powerdown"}')).toEqual([{ timestamp, event: 'POWERDOWN' }, { return: {} }]);
    expect(send('{"execute":"quit"}')).toEqual([
      { return: {} },
      { timestamp, event: 'SHUTDOWN', data: { guest: false, reason: 'host-qmp-quit' } },
    ]);
  });

  it("runs the monitor's commands, sends keys, writes pictures", () => {
    begin();
    const monitor = (line: string) => ask('human-monitor-command', { 'command-line': line });
    expect(monitor('info status')).toEqual({ return: 'VM status: running\r\n' });
    expect(monitor('sendkey a')).toEqual({ return: '' });
    const keys = [
      { type: 'qcode', data: 'ctrl' },
      { type: 'number', data: 0x1e },
    ];
    expect(ask('send-key', { keys, 'hold-time': 5 })).toEqual({ return: {} });
    expect(ask('screendump', { filename: 'a.png' })).toEqual({ return: {} });
    expect(ask('screendump', { filename: 'b' })).toEqual({ return: {} });
    expect(pictures).toEqual(['a.png png', 'b ppm']);
  });
});

describe('the stream', () => {
  it('keeps a bounded part of what has no end', () => {
    const stream = new JsonStream();
    const part = new TextEncoder().encode(`{"a":"${'x'.repeat(100_000)}`);
    let errors = 0;
    for (let n = 0; n < 30; n++) errors += stream.read(part).filter((piece) => 'error' in piece).length;
    expect(errors).toBe(1);
    expect(stream.read(new TextEncoder().encode('\n{"b":"}\\"{"}'))).toEqual([{ object: { b: '}"{' } }]);
  });

  it('survives any bytes', () => {
    begin();
    let seed = 7;
    for (let n = 0; n < 2000; n++) {
      const bytes = Uint8Array.from({ length: 40 }, () => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return '{}[]":,\\\n exct1\xff'.charCodeAt((seed >>> 9) % 17);
      });
      session.receive(bytes);
    }
    send('\n'.repeat(3));
    session.closed();
  });
});
