/** `transvisor fuzz --record`: vectors of the host's processor. */
import { freshSeed } from '../../fuzz/index.ts';
import { makeOracle } from '../../fuzz/oracles.ts';
import { CASES_PER_ROW, recordableRows, recordVectors } from '../../fuzz/outside/vectors/index.ts';
import { type FuzzConfig, inRange } from './fuzz-options.ts';
import { EXIT_OK, UsageError } from './usage-error.ts';

const MOST_CASES = 100_000;

/** Records into a folder. @throws UsageError where there is no processor to ask, FileError */
export async function record(config: FuzzConfig, folder: string): Promise<number> {
  const cases = config.count ?? CASES_PER_ROW;
  if (cases > MOST_CASES) throw new UsageError(`--count: with --record at most ${MOST_CASES} cases a row`);
  const { only } = config;
  if (inRange(() => recordableRows(only)).length === 0) {
    throw new UsageError(`--only: no instruction that user programs can run fits '${only}'`);
  }
  const host = await makeOracle('host');
  if ('missing' in host) throw new UsageError(`--record: no host's processor here: ${host.missing}`);
  try {
    const seed = config.seed ?? freshSeed();
    const options = { seed, cases, ...(only !== undefined && { only }) };
    const { processor, files, short } = await recordVectors(host, folder, options);
    process.stdout.write(`${processor}, seed ${seed}\n`);
    for (const { path, rows, cases: count, bytes } of files) {
      process.stdout.write(`${path}: ${count} cases of ${rows} rows, ${bytes} bytes\n`);
    }
    for (const [row, count] of short) process.stdout.write(`fewer cases than wanted: ${row}: ${count}\n`);
  } finally {
    host.dispose();
  }
  return EXIT_OK;
}
