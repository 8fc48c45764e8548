/**
 * The PC around the processor: every device, wired to its ports and interrupt
 * lines. It knows nothing of the processor: the machine reads and writes `io`
 * and `mmio`, watches `interrupts.intr`, runs the timers of the clock it gave, and obeys
 * the callbacks.
 */
import { A20Gate } from './devices/a20.ts';
import { PendingBlocks } from './devices/block-queue.ts';
import { createChipset, type ShadowControl } from './devices/chipset.ts';
import type { Clock } from './devices/clock.ts';
import { Cmos } from './devices/cmos.ts';
import { DEFAULT_BOOT_ORDER, setUpCmos } from './devices/cmos-setup.ts';
import { attachDebugExit } from './devices/debug-exit.ts';
import { attachDebugcon } from './devices/debugcon.ts';
import { createDiskControllers, type DiskControllers, type DriveSetup } from './devices/disk-controllers.ts';
import { Dma8237 } from './devices/dma8237.ts';
import { attachFpuError, FPU_IRQ } from './devices/fpu-error.ts';
import { FwCfg } from './devices/fw-cfg.ts';
import { type GuestMemory, NO_MEMORY } from './devices/guest-memory.ts';
import { I8042 } from './devices/i8042.ts';
import { InputPorts } from './devices/input-ports.ts';
import { InterruptControllers, type ProcessorPins } from './devices/interrupt-controllers.ts';
import type { IrqLine } from './devices/interrupt-line.ts';
import { IoBus, type UnimplementedHook } from './devices/io-bus.ts';
import { MmioBus } from './devices/mmio-bus.ts';
import type { PciBus } from './devices/pci-bus.ts';
import { createPciTestDevice } from './devices/pci-test-device.ts';
import type { Pic } from './devices/pic.ts';
import { Pit } from './devices/pit.ts';
import { Port61 } from './devices/port61.ts';
import { Port92 } from './devices/port92.ts';
import { Power, SCI_IRQ } from './devices/power.ts';
import type { Ps2Keyboard } from './devices/ps2-keyboard.ts';
import { attachQuietPorts } from './devices/quiet-ports.ts';
import { attachTestDevice } from './devices/test-device.ts';
import { type SerialBackend, Uart16550 } from './devices/uart16550.ts';
import { addVgaFunction } from './devices/vga/pci-vga.ts';
import { Vga } from './devices/vga/vga.ts';
import type { VideoMemory } from './devices/vga/video-memory.ts';
import { type EntropySource, VirtioEntropy } from './devices/virtio/virtio-entropy.ts';
import { createVirtioFunction } from './devices/virtio/virtio-pci.ts';

/** A debug console: each byte written to `port` goes to `sink`. */
export interface DebugconOptions {
  readonly port: number;
  sink(byte: number): void;
}

export interface PlatformOptions {
  readonly clock: Clock;
  /** Bytes of RAM, for the CMOS memory-size bytes. */
  readonly ramSize: number;
  /** COM1 and COM2; null or missing: no such port. */
  readonly serialBackends?: readonly (SerialBackend | null)[];
  readonly debugcons?: readonly DebugconOptions[];
  /** Whether there is the device of bare-metal unit tests. */
  readonly testDevice?: boolean;
  /** Whether there is the PCI device of such tests. */
  readonly pciTestDevice?: boolean;
  /** Where a virtio entropy device has its bytes from; absent: there is no such device. */
  readonly entropy?: EntropySource;
  readonly debugExit?: { readonly port: number; readonly size: number };
  /** What the RTC shows at power-on, seconds since 1970 (see rtcBaseSeconds). Default 2000-01-01. */
  readonly rtcBase?: number;
  /** The display adapter's memory; missing: there is no adapter. */
  readonly video?: VideoMemory;
  /** Its expansion ROM. */
  readonly videoBios?: Uint8Array;
  /** A guest's request to reset the machine; the machine then calls `reset` itself, at a boundary. */
  onReset(): void;
  onPowerOff(): void;
  /** The debug exit port was written; the argument is the exit status, (value << 1) | 1. */
  onDebugExit?(status: number): void;
  /** Address line 20 opens or closes. It is open at first. */
  setA20?(enabled: boolean): void;
  /** Whether the processor has a local APIC; then there is an I/O APIC, too. Default: no. */
  readonly localApic?: boolean;
  /** What the interrupt controllers do to the processor. */
  readonly pins?: Partial<ProcessorPins>;
  /** The host bridge switches a piece of the legacy area between ROM and RAM. */
  setShadow?: ShadowControl;
  /** What devices transfer to and from by themselves. */
  readonly memory?: GuestMemory;
  /** Drives with what is in them. */
  readonly drives?: readonly DriveSetup[];
  /** Counts the disk operations under way. */
  readonly pendingBlocks?: PendingBlocks;
  /** Letters as -boot takes them; see cmos-setup.ts. */
  readonly bootOrder?: string;
  /** Hears of accesses that no device decodes. */
  unimplementedIo?: UnimplementedHook;
  unimplementedMmio?: UnimplementedHook;
}

export interface Platform {
  readonly io: IoBus;
  readonly mmio: MmioBus;
  readonly interrupts: InterruptControllers;
  /** FERR#, by way of the latch that F0h clears. */
  readonly fpuError: IrqLine;
  readonly pic: Pic;
  readonly pit: Pit;
  readonly port61: Port61;
  readonly cmos: Cmos;
  readonly uart1: Uart16550 | undefined;
  readonly uart2: Uart16550 | undefined;
  readonly i8042: I8042;
  readonly keyboard: Ps2Keyboard;
  readonly a20: A20Gate;
  readonly port92: Port92;
  readonly dma: Dma8237;
  readonly pci: PciBus;
  readonly disks: DiskControllers;
  readonly fwCfg: FwCfg;
  readonly power: Power;
  /** The display adapter, if there is one. */
  readonly vga: Vga | undefined;
  /** Where keys and movements of the mouse come in. */
  readonly inputPorts: InputPorts;
  /** The reset line: every device to its power-on state. Time, CMOS RAM and video memory stay. */
  reset(): void;
}

/** Base port and IRQ of COM1 and COM2. */
const SERIAL_PORTS = [
  { base: 0x3f8, irq: 4 },
  { base: 0x2f8, irq: 3 },
] as const;

const DEFAULT_RTC_BASE = Date.UTC(2000, 0, 1) / 1000;

/**
 * Builds the devices and puts them on the buses.
 * @throws RangeError for a debug console or exit port outside 0..FFFFh.
 */
export function createPlatform(options: PlatformOptions): Platform {
  const { clock } = options;
  const onReset = () => options.onReset();
  const io = new IoBus(options.unimplementedIo);
  const mmio = new MmioBus(options.unimplementedMmio);
  const { pins = {} } = options;
  const interrupts = new InterruptControllers(clock, options.localApic ?? false, {
    interrupt: (intr) => pins.interrupt?.(intr),
    nmi: () => pins.nmi?.(),
    init: () => pins.init?.(),
    deadlineOver: () => pins.deadlineOver?.(),
    apicMoved: (from, to) => pins.apicMoved?.(from, to),
  });
  const pit = new Pit(clock, interrupts.line(0));
  const port61 = new Port61(clock, pit);
  const cmos = new Cmos(clock, interrupts.line(8), options.rtcBase ?? DEFAULT_RTC_BASE);
  cmos.setMemorySize(options.ramSize);
  const a20 = new A20Gate((enabled) => options.setA20?.(enabled));
  const port92 = new Port92(a20, onReset);
  const i8042 = new I8042({ clock, keyboardIrq: interrupts.line(1), auxIrq: interrupts.line(12), a20, onReset });
  const memory = options.memory ?? NO_MEMORY;
  const dma = new Dma8237(memory);
  const fwCfg = new FwCfg(memory);
  const power = new Power(clock, () => options.onPowerOff(), interrupts.line(SCI_IRQ));
  const pci = createChipset({
    io,
    mmio,
    power,
    lineOf: (irq) => interrupts.line(irq),
    setShadow: (start, size, mode) => options.setShadow?.(start, size, mode),
    onReset,
  });
  // First of all that look for a place on the bus.
  const vga = options.video === undefined ? undefined : new Vga(clock, options.video);
  if (vga !== undefined) addVgaFunction(pci, vga, options.videoBios);
  const disks = createDiskControllers({
    clock,
    io,
    pci,
    dma,
    memory,
    lineOf: (irq) => interrupts.line(irq),
    pending: options.pendingBlocks ?? new PendingBlocks(),
    drives: options.drives ?? [],
  });
  setUpCmos(cmos, disks.floppyTypes, options.bootOrder ?? DEFAULT_BOOT_ORDER);
  const uarts = SERIAL_PORTS.map(({ base, irq }, i) => {
    const backend = options.serialBackends?.[i];
    if (backend === undefined || backend === null) {
      return undefined;
    }
    const uart = new Uart16550(clock, interrupts.line(irq), backend);
    uart.attach(io, base);
    return uart;
  });

  interrupts.attach(io, mmio);
  for (const device of [pit, port61, cmos, port92, i8042, dma, power, fwCfg]) {
    device.attach(io);
  }
  vga?.attach(io, mmio);
  attachQuietPorts(io);
  const fpuError = interrupts.line(FPU_IRQ);
  attachFpuError(io, fpuError);
  if (options.testDevice === true) attachTestDevice(io, mmio, interrupts);
  if (options.entropy !== undefined) pci.addNext(createVirtioFunction(new VirtioEntropy(memory, options.entropy)));
  if (options.pciTestDevice === true) pci.addNext(createPciTestDevice());
  // Last, so that a port chosen on the command line wins over what was there.
  for (const { port, sink } of options.debugcons ?? []) {
    attachDebugcon(io, port, sink);
  }
  if (options.debugExit !== undefined) {
    attachDebugExit(io, options.debugExit.port, options.debugExit.size, (status) => options.onDebugExit?.(status));
  }

  return {
    io,
    mmio,
    interrupts,
    fpuError,
    pic: interrupts.pic,
    pit,
    port61,
    cmos,
    uart1: uarts[0],
    uart2: uarts[1],
    i8042,
    keyboard: i8042.keyboard,
    a20,
    port92,
    dma,
    pci,
    disks,
    fwCfg,
    power,
    vga,
    inputPorts: new InputPorts(clock, i8042.keyboard, i8042.mouse),
    reset() {
      for (const uart of uarts) {
        uart?.reset();
      }
      for (const device of [pit, port61, cmos, a20, port92, i8042, dma, disks, fwCfg, pci, power, interrupts]) {
        device.reset();
      }
      vga?.reset();
    },
  };
}
