/** What the host's processor is called. */
import { readFileSync } from 'node:fs';

/** One line: "AMD EPYC (AuthenticAMD family 26 model 2 stepping 1)". */
export function processorName(cpuinfo: string = readFileSync('/proc/cpuinfo', 'latin1')): string {
  const field = (name: string) =>
    new RegExp(`^${name}\\s*:\\s*(\\S.*?)\\s*$`, 'm')
      .exec(cpuinfo)?.[1]
      ?.replace(/[^ -~]/g, '')
      .slice(0, 100) ?? 'unknown';
  const of = ['cpu family', 'model', 'stepping'].map((name) => `${name.replace('cpu ', '')} ${field(name)}`).join(' ');
  return `${field('model name')} (${field('vendor_id')} ${of})`;
}

/** A processor's name as that of a folder. */
export function folderOf(processor: string): string {
  return processor
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
