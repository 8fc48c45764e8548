/** Switches of V8 that suit this program. For a process that does nothing else: the command line's. */
import { setFlagsFromString } from 'node:v8';

/** Sets them, for all threads. To be called before much has been allocated. */
export function tuneV8(): void {
  // The young generation of each thread stays at its first size. What is allocated here lives for a batch or for ever; a
  // larger one only holds tens of MiB (docs/decisions.md).
  setFlagsFromString('--semi-space-growth-factor=1');
}
