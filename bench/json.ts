/** The report as JSON: everything that was measured, and what it was measured on. */
import type { Contestant } from './contestant.ts';
import type { Outcome } from './rounds.ts';
import { summarize } from './summary.ts';

export interface HostFacts {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly transvisor: string;
}

/** A contestant as the report has it. */
export interface Measurand extends Contestant {
  /** Of a peer. */
  readonly version?: string;
}

export interface ReportParts {
  readonly host: HostFacts;
  /** ISO 8601. */
  readonly started: string;
  /** The command line. */
  readonly command: readonly string[];
  readonly contestants: readonly Measurand[];
  readonly outcome: Outcome;
}

/** Indented, with a newline at its end. */
export function reportJson({ host, started, command, contestants, outcome }: ReportParts): string {
  const names = contestants.map((c) => c.name);
  const report = {
    format: 'transvisor bench',
    version: 1,
    started,
    command,
    host,
    contestants,
    summary: summarize(outcome.samples, names),
    problems: outcome.problems,
    samples: outcome.samples,
  };
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** The same facts in a line, for people. */
export function factsLine(host: HostFacts, contestants: readonly Measurand[], rounds: number): string {
  const peers = contestants.flatMap(({ name, version }) => (version === undefined ? [] : [`${name} ${version}`]));
  const facts = [`${host.processor}, ${host.cores} cores`, host.system, `Node ${host.node}`, ...peers];
  return `${facts.join('; ')}; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
}
