/**
 * `--stats`: the machine's counters on standard error, as a table or as one
 * line of JSON (the last line, so that scripts can take it).
 */
import type { MachineStats } from '../index.ts';

export function printStats(stats: MachineStats, format: 'text' | 'json'): void {
  process.stderr.write(`${format === 'json' ? JSON.stringify(stats) : statsTable(stats)}\n`);
}

/** One counter a line, nested ones with dots: `callouts.cpuid 12`. */
export function statsTable(stats: MachineStats): string {
  const rows: [string, string][] = [];
  const collect = (prefix: string, value: unknown) => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) collect(prefix === '' ? key : `${prefix}.${key}`, inner);
    } else {
      rows.push([prefix, String(value)]);
    }
  };
  collect('', stats);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
