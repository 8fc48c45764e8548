// The scripted session with the bundled guest: reads session.json and plays it, one step at a time, over whatever runs
// the guest. A step is over when the prompt is back (or, for the last one, when all it expects has been seen).
import { readFileSync } from 'node:fs';

export interface SessionStep {
  readonly name: string;
  /** What is typed; the first step only waits. */
  readonly send?: string;
  /** Regular expressions, each of which the step's output has to match. Lines end in LF there. */
  readonly expect: readonly string[];
  /** Regular expressions that it must not match. */
  readonly refuse?: readonly string[];
  /** Machines that are known to differ from the architecture here, by name. */
  readonly notOn?: readonly string[];
  /** How much work the step is, when it is much. */
  readonly millionInstructions?: number;
  /** No prompt comes after this step. */
  readonly last?: boolean;
}

/** What plays the session needs of the machine. */
export interface SessionConsole {
  /** Types `text` at the guest's console. */
  write(text: string): void;
  /** Everything that the guest has printed so far. */
  output(): string;
  /** Lets the machine run for a while; throws when it has ended. */
  proceed(): Promise<void>;
}

const PROMPT = 'CMS> ';

export function loadSession(): SessionStep[] {
  return JSON.parse(readFileSync(new URL('session.json', import.meta.url), 'utf8')) as SessionStep[];
}

/**
 * Plays `step` and returns what is wrong with its output, as lines; empty when all is well.
 * @param timeout milliseconds after which a missing prompt is a failure
 */
export async function playStep(machine: SessionConsole, step: SessionStep, timeout: number): Promise<string[]> {
  const start = step.send === undefined ? 0 : machine.output().length;
  const deadline = Date.now() + timeout;
  if (step.send !== undefined) machine.write(step.send);
  const text = (): string => machine.output().slice(start).replaceAll('\r\n', '\n');
  const over = (): boolean =>
    step.last === true ? step.expect.every((pattern) => new RegExp(pattern).test(text())) : text().endsWith(PROMPT);
  while (!over()) {
    if (Date.now() > deadline) return [`${step.name}: not over after ${timeout} ms; so far: ${JSON.stringify(text())}`];
    await machine.proceed();
  }
  const missing = step.expect.filter((pattern) => !new RegExp(pattern).test(text()));
  const found = (step.refuse ?? []).filter((pattern) => new RegExp(pattern).test(text()));
  return [
    ...missing.map((pattern) => `${step.name}: no ${pattern} in ${JSON.stringify(text())}`),
    ...found.map((pattern) => `${step.name}: ${pattern} in ${JSON.stringify(text())}`),
  ];
}
