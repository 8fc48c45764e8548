/**
 * Resident memory of a process and all that it has started, from /proc (Linux only): the sum of each one's own peak
 * (VmHWM). The greatest such sum seen is the tree's peak; a process that lives for less than the time between two
 * looks may be missed.
 */
import { readdirSync, readFileSync } from 'node:fs';

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** A process's threads each have children of their own. */
function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  const lists = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** The sum of the peaks of `pid` and of its descendants that are alive, in MiB; 0 where there is no /proc. */
export function treePeakMiB(pid: number): number {
  let kib = 0;
  const waiting = [pid];
  const seen = new Set<number>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    kib += Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${next}/status`))?.[1] ?? 0);
    waiting.push(...childrenOf(next));
  }
  return kib / 1024;
}
