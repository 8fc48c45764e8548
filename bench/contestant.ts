/**
 * Who takes part: `NAME[=WHO][:SWITCHES]`. WHO is this monitor (from source, or as built), v86, QEMU, the host's
 * own processor, or the path of another Transvisor's command. Without WHO the name is one where it is known, and this
 * monitor under another name where it is not: `--on "slow:--max-region 1"`.
 */
import { BenchError } from './bench-error.ts';
import { splitWords } from './words.ts';

/** `other` is a Transvisor at `path`. */
export type ContestantKind = 'ours' | 'built' | 'v86' | 'qemu' | 'native' | 'other';

export const KNOWN_CONTESTANTS = ['ours', 'built', 'v86', 'qemu', 'native'] as const;

export interface Contestant {
  /** As it stands in tables; different for each. */
  readonly name: string;
  readonly kind: ContestantKind;
  /** Of kind `other`: the file of its command. */
  readonly path?: string;
  /** More arguments; for v86, settings `key=value` of its constructor. */
  readonly switches: readonly string[];
}

/** @throws BenchError that says what does not fit the grammar */
export function parseContestant(text: string): Contestant {
  const match = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/s.exec(text);
  const [, name = '', who, switches = ''] = match ?? [];
  if (!/^[\w.+-]{1,40}$/.test(name)) {
    throw new BenchError(`contestant '${printable(text)}': must be NAME, NAME:SWITCHES or NAME=WHO:SWITCHES`);
  }
  const words = splitWords(switches);
  const known = KNOWN_CONTESTANTS.find((kind) => kind === (who ?? name));
  if (known !== undefined) {
    if (known === 'native' && words.length > 0) throw new BenchError(`contestant '${name}': native takes no switches`);
    return { name, kind: known, switches: words };
  }
  if (who === undefined) {
    if (words.length === 0) {
      const list = KNOWN_CONTESTANTS.join(', ');
      throw new BenchError(`contestant '${name}': none of ${list}; for ourselves with switches: '${name}:-switch ...'`);
    }
    return { name, kind: 'ours', switches: words };
  }
  if (!who.includes('/')) {
    const list = KNOWN_CONTESTANTS.join(', ');
    throw new BenchError(`contestant '${name}': '${printable(who)}' is none of ${list}, and no path (with a slash)`);
  }
  return { name, kind: 'other', path: who, switches: words };
}

/** Whether it is a Transvisor, and so takes its switches. */
export function isTransvisor(contestant: Contestant): boolean {
  return contestant.kind === 'ours' || contestant.kind === 'built' || contestant.kind === 'other';
}

/** @throws BenchError when two have the same name: figures could not be told apart */
export function requireDifferent(contestants: readonly Contestant[]): void {
  const seen = new Set<string>();
  for (const { name } of contestants) {
    if (seen.has(name))
      throw new BenchError(`contestant '${name}': given twice (NAME=WHO:SWITCHES gives another name)`);
    seen.add(name);
  }
}

function printable(text: string): string {
  const line = text.replace(/[^\x20-\x7e]/g, '?');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
