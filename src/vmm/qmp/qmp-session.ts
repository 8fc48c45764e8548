/**
 * One client's session of QMP, QEMU's machine protocol: a greeting, capabilities, then commands as JSON objects with
 * their answers in order, and events in between. (QEMU's documentation: "QEMU Machine Protocol Specification".)
 */
import type { StopReason } from '../events.ts';
import type { Machine } from '../machine.ts';
import type { MonitorServices } from '../monitor/command.ts';
import { JsonStream } from './json-stream.ts';
import { QMP_VERSION, runQmpCommand } from './qmp-commands.ts';
import { QmpError } from './qmp-error.ts';

export interface QmpParts {
  readonly machine: Machine;
  readonly services: MonitorServices;
  send(text: string): void;
  /** Milliseconds since 1970. */
  wallClock(): number;
}

type Json = Record<string, unknown>;

/** Why the machine has ended, as SHUTDOWN tells it. */
function shutdownData(reason: StopReason): Json {
  switch (reason.kind) {
    case 'powerOff':
      return { guest: true, reason: 'guest-shutdown' };
    case 'reset':
    case 'tripleFault':
      return { guest: true, reason: 'guest-reset' };
    case 'stop':
      return { guest: false, reason: 'host-qmp-quit' };
    default:
      return { guest: true, reason: 'guest-panic' };
  }
}

export class QmpSession {
  private readonly parts: QmpParts;
  private readonly stream = new JsonStream();
  private readonly unlisten: readonly (() => void)[];
  private negotiated = false;

  constructor(parts: QmpParts) {
    this.parts = parts;
    const { machine } = parts;
    this.unlisten = [
      machine.on('held', () => this.event('STOP')),
      machine.on('released', () => this.event('RESUME')),
      machine.on('powerButton', () => this.event('POWERDOWN')),
      machine.on('reset', ({ cause }) => {
        const host = cause === 'host';
        this.event('RESET', { guest: !host, reason: host ? 'host-qmp-system-reset' : 'guest-reset' });
      }),
      machine.on('stopped', ({ reason }) => this.event('SHUTDOWN', shutdownData(reason))),
    ];
    this.send({ QMP: { version: QMP_VERSION, capabilities: [] } });
  }

  receive(bytes: Uint8Array): void {
    for (const piece of this.stream.read(bytes)) {
      if ('error' in piece) this.send(failure(new QmpError(piece.error)));
      else this.answer(piece.object);
    }
  }

  closed(): void {
    for (const off of this.unlisten) off();
  }

  private answer(request: Json): void {
    const { id } = request;
    const tag = id === undefined ? {} : { id };
    try {
      // The answer to `quit` comes before the event that follows from it.
      let answered = false;
      const name = commandName(request);
      if (name === 'quit' && this.negotiated) {
        this.send({ return: {}, ...tag });
        answered = true;
      }
      const result = this.run(name, request);
      if (!answered) this.send({ return: result, ...tag });
    } catch (error) {
      if (!(error instanceof QmpError)) throw error;
      this.send({ ...failure(error), ...tag });
    }
  }

  private run(name: string, request: Json): unknown {
    if (!this.negotiated && name !== 'qmp_capabilities') {
      throw new QmpError("Expecting capabilities negotiation with 'qmp_capabilities'", 'CommandNotFound');
    }
    if (this.negotiated && name === 'qmp_capabilities') {
      throw new QmpError('Capabilities negotiation is already complete, command ignored', 'CommandNotFound');
    }
    const args = request['arguments'] ?? {};
    if (typeof args !== 'object' || args === null || Array.isArray(args)) {
      throw new QmpError("QMP input member 'arguments' must be an object");
    }
    const { machine, services } = this.parts;
    const result = runQmpCommand(machine, services, name, args as Json);
    this.negotiated = true;
    return result;
  }

  private event(name: string, data?: Json): void {
    if (!this.negotiated) return;
    const ms = this.parts.wallClock();
    const timestamp = { seconds: Math.floor(ms / 1000), microseconds: Math.floor((ms % 1000) * 1000) };
    this.send({ timestamp, event: name, ...(data && { data }) });
  }

  private send(value: Json): void {
    this.parts.send(`${JSON.stringify(value)}\r\n`);
  }
}

/** The command of a request. @throws QmpError for what is none */
function commandName(request: Json): string {
  for (const member of Object.keys(request)) {
    if (!['execute', 'arguments', 'id'].includes(member)) {
      throw new QmpError(`QMP input member '${member}' is unexpected`);
    }
  }
  const { execute } = request;
  if (execute === undefined) throw new QmpError("QMP input lacks member 'execute'");
  if (typeof execute !== 'string') throw new QmpError("QMP input member 'execute' must be a string");
  return execute;
}

function failure(error: QmpError): Json {
  return { error: { class: error.class, desc: error.message } };
}
