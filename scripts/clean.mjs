// Removes what the last build left, so that a package holds nothing that has no source any more.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
