// Puts what the compiler leaves out into dist: the C programs that oracles of the fuzzer are built from, and the program
// that runs a guest in v86.
import { cpSync } from 'node:fs';

for (const folder of ['fuzz/outside/host/harness', 'fuzz/outside/unicorn']) {
  cpSync(new URL(`../${folder}`, import.meta.url), new URL(`../dist/${folder}`, import.meta.url), {
    recursive: true,
    filter: (path) => /\.[ch]$/.test(path) || !/\.\w+$/.test(path),
  });
}
cpSync(
  new URL('../bench/outside/v86-guest.mjs', import.meta.url),
  new URL('../dist/bench/outside/v86-guest.mjs', import.meta.url),
);
