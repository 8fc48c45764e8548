/** What a report says of the machine it was made on. */
import { cpus, release, type } from 'node:os';
import type { HostFacts } from '../json.ts';

export function hostFacts(transvisor: string): HostFacts {
  const list = cpus();
  const processor = list[0]?.model ?? 'unknown';
  return { processor, cores: list.length, system: `${type()} ${release()}`, node: process.version, transvisor };
}
