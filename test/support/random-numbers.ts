/** How many times as long random tests are to be: the variable TRANSVISOR_RUNS. */
export const RUNS = Number(process.env['TRANSVISOR_RUNS'] ?? 1);

/** Numbers that look random and are the same each time. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) >>> 0;
    return Math.floor((mixed / 2 ** 32) * below);
  };
}
