/** What `transvisor run` offers while the guest runs: gdb's stub, the monitor, QMP. */
import { type Client, type Listen, ListenError, listen } from '../host/line-server.ts';
import type { Machine } from '../index.ts';
import type { MonitorServices } from '../vmm/monitor/command.ts';
import { monitorServices } from './monitor-services.ts';
import type { RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const PROMPT = '(transvisor) ';
const utf8 = new TextEncoder();

/** @throws UsageError where there is more than one machine, and so none that a debugger could have */
export function requireNoServices(config: RunConfig): void {
  const options = { gdb: config.gdb, monitor: config.monitor, qmp: config.qmp, S: config.startHeld || undefined };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new UsageError(`-${name}: not with -accel verify, which runs two machines`);
  }
}

/** Starts what the configuration asks for. Returns what ends it. @throws UsageError where a place is taken */
export async function startServices(machine: Machine, config: RunConfig): Promise<() => void> {
  const ends: (() => void)[] = [];
  const endAll = () => {
    for (const end of ends) end();
  };
  const open = async (at: Listen, connected: (client: Client) => Session) => {
    try {
      ends.push(await listen(at, { connected }));
    } catch (error) {
      endAll();
      if (error instanceof ListenError) throw new UsageError(error.message);
      throw error;
    }
  };
  const services = monitorServices(config);
  ends.push(() => services.close());
  if (config.startHeld) machine.debug().interrupt();
  if (config.gdb !== undefined) {
    const { GdbStub } = await import('../vmm/gdb/stub.ts');
    const { runMonitorCommand } = await import('../vmm/monitor/commands.ts');
    await open(config.gdb, (client) => {
      const stub = new GdbStub({
        debug: machine.debug(),
        send: (text) => client.send(latin1(text)),
        monitor: (command) => runMonitorCommand(machine, command, services),
        kill: () => machine.stop(),
      });
      return { receive: (bytes) => stub.receive(bytes), closed: () => stub.closed() };
    });
  }
  if (config.monitor !== undefined) ends.push(...(await startMonitor(machine, services, config.monitor, open)));
  if (config.qmp !== undefined) ends.push(...(await startQmp(machine, services, config.qmp, open)));
  return endAll;
}

interface Session {
  receive(bytes: Uint8Array): void;
  closed(): void;
}

type Open = (at: Listen, connected: (client: Client) => Session) => Promise<void>;

async function startMonitor(
  machine: Machine,
  services: MonitorServices,
  at: Listen | { readonly kind: 'stdio' },
  open: Open,
): Promise<(() => void)[]> {
  const { runMonitorCommand } = await import('../vmm/monitor/commands.ts');
  const { LineReader } = await import('../vmm/monitor/line-reader.ts');
  const session = (send: (text: string) => void): Session => {
    const lines = new LineReader();
    send(PROMPT);
    return {
      receive(bytes) {
        for (const line of lines.read(bytes)) {
          const text = runMonitorCommand(machine, line, services);
          send(`${text === '' ? '' : `${text.trimEnd()}\n`}${PROMPT}`);
        }
      },
      closed() {},
    };
  };
  if (at.kind !== 'stdio') {
    await open(at, (client) => session((text) => client.send(utf8.encode(text))));
    return [];
  }
  return [onStandardInput(session((text) => void process.stdout.write(text)))];
}

async function startQmp(
  machine: Machine,
  services: MonitorServices,
  at: NonNullable<RunConfig['qmp']>,
  open: Open,
): Promise<(() => void)[]> {
  const { QmpSession } = await import('../vmm/qmp/qmp-session.ts');
  const session = (send: (text: string) => void) =>
    new QmpSession({ machine, services, send, wallClock: () => Date.now() });
  if (at.kind === 'stdio') return [onStandardInput(session((text) => void process.stdout.write(text)))];
  if (at.wait === true) machine.pause();
  await open(at, (client) => {
    machine.resume();
    return session((text) => client.send(utf8.encode(text)));
  });
  return [];
}

/** Gives a session what comes on standard input. Returns what ends that. */
function onStandardInput(session: Session): () => void {
  const listener = (chunk: Buffer) => session.receive(chunk);
  process.stdin.on('data', listener);
  return () => {
    process.stdin.off('data', listener);
    process.stdin.pause();
    session.closed();
  };
}
