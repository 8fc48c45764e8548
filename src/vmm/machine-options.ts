/**
 * What a machine is made from, and what it counts.
 */
import type { ClockOptions } from './clocks.ts';
import type { DriveSetup } from './devices/disk-controllers.ts';
import type { EngineStats, TranslatorOptions } from './engine.ts';
import type { HostServices } from './host-services.ts';
import type { InputEntry } from './input-log.ts';
import type { LogOptions } from './trace-log.ts';

/** `switching` is translated, and interpreted from where it is told to: the reference of a verification. */
export type EngineName = 'interpret' | 'translate' | 'switching';

/** The engine of a machine that is not told which. */
export const DEFAULT_ENGINE: EngineName = 'translate';

export interface MachineOptions {
  /** Bytes of RAM: 1 MiB to 2 GiB, a multiple of 4096. Default 128 MiB. */
  readonly memory?: number;
  /** A Linux bzImage or a Multiboot 1 ELF image. */
  readonly kernel?: Uint8Array;
  /** What to call the kernel in messages and to a Multiboot guest. */
  readonly kernelName?: string;
  /** The initial RAM disk (bzImage), or the first module (Multiboot). */
  readonly initrd?: Uint8Array;
  readonly initrdName?: string;
  /** Modules of a Multiboot kernel, instead of `initrd`; each name is the module's string. */
  readonly modules?: readonly { readonly bytes: Uint8Array; readonly name: string }[];
  /** The kernel's command line. */
  readonly append?: string;
  /** A ROM image of up to 8 MiB, entered at the reset vector when there is no kernel. */
  readonly bios?: Uint8Array;
  readonly biosName?: string;
  /** The display adapter: a VGA with the Bochs VBE interface, or none. Default `std`. */
  readonly vga?: 'std' | 'none';
  /** The display adapter's BIOS: its expansion ROM on the PCI bus. */
  readonly videoBios?: Uint8Array;
  /** Disks, CD-ROM and diskette drives, each with what is in it. */
  readonly drives?: readonly DriveSetup[];
  /** What firmware boots from, in order: a diskette, c disk, d CD-ROM, n network. Default `cad`. */
  readonly bootOrder?: string;
  /** Whether firmware waits for a key that opens its menu of boot devices. Default false. */
  readonly bootMenu?: boolean;
  /** Default `translate`. */
  readonly engine?: EngineName;
  /** Processor model as QEMU's -cpu names it, with features: `pentium3,-sse` (docs/cpu-models.md). Default: `transvisor32`. */
  readonly cpu?: string;
  /** Default: real time. */
  readonly clock?: ClockOptions;
  /** Milliseconds since 1970 that the RTC shows at power-on. Default: the host's time; in deterministic mode 2000-01-01. */
  readonly rtcBase?: number;
  /** Added to the host's time where that is the RTC's base, in milliseconds: the host's time zone. */
  readonly rtcOffset?: number;
  /** End instead of resetting. Default false. */
  readonly noReboot?: boolean;
  /** End after this many retired instructions. */
  readonly maxInstructions?: number;
  /** Which serial ports exist: 0 is COM1, 1 is COM2. Default both. */
  readonly serialPorts?: readonly number[];
  /** Which parallel ports exist, with a printer: 0 is LPT1, to 2. Default none; what is printed comes as `parallel` events. */
  readonly parallelPorts?: readonly number[];
  /** Ports with a debug console; bytes come as `debugcon` events. */
  readonly debugcons?: readonly number[];
  /** The device of bare-metal unit tests, as QEMU's pc-testdev. Default: none. */
  readonly testDevice?: boolean;
  /** QEMU's pci-testdev. Default: none. */
  readonly pciTestDevice?: boolean;
  /** A virtio entropy device; in deterministic time it gives the same bytes each time. */
  readonly entropyDevice?: boolean;
  /** Whether a kernel that is booted directly, or firmware, finds ACPI tables. Default true. */
  readonly acpi?: boolean;
  /** isa-debug-exit devices. */
  readonly debugExits?: readonly { readonly port: number; readonly size: number }[];
  /** What is typed, and when, instead of by `sendSerial`: deterministic machines only. */
  readonly input?: readonly InputEntry[];
  /** Tell the state's hash each time that so many instructions have retired (`hash` events): deterministic machines only. */
  readonly hashEvery?: number;
  readonly log?: LogOptions;
  readonly translator?: TranslatorOptions;
  /** The platform that hosts the machine. Default: Node. */
  readonly host?: HostServices;
}

/** Counters at some moment. Times in milliseconds. */
export interface MachineStats {
  /** The engine's name. */
  readonly engine: EngineName;
  /** Instructions retired, by engine and together. */
  readonly retired: { readonly total: number; readonly [engine: string]: number };
  /** Guest time since power-on. */
  readonly guestMs: number;
  /** Host time since `run` was called. */
  readonly hostMs: number;
  /** Of that, time in slices: running the guest, its devices, and what the engine does on this thread. */
  readonly runMs: number;
  /** Longest time that the thread was held without a turn of the event loop. */
  readonly longestSliceMs: number;
  readonly slices: number;
  readonly tlb: { readonly misses: number; readonly flushes: number };
  /** External interrupts delivered. */
  readonly interrupts: number;
  readonly resets: number;
  /** The engine's own counters. */
  readonly counters: EngineStats;
}
