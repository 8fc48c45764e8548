/**
 * `transvisor run`: opens what the options name, boots the machine, connects
 * it to the terminal and files, and turns its end into an exit status.
 */
import { createOutput, readImage } from '../host/files.ts';
import { tryWriting } from '../host/whole-file.ts';
import type { LogOptions, Machine, MachineOptions, StopReason } from '../index.ts';
import type { DriveSetup } from '../vmm/devices/disk-controllers.ts';
import type { VerifyOptions } from '../vmm/verify/windows.ts';
import { type CharSinks, openSinks, resolveTarget } from './char-sinks.ts';
import { requireNoServices, startServices } from './debug-services.ts';
import { type Firmware, openDrives, openFirmware, openVideoBios } from './drives.ts';
import { openInitrd } from './initrd.ts';
import { parseOptions } from './parse-options.ts';
import { type CharTarget, defaultConfig, type RunConfig } from './run-config.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { readInputLog, recordRun, requireDeterminism, requireNoRecords } from './run-record.ts';
import { printStats } from './stats-report.ts';
import { EXIT_LIMIT, EXIT_OK, EXIT_TRIPLE_FAULT, UsageError } from './usage-error.ts';

/** The clock of a verification that is not told one. */
const VERIFY_SHIFT = 1;
/** Chunks of typed input that may wait for the guest. */
const MAX_WAITING = 64;

/** Runs a guest to its end and returns the exit status. @throws UsageError, FileError, LoadError */
export async function run(args: readonly string[]): Promise<number> {
  const config = defaultConfig();
  parseOptions(args, RUN_OPTIONS, config);
  return runConfig(config, ['run', ...args]);
}

/** The same, with the options already taken apart; `command` is the whole command line. */
export async function runConfig(config: RunConfig, command: readonly string[]): Promise<number> {
  const serials = serialTargets(config).map((target) => resolveTarget(config, target));
  const parallels = config.parallels.map((target) => resolveTarget(config, target));
  const debugcons = config.debugcons.map((d) => ({ iobase: d.iobase, target: resolveTarget(config, d.target) }));
  if (config.verify !== undefined) {
    config.icountShift ??= VERIFY_SHIFT;
    requireNoServices(config);
    requireNoRecords(config);
    requireNoDrives(config);
  }
  requireDeterminism(config);
  const targets = [...serials, ...debugcons.map((d) => d.target)];
  const curses = config.display === 'curses' ? await import('./curses-display.ts') : undefined;
  curses?.requireTerminal(config, targets);
  if (config.profile !== undefined && config.profile !== '') tryWriting(config.profile);
  const firmware = openFirmware(config);
  const log = logOptions(config);
  const drives = config.verify === undefined ? openDrives(config) : { drives: [], close() {} };
  const options = machineOptions(config, serials, log.options, firmware, drives.drives);
  if (config.verify !== undefined) {
    try {
      return await verifyRun(config.verify, options, command, serials);
    } finally {
      log.close();
    }
  }
  let machine: Machine;
  try {
    machine = await buildMachine(options);
  } catch (error) {
    drives.close();
    throw error;
  }
  let sinks: CharSinks;
  try {
    const user = terminalUser(machine, serials, (paused) => sinks.terminal?.pauseInput(paused));
    sinks = openSinks([...serials, ...parallels, ...debugcons.map((d) => d.target)], user);
  } catch (error) {
    machine.dispose();
    drives.close();
    throw error;
  }
  let endRecord = () => {};
  let endServices = () => {};
  let endDisplay = () => {};
  const signals = onSignals(() => machine.stop());
  try {
    endRecord = recordRun(machine, config, log.say);
    connect(machine, sinks, serials, parallels, debugcons);
    endServices = await startServices(machine, config);
    if (curses !== undefined) endDisplay = curses.startCurses(machine);
    const recording = config.profile === undefined ? undefined : await profileRun(machine, options, config.profile);
    const reason = await machine.run();
    endDisplay();
    endServices();
    sinks.close();
    await recording?.finish();
    report(reason);
    if (config.stats !== undefined) printStats(machine.stats(), config.stats);
    return exitStatus(reason, signals.received());
  } finally {
    signals.remove();
    endDisplay();
    endServices();
    endRecord();
    sinks.close();
    machine.dispose();
    drives.close();
    log.close();
  }
}

async function profileRun(machine: Machine, options: MachineOptions, file: string) {
  const { recordProfile } = await import('./profile/record.ts');
  return recordProfile(machine, options, file);
}

/** @throws UsageError for drives, which two machines cannot share */
function requireNoDrives(config: RunConfig): void {
  if (config.drives.length > 0) throw new UsageError('disks: not with -accel verify');
}

/** Verification takes no typed input but an input log's. */
async function verifyRun(
  windows: VerifyOptions,
  options: MachineOptions,
  command: readonly string[],
  serials: readonly CharTarget[],
): Promise<number> {
  const sinks = openSinks(serials, { onInput: () => {}, onQuit: () => process.exit(EXIT_OK), onBusy: () => {} });
  const writers = serials.map((target) => sinks.writer(target));
  try {
    const { verify } = await import('./verify.ts');
    return await verify({
      options,
      verify: windows,
      command,
      serial: (port, bytes) => writers[port]?.(bytes),
      say: (line) => void process.stderr.write(`${line}\n`),
    });
  } finally {
    sinks.close();
  }
}

/**
 * The options are checked; what can still be out of range is what this host can
 * give. The monitor is loaded only now: bad use need not wait for it.
 */
async function buildMachine(options: MachineOptions): Promise<Machine> {
  const { createMachine } = await import('../index.ts');
  try {
    return createMachine(options);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`this machine cannot be made here: ${error.message}`);
    throw error;
  }
}

/** COM1 is on the terminal when asked for, or when nothing else was. */
function serialTargets(config: RunConfig): CharTarget[] {
  if (config.serials.length > 0) {
    // As in QEMU, -nographic makes stdio the multiplexed one.
    return config.serials.map((t) => (t.kind === 'stdio' && config.nographic ? { kind: 'stdio', mux: true } : t));
  }
  if (config.nographic) return [{ kind: 'stdio', mux: true }];
  if (config.noDefaults) return [];
  // No display stands for COM1 here: it is on the terminal unless a debug console is.
  const taken =
    config.display !== undefined || config.debugcons.some((d) => resolveTarget(config, d.target).kind === 'stdio');
  return [taken ? { kind: 'null' } : { kind: 'stdio', mux: true }];
}

function machineOptions(
  config: RunConfig,
  serials: readonly CharTarget[],
  log: LogOptions | undefined,
  firmware: Firmware | undefined,
  drives: readonly DriveSetup[],
): MachineOptions {
  const { memory } = config;
  const localOffset = config.rtcLocal ? new Date().getTimezoneOffset() * -60_000 : 0;
  const memoryText = `the machine's memory of ${memory / 2 ** 20} MiB`;
  const kernel = config.kernel === undefined ? undefined : readImage(config.kernel, memory, memoryText);
  const videoBios = openVideoBios(config);
  return {
    memory,
    ...(kernel && { kernel }),
    ...(firmware && { bios: firmware.image, biosName: firmware.name }),
    ...(videoBios && { videoBios }),
    drives,
    ...(config.bootOrder !== undefined && { bootOrder: config.bootOrder }),
    bootMenu: config.bootMenu === true,
    ...openInitrd(config.initrd, kernel, memory, memoryText),
    append: config.append,
    ...(config.kernel !== undefined && { kernelName: config.kernel }),
    acpi: config.acpi,
    engine: config.accel,
    ...(config.cpu !== undefined && { cpu: config.cpu }),
    clock:
      config.icountShift === undefined ? { kind: 'realtime' } : { kind: 'deterministic', shift: config.icountShift },
    ...(config.input !== undefined && { input: readInputLog(config.input) }),
    ...(config.hashEvery !== undefined && { hashEvery: config.hashEvery }),
    ...(config.rtcBase !== undefined && { rtcBase: config.rtcBase }),
    rtcOffset: localOffset,
    vga: config.vga,
    noReboot: config.noReboot,
    ...(config.maxInstructions !== undefined && { maxInstructions: config.maxInstructions }),
    serialPorts: serials.flatMap((target, port) => (target.kind === 'none' ? [] : [port])),
    parallelPorts: config.parallels.flatMap((target, port) => (target.kind === 'none' ? [] : [port])),
    debugcons: [...new Set(config.debugcons.map((d) => d.iobase))],
    testDevice: config.testDevice,
    pciTestDevice: config.pciTestDevice,
    entropyDevice: config.entropyDevice,
    debugExits: config.debugExits.map((d) => ({ port: d.iobase, size: d.iosize })),
    ...(log && { log }),
    translator: {
      disabledPasses: config.disabledPasses,
      chain: config.chain,
      ...(config.maxRegion !== undefined && { maxRegion: config.maxRegion }),
      ...(config.stats !== undefined && { countChains: true }),
      ...(config.hotTurns !== undefined && { hotTurns: config.hotTurns }),
      ...(config.codeGenerator !== undefined && { codeGenerator: config.codeGenerator }),
      ...(config.compileThreads !== undefined && { compileThreads: config.compileThreads }),
      ...(config.profile !== undefined && { names: true }),
    },
  };
}

interface Log {
  /** Absent where no item is logged. */
  readonly options: LogOptions | undefined;
  say(line: string): void;
  close(): void;
}

function logOptions(config: RunConfig): Log {
  const file = config.logFile === undefined ? undefined : createOutput(config.logFile);
  const encoder = new TextEncoder();
  const say = file
    ? (line: string) => file.write(encoder.encode(`${line}\n`))
    : (line: string) => void process.stderr.write(`${line}\n`);
  const options =
    config.logItems.length === 0 ? undefined : { items: config.logItems, ranges: config.logRanges, write: say };
  return { options, say, close: () => file?.close() };
}

/** Keys go to the first serial port that reads the terminal; what it does not take at once waits here. */
function terminalUser(machine: Machine, serials: readonly CharTarget[], flow: (paused: boolean) => void) {
  const port = serials.findIndex((target) => target.kind === 'stdio');
  let waiting: Uint8Array[] = [];
  const push = () => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const taken = machine.sendSerial(first, port);
      if (taken < first.length) {
        waiting[0] = first.subarray(taken);
        break;
      }
      waiting.shift();
    }
    flow(waiting.length > 0);
  };
  machine.on('serialReady', push);
  return {
    onInput(bytes: Uint8Array) {
      // A guest that never reads must not let typed input pile up.
      if (port < 0 || waiting.length > MAX_WAITING) return;
      waiting = [...waiting, bytes];
      push();
    },
    onQuit: () => machine.stop(),
    onBusy: (busy: boolean) => (busy ? machine.pause() : machine.resume()),
  };
}

function connect(
  machine: Machine,
  sinks: CharSinks,
  serials: readonly CharTarget[],
  parallels: readonly CharTarget[],
  debugcons: readonly { readonly iobase: number; readonly target: CharTarget }[],
): void {
  const serialWriters = serials.map((target) => sinks.writer(target));
  machine.on('serial', ({ port, bytes }) => serialWriters[port]?.(bytes));
  machine.on('parallel', ({ port, bytes }) => {
    const target = parallels[port];
    if (target !== undefined) sinks.writer(target)?.(bytes);
  });
  machine.on('debugcon', ({ port, bytes }) => {
    for (const d of debugcons) if (d.iobase === port) sinks.writer(d.target)?.(bytes);
  });
}

function report(reason: StopReason): void {
  const say = (text: string) => process.stderr.write(`transvisor: ${text}\n`);
  switch (reason.kind) {
    case 'powerOff':
      return void say('the guest powered off');
    case 'haltedForEver':
      return void say('the guest halted for ever (HLT with interrupts disabled)');
    case 'reset':
      return void say('the guest asked for a reset (-no-reboot)');
    case 'instructionLimit':
      return void say(`stopped after ${reason.retired} instructions (--max-instructions)`);
    case 'tripleFault':
      return void say(`triple fault (-no-reboot)\n${reason.report.text}`);
    case 'inputUnreached':
      return void say(
        `the guest waits for input after ${reason.retired} instructions; the input log goes on at ${reason.next}`,
      );
    default:
      return;
  }
}

function exitStatus(reason: StopReason, signal: number): number {
  if (reason.kind === 'debugExit') return reason.status & 0xff;
  if (reason.kind === 'tripleFault') return EXIT_TRIPLE_FAULT;
  if (reason.kind === 'instructionLimit') return EXIT_LIMIT;
  return signal === 0 ? EXIT_OK : 128 + signal;
}

/** Ends the machine, and so the process, in order when the host asks. */
function onSignals(stop: () => void) {
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  let received = 0;
  const listeners = Object.entries(numbers).map(([name, number]) => {
    const listener = () => {
      received = number;
      stop();
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    received: () => received,
    remove() {
      for (const off of listeners) off();
    },
  };
}
