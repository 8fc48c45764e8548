/** A profile as text, and what text and HTML have in common. */
import type { MachineStats } from '../../index.ts';
import type { Profile } from './profile.ts';

/** Regions that are shown with their code. */
export const SHOWN_REGIONS = 20;
const SHOWN_HANDLERS = 20;

/** A region's code as it was translated. */
export interface RegionCode {
  readonly title: string;
  readonly guest: string;
  readonly ir: string;
  readonly wat: string;
}

export interface ProfileParts {
  readonly profile: Profile;
  readonly stats: MachineStats;
  /** By region; of some nothing is known any more. */
  readonly code: ReadonlyMap<number, RegionCode>;
}

export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  /** Name first, then figures. */
  readonly rows: readonly (readonly string[])[];
}

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** The tables of a report. */
export function sections({ profile, stats, code }: ProfileParts): Section[] {
  const share = (value: number) => `${((100 * value) / Math.max(profile.total, 1e-9)).toFixed(1)}%`;
  const counted = (key: string): [string, number][] => {
    const value = stats.counters[key];
    return typeof value === 'object' ? Object.entries(value).map(([name, n]) => [name, Number(n)]) : [];
  };
  const worker = ['translateMs', 'compileMs', 'instantiateMs'].flatMap((key) => {
    const value = stats.counters[key];
    return typeof value === 'number' ? [[key.replace('Ms', ''), ms(value)]] : [];
  });
  const regions = profile.regions.slice(0, SHOWN_REGIONS).map(({ id, self, total }) => {
    return [`region ${id}: ${code.get(id)?.title ?? 'not known any more'}`, ms(total), share(total), ms(self)];
  });
  return [
    {
      title: "The guest's thread",
      head: ['what', 'ms', 'share'],
      rows: profile.categories.map(([name, value]) => [name, ms(value), share(value)]),
    },
    { title: 'The compiler, on whichever thread', head: ['what', 'ms'], rows: worker },
    {
      title: 'Callouts, by what carries them out',
      head: ['function', 'ms', 'share'],
      rows: profile.handlers.slice(0, SHOWN_HANDLERS).map(([name, value]) => [name, ms(value), share(value)]),
    },
    {
      title: 'Callouts, by instruction',
      head: ['instruction', 'times'],
      rows: counted('callouts').map(([name, n]) => [name, `${n}`]),
    },
    {
      title: 'Sensitive instructions without a callout',
      head: ['instruction', 'times'],
      rows: counted('sensitiveInline').map(([name, n]) => [name, `${n}`]),
    },
    {
      title: 'TLB',
      head: ['what', 'times'],
      rows: [
        ['misses', `${stats.tlb.misses}`],
        ['flushes', `${stats.tlb.flushes}`],
      ],
    },
    { title: 'The hottest regions', head: ['region', 'ms with callees', 'share', 'ms of its own'], rows: regions },
  ].filter((section) => section.rows.length > 0);
}

function sectionText({ title, head, rows }: Section): string {
  const all = [head, ...rows];
  const width = (column: number) => Math.max(...all.map((row) => (row[column] ?? '').length));
  const widths = head.map((_, column) => width(column));
  const line = (row: readonly string[]) =>
    row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  ');
  return `${title}\n${all.map((row) => `  ${line(row)}`).join('\n')}\n`;
}

/** @param withCode whether the hottest regions' code follows */
export function profileText(parts: ProfileParts, withCode: boolean): string {
  const { profile, code } = parts;
  const head = `profile: ${ms(profile.total)} ms in ${profile.samples} samples\n`;
  const text = [head, ...sections(parts).map(sectionText)].join('\n');
  if (!withCode) return text;
  const shown = profile.regions.slice(0, SHOWN_REGIONS).flatMap(({ id }) => {
    const region = code.get(id);
    if (region === undefined) return [];
    return [`== region ${id}: ${region.title}\n\n${region.guest}\n\n${region.ir}\n\n${region.wat}\n`];
  });
  return [text, ...shown].join('\n');
}
