// Starts the compiling thread from source: Node 20 does not take a .ts file as a worker's entry.
// The compiled package starts compile-worker.js itself.
//
// Binaryen is imported first: tsx would take its 13 MB for source to be transformed,
// which costs seconds and 250 MB.
import 'binaryen';
import { register } from 'tsx/esm/api';

register();
await import('./compile-worker.ts');
