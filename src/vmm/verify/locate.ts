/** Says where the machines began to differ. */
import type { MakeMachine } from './pair.ts';
import type { Finding } from './verifier.ts';
import type { VerifyOptions } from './windows.ts';

export async function locate(_make: MakeMachine, _options: VerifyOptions, finding: Finding): Promise<string[]> {
  const lines = [`verify: the machines were equal after ${finding.good} instructions and differ after ${finding.bad}:`];
  for (const { what, a, b } of finding.differences) lines.push(`  ${what}: translated ${a}, interpreted ${b}`);
  return lines;
}
