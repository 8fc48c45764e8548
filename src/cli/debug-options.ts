/** Options of the debugger's stub and of the monitor: -s, -S, -gdb, -monitor, -qmp. */
import type { Listen } from '../host/line-server.ts';
import { type OptionSpec, parseNumber, shorten, splitCommas } from './parse-options.ts';
import type { RunConfig } from './run-config.ts';
import { UsageError } from './usage-error.ts';

const GDB_PORT = 1234;

/** `tcp::PORT`, `tcp:HOST:PORT`, `unix:PATH`; QEMU's further properties (server, wait, nodelay) mean nothing here. */
export function parseListen(text: string): Listen {
  const [place = '', ...properties] = splitCommas(text);
  for (const property of properties) {
    if (!/^(server|nowait|wait|nodelay)(=(on|off))?$/.test(property)) {
      throw new UsageError(`unknown property '${shorten(property)}'`);
    }
  }
  const tcp = /^tcp:([^:]*|\[[0-9a-fA-F:]+\]):(\d+)$/.exec(place);
  if (tcp !== null) {
    const host = (tcp[1] ?? '').replace(/[[\]]/g, '') || '127.0.0.1';
    return { kind: 'tcp', host, port: parseNumber(tcp[2] ?? '', 0, 65_535, 'port') };
  }
  if (/^unix:./.test(place)) return { kind: 'unix', path: place.slice(5) };
  throw new UsageError(`'${shorten(place)}': must be tcp::PORT, tcp:HOST:PORT or unix:PATH`);
}

function applyMonitor(config: RunConfig, text: string): void {
  if (text === 'none' || text === 'null') delete config.monitor;
  else config.monitor = text === 'stdio' ? { kind: 'stdio' } : parseListen(text);
}

/** As QEMU's: with server=on the guest waits for a client, unless wait=off. */
function applyQmp(config: RunConfig, text: string): void {
  if (text === 'none' || text === 'null') delete config.qmp;
  else if (text === 'stdio') config.qmp = { kind: 'stdio' };
  else {
    const properties = splitCommas(text).slice(1);
    const server = properties.includes('server') || properties.includes('server=on');
    const noWait = properties.some((each) => /^(nowait|wait=off)$/.test(each));
    config.qmp = { ...parseListen(text), wait: server && !noWait };
  }
}

export const DEBUG_OPTIONS: readonly OptionSpec<RunConfig>[] = [
  {
    name: 's',
    help: `the same as -gdb tcp::${GDB_PORT}`,
    apply: (c) => {
      c.gdb = { kind: 'tcp', host: '127.0.0.1', port: GDB_PORT };
    },
  },
  {
    name: 'S',
    help: 'the guest does not start before gdb or the monitor says so',
    apply: (c) => {
      c.startHeld = true;
    },
  },
  {
    name: 'gdb',
    value: 'tcp::PORT|unix:PATH',
    help: 'wait for gdb there (loopback only, unless a host is named)',
    apply: (c, v) => {
      if (v === 'none') delete c.gdb;
      else c.gdb = parseListen(v);
    },
  },
  {
    name: 'monitor',
    value: 'stdio|unix:PATH|tcp::PORT|none',
    help: "commands like QEMU's: info, x, stop, cont, quit; 'help' lists them",
    apply: applyMonitor,
  },
  {
    name: 'qmp',
    value: 'stdio|unix:PATH|tcp:HOST:PORT[,server=on,wait=off]|none',
    help: "QEMU's machine protocol for programs: JSON requests, answers and events",
    apply: applyQmp,
  },
];
