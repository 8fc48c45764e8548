/**
 * Transvisor's library: virtual machines for IA-32 guests, on Node.
 *
 * @example
 * import { createMachine } from 'transvisor';
 * const machine = createMachine({ kernel, memory: 32 * 2 ** 20 });
 * machine.on('serial', ({ bytes }) => process.stdout.write(bytes));
 * const reason = await machine.run();
 * machine.dispose();
 */
import { nodeHost } from './host/node-host.ts';
import { Machine } from './vmm/machine.ts';
import type { MachineOptions } from './vmm/machine-options.ts';

export { PASS_NAMES } from './translator/passes/pass-names.ts';
export type { ClockOptions } from './vmm/clocks.ts';
export { CPU_NAMES } from './vmm/cpu-selection.ts';
export { type BlockBackend, type BlockDone, MemoryBackend, SECTOR_SIZE } from './vmm/devices/block-backend.ts';
export type { DriveSetup, MediumDrive } from './vmm/devices/disk-controllers.ts';
export type { Frame, Refresh } from './vmm/display/frame.ts';
export type { TextScreen } from './vmm/display/text-screen.ts';
export type { TranslatorOptions } from './vmm/engine.ts';
export type { MachineEvents, ResetCause, StateReport, StopReason } from './vmm/events.ts';
export type { HostServices } from './vmm/host-services.ts';
export type { InputEntry } from './vmm/input-log.ts';
export { LoadError } from './vmm/loaders/load-target.ts';
export type { Machine } from './vmm/machine.ts';
export type { EngineName, MachineOptions, MachineStats } from './vmm/machine-options.ts';
export { type AddressRange, LOG_ITEMS, type LogItem, type LogOptions } from './vmm/trace-log.ts';

/**
 * Builds a machine and loads what it boots; nothing runs before `run`.
 * @throws LoadError when an image cannot be booted
 * @throws RangeError when memory, clock or a port is out of range
 */
export function createMachine(options: MachineOptions): Machine {
  return new Machine({ host: nodeHost, ...options });
}
