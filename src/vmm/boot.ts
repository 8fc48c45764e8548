/**
 * Starts the machine: firmware mapped once, and at every reset the processor in
 * its reset state or, with a kernel given, in the state its boot protocol asks for.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { ATTR_MASK, descriptorBase, descriptorLimit } from '../cpu/descriptors.ts';
import * as L from '../cpu/layout.ts';
import type { PhysicalMemory } from '../cpu/physical-memory.ts';
import {
  CR0_ET,
  CR0_PE,
  CS,
  DS,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ES,
  ESI,
  ESP,
  FLAGS_FIXED,
  FS,
  GS,
  SS,
} from '../cpu/registers.ts';
import { resetCpu } from '../cpu/system/reset.ts';
import { prepareDirectBoot } from './firmware/direct-boot.ts';
import { loadKernel } from './loaders/kernel.ts';
import type { EntryState, GdtEntryState, RomTarget } from './loaders/load-target.ts';
import type { MultibootModule } from './loaders/multiboot.ts';
import { loadRom } from './loaders/rom.ts';
import type { Platform } from './platform.ts';
import type { ShadowMemory } from './shadow-memory.ts';

/** What there is to boot; nothing at all runs whatever memory holds at the reset vector. */
export interface BootFiles {
  readonly kernel?: Uint8Array;
  readonly kernelName?: string;
  readonly initrd?: Uint8Array;
  readonly initrdName?: string;
  /** Modules of a Multiboot kernel, instead of `initrd`. */
  readonly modules?: readonly MultibootModule[];
  readonly append?: string;
  /** Whether there are ACPI tables. Default true. */
  readonly acpi?: boolean;
  readonly bios?: Uint8Array;
  readonly biosName?: string;
}

/** Maps the ROM image, if there is one. Once in a machine's life. @throws LoadError */
export function mapFirmware(memory: PhysicalMemory, shadow: ShadowMemory, files: BootFiles): void {
  if (files.bios === undefined) return;
  const target: RomTarget = {
    ramSize: memory.ramSize,
    storeRom: (bytes) => memory.storeRom(bytes),
    mapHigh: (address, stored, size) => memory.mapPages(address >>> 12, size >>> 12, stored, undefined),
    mapLegacy: (address, stored, size) => shadow.placeRom(address, stored, size),
  };
  loadRom(target, files.bios, files.biosName ?? 'bios');
}

/** Puts the processor into its starting state and loads the kernel. @throws LoadError */
export function boot(cpu: Cpu, platform: Platform, files: BootFiles): void {
  const { memory } = cpu;
  resetCpu(cpu);
  if (files.kernel === undefined) return;
  // With firmware, what it leaves behind is its own affair.
  if (files.bios === undefined) prepareDirectBoot(platform, memory, cpu.model, files.acpi);
  const initrd = files.initrd === undefined ? [] : [{ bytes: files.initrd, name: files.initrdName ?? 'initrd' }];
  const modules = files.modules ?? initrd;
  const state = loadKernel(
    { ramSize: memory.ramSize, writePhysical: (address, bytes) => memory.writeBytes(address, bytes) },
    { kernel: files.kernel, kernelName: files.kernelName ?? 'kernel', append: files.append ?? '', modules },
  );
  enter(cpu, memory, state);
}

/** Loads the registers for the kernel's first instruction. */
function enter(cpu: Cpu, memory: PhysicalMemory, state: EntryState): void {
  const { gdt } = state;
  if (state.mode === 'reset' || gdt === undefined) return;
  cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_ET;
  cpu.s32[L.GDTR_BASE >> 2] = gdt.base | 0;
  cpu.s32[L.GDTR_LIMIT >> 2] = gdt.limit;
  loadFlat(cpu, memory, gdt, CS, gdt.codeSelector);
  for (const seg of [ES, SS, DS, FS, GS]) loadFlat(cpu, memory, gdt, seg, gdt.dataSelector);
  const registers: readonly (readonly [number, number])[] = [
    [EAX, state.eax],
    [ECX, state.ecx],
    [EDX, state.edx],
    [EBX, state.ebx],
    [ESP, state.esp],
    [EBP, state.ebp],
    [ESI, state.esi],
    [EDI, state.edi],
  ];
  for (const [register, value] of registers) cpu.gpr[register] = value | 0;
  cpu.eflags = FLAGS_FIXED;
  cpu.eip = state.eip | 0;
  cpu.setCpl(0);
}

/** Loads a segment cache from the loader's own descriptor table. */
function loadFlat(cpu: Cpu, memory: PhysicalMemory, gdt: GdtEntryState, seg: number, selector: number): void {
  const low = memory.read32(gdt.base + selector);
  const high = memory.read32(gdt.base + selector + 4);
  cpu.setSegment(seg, selector, descriptorBase(low, high), descriptorLimit(low, high), high & ATTR_MASK);
}
