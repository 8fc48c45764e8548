/** What is said of a run that did not get to its end. */
import type { Watched } from './child.ts';

/** @param awaited what did not come */
export function failure(watched: Watched, awaited: string): string {
  const seconds = watched.seconds.toFixed(1);
  const how =
    watched.end === 'limit' ? `not within ${seconds} s` : `ended after ${seconds} s, status ${watched.status}`;
  return `${awaited} did not come: ${how}${watched.complaint === '' ? '' : ` (${watched.complaint.slice(0, 160)})`}`;
}
