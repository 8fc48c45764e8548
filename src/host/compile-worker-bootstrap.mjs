// Starts the compiling thread from source: Node 20 does not take a .ts file as a worker's entry.
// The compiled package starts compile-worker.js itself.
//
// tsx is there for our source only: it would take Binaryen, which is imported when it is first
// needed, for 13 MB of source to be transformed, and that costs seconds and 250 MB.
import { register } from 'tsx/esm/api';

const unregister = register();
await import('./compile-worker.ts');
await unregister();
