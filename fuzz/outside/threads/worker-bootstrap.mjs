// Starts a fuzzing thread from source: Node 20 does not take a .ts file as a worker's entry. The compiled package starts
// worker.js itself. Binaryen is imported first: tsx would take its 13 MB for source to be transformed.
import 'binaryen';
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
