/**
 * What the options of `transvisor run` add up to, before any file is opened.
 */

import type { Listen } from '../host/line-server.ts';
import type { AddressRange, LogItem } from '../index.ts';
import type { CodeGenerator } from '../translator/region.ts';
import type { VerifyOptions } from '../vmm/verify/windows.ts';

/** Where a character device goes. */
export type CharTarget =
  | { readonly kind: 'stdio' /** Ctrl-A commands, and Ctrl-C goes to the guest. */; readonly mux: boolean }
  | { readonly kind: 'file'; readonly path: string }
  /** The device is there; its bytes go nowhere. */
  | { readonly kind: 'null' }
  /** No device. */
  | { readonly kind: 'none' }
  | { readonly kind: 'chardev'; readonly id: string };

export interface DebugconConfig {
  iobase: number;
  target: CharTarget;
}

export interface DebugExitConfig {
  iobase: number;
  iosize: number;
}

/** A drive as the options describe it. */
export interface DriveConfig {
  readonly interface: 'ide' | 'floppy' | 'virtio';
  readonly media: 'disk' | 'cdrom' | 'floppy' | 'virtio';
  /** Absent: nothing is in it. */
  readonly file?: string;
  /** Absent: the first free place. */
  readonly index?: number;
  readonly readOnly: boolean;
  /** Absent: as -snapshot says. */
  readonly snapshot?: boolean;
  /** format=raw was given. */
  readonly formatGiven: boolean;
}

export interface RunConfig {
  memory: number;
  kernel?: string;
  initrd?: string;
  append: string;
  bios?: string;
  /** Folders with firmware, before the usual ones. */
  firmwareFolders: string[];
  drives: DriveConfig[];
  /** Images are not written to. */
  snapshot: boolean;
  /** Letters of -boot. */
  bootOrder?: string;
  bootMenu?: boolean;
  /** COM1, COM2 as given with -serial; empty: the default. */
  serials: CharTarget[];
  /** LPT1 to LPT3 as given with -parallel; empty: none. */
  parallels: CharTarget[];
  nographic: boolean;
  /** Only devices that the command line names. */
  noDefaults: boolean;
  /** Where the screen is shown; absent: nowhere, and COM1 is on the terminal in its place. */
  display?: 'none' | 'curses';
  vga: 'std' | 'none';
  chardevs: Map<string, CharTarget>;
  debugcons: DebugconConfig[];
  debugExits: DebugExitConfig[];
  /** The device of bare-metal unit tests. */
  testDevice: boolean;
  pciTestDevice: boolean;
  /** A virtio entropy device. */
  entropyDevice: boolean;
  /** Whether a kernel finds ACPI tables. */
  acpi: boolean;
  accel: 'interpret' | 'translate';
  /** Compare two machines, in these windows. */
  verify?: VerifyOptions;
  cpu?: string;
  icountShift?: number;
  noReboot: boolean;
  /** Milliseconds since 1970 at which the RTC starts; absent: the host's time. */
  rtcBase?: number;
  rtcLocal: boolean;
  logItems: LogItem[];
  logFile?: string;
  logRanges: AddressRange[];
  maxInstructions?: number;
  stats?: 'text' | 'json';
  /** Where a profile goes: a file; '' for standard error. */
  profile?: string;
  disabledPasses: string[];
  chain: boolean;
  maxRegion?: number;
  /** Turns of the low tier; 0: no low tier. */
  hotTurns?: number;
  codeGenerator?: CodeGenerator;
  compileThreads?: number;
  /** Input logs to replay and to write. */
  input?: string;
  recordInput?: string;
  hashEvery?: number;
  /** Where gdb is waited for. */
  gdb?: Listen;
  /** The guest waits for the debugger or the monitor. */
  startHeld: boolean;
  monitor?: Listen | { readonly kind: 'stdio' };
  /** Where a client of QMP is waited for; `wait`: the guest waits for it, too. */
  qmp?: (Listen | { readonly kind: 'stdio' }) & { readonly wait?: boolean };
}

/** The configuration of a command line without options. */
export function defaultConfig(): RunConfig {
  return {
    memory: 128 * 2 ** 20,
    append: '',
    firmwareFolders: [],
    drives: [],
    snapshot: false,
    serials: [],
    parallels: [],
    nographic: false,
    noDefaults: false,
    vga: 'std',
    chardevs: new Map(),
    debugcons: [],
    debugExits: [],
    testDevice: false,
    pciTestDevice: false,
    entropyDevice: false,
    acpi: true,
    accel: 'translate',
    startHeld: false,
    noReboot: false,
    rtcLocal: false,
    logItems: [],
    logRanges: [],
    disabledPasses: [],
    chain: true,
  };
}
