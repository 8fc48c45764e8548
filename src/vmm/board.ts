/**
 * The devices of a machine, wired to its processor, its memory and its listeners.
 *
 * What a device asks the machine for (reset, switching off) is only noted; it is done at the end of the slice.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { clearDeadline } from '../cpu/system/apic-msrs.ts';
import { ByteBatch } from './byte-batch.ts';
import type { GuestClock } from './clocks.ts';
import type { PendingBlocks } from './devices/block-queue.ts';
import { attachDebugExit } from './devices/debug-exit.ts';
import { attachParallelPort, PARALLEL_PORTS } from './devices/parallel-port.ts';
import { hostSource, repeatableSource } from './devices/virtio/virtio-entropy.ts';
import type { Emitter, MachineEvents, StopReason } from './events.ts';
import { describeBoard } from './firmware/direct-boot.ts';
import { configure } from './firmware/fw-cfg-items.ts';
import type { HostServices } from './host-services.ts';
import type { MachineOptions } from './machine-options.ts';
import { MappedVideoMemory } from './mapped-video-memory.ts';
import { createPlatform, type Platform } from './platform.ts';
import type { ShadowMemory } from './shadow-memory.ts';
import type { TraceLog } from './trace-log.ts';

/** What a device may ask the machine for. */
export type DeviceRequest = StopReason | 'guestReset';

export interface BoardParts {
  readonly options: MachineOptions;
  readonly host: HostServices;
  readonly clock: GuestClock;
  readonly cpu: Cpu;
  readonly shadow: ShadowMemory;
  readonly events: Emitter<MachineEvents>;
  readonly log: TraceLog;
  /** Counts the disk operations under way. */
  readonly pendingBlocks: PendingBlocks;
  readonly ask: (what: DeviceRequest) => void;
}

export interface Board {
  readonly platform: Platform;
  /** Bytes on their way out, to be flushed between slices. */
  readonly batches: readonly ByteBatch[];
}

/** Where the RTC of a deterministic machine starts: 2000-01-01T00:00:00Z. */
const FIXED_EPOCH = 946_684_800_000;
/** Physical pages from which on there is RAM again above the legacy area. */
const HIGH_RAM = 0x100;

/** Whether there is a display adapter. */
export function hasVga({ vga }: MachineOptions): boolean {
  return vga !== 'none';
}

/** Seconds since 1970 that the RTC shows at power-on. */
function rtcBase({ options, clock, host }: BoardParts): number {
  const start = clock.deterministic ? FIXED_EPOCH : host.wallClock() + (options.rtcOffset ?? 0);
  return Math.floor((options.rtcBase ?? start) / 1000);
}

export function buildBoard(parts: BoardParts): Board {
  const { options, clock, cpu, shadow, events, log, ask } = parts;
  const { memory } = cpu;
  const batches: ByteBatch[] = [];
  const batch = (sink: (bytes: Uint8Array) => void) => {
    const made = new ByteBatch(sink);
    batches.push(made);
    return made;
  };
  const unimplemented = (space: string) => (kind: string, address: number, size: number, value: number) => {
    if (!log.enabled('unimp')) return;
    const data = (value >>> 0).toString(16).padStart(size * 2, '0');
    log.write('unimp', `${space} ${kind} ${address.toString(16)} size ${size} value ${data}`);
  };
  const present = options.serialPorts ?? [0, 1];
  const platform = createPlatform({
    clock,
    ramSize: memory.ramSize,
    ...(hasVga(options) && { video: new MappedVideoMemory(memory, () => cpu.tlb) }),
    ...(options.videoBios && { videoBios: options.videoBios }),
    localApic: cpu.model.features.has('apic'),
    serialBackends: [0, 1].map((port) => {
      if (!present.includes(port)) return null;
      const made = batch((bytes) => events.emit('serial', { port, bytes }));
      return { write: (byte) => made.push(byte) };
    }),
    debugcons: (options.debugcons ?? []).map((port) => {
      const made = batch((bytes) => events.emit('debugcon', { port, bytes }));
      return { port, sink: (byte) => made.push(byte) };
    }),
    testDevice: options.testDevice ?? false,
    pciTestDevice: options.pciTestDevice ?? false,
    ...(options.entropyDevice === true && { entropy: clock.deterministic ? repeatableSource(1) : hostSource }),
    rtcBase: rtcBase(parts),
    onReset: () => ask('guestReset'),
    onPowerOff: () => ask({ kind: 'powerOff' }),
    setA20: (enabled) => {
      memory.a20Mask = enabled ? -1 : ~(1 << 20);
      cpu.tlb.dropAllDeltas();
      cpu.leaveBlock = true;
    },
    memory: {
      read: (address, length) => memory.readBytes(address, length),
      write: (address, bytes) => memory.writeBytes(address, bytes),
    },
    drives: options.drives ?? [],
    pendingBlocks: parts.pendingBlocks,
    ...(options.bootOrder !== undefined && { bootOrder: options.bootOrder }),
    setShadow: (start, size, mode) => shadow.set(start, size, mode),
    pins: {
      interrupt: (intr) => {
        cpu.interruptPending = intr;
        if (intr) cpu.leaveBlock = true;
      },
      nmi: () => {
        cpu.nmiPending = true;
        cpu.leaveBlock = true;
      },
      init: () => ask('guestReset'),
      deadlineOver: () => clearDeadline(cpu),
      apicMoved: (from, to) => {
        const pages = memory.ramSize >>> 12;
        const isRam = (page: number) => page < 0xa0 || (page >= HIGH_RAM && page < pages);
        const coverRam = (address: number | undefined, covered: boolean) => {
          const page = (address ?? 0xffff_f000) >>> 12;
          if (!isRam(page)) return;
          const ram = covered ? undefined : memory.storedPage(page);
          memory.mapPages(page, 1, ram, ram);
        };
        coverRam(from, false);
        coverRam(to, true);
      },
    },
    unimplementedIo: unimplemented('port'),
    unimplementedMmio: unimplemented('memory'),
  });
  PARALLEL_PORTS.forEach(({ base, irq }, port) => {
    if (options.parallelPorts?.includes(port) !== true) return;
    const made = batch((bytes) => events.emit('parallel', { port, bytes }));
    attachParallelPort(platform.io, base, platform.interrupts.line(irq), (byte) => made.push(byte));
  });
  for (const { port, size } of options.debugExits ?? []) {
    attachDebugExit(platform.io, port, size, (status) => ask({ kind: 'debugExit', status }));
  }
  configure(platform.fwCfg, { ...options, ramSize: memory.ramSize, board: describeBoard(platform) });
  for (const port of present) {
    const uart = port === 0 ? platform.uart1 : platform.uart2;
    if (uart !== undefined) uart.onCanReceive = () => events.emit('serialReady', { port });
  }
  return { platform, batches };
}
