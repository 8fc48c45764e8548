/**
 * `transvisor guest`: boots the bundled guest, CMS, on the terminal. Takes the
 * options of `run`, for example another engine.
 */
import { fileURLToPath } from 'node:url';
import { packageFile } from './package-file.ts';
import { parseOptions } from './parse-options.ts';
import { runConfig } from './run.ts';
import { defaultConfig } from './run-config.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** Runs CMS to its end and returns the exit status. @throws UsageError, FileError */
export async function guest(args: readonly string[]): Promise<number> {
  const config = defaultConfig();
  config.memory = 32 * 2 ** 20;
  config.nographic = true;
  parseOptions(args, RUN_OPTIONS, config);
  config.kernel ??= fileURLToPath(packageFile('guests/cms/cms.elf'));
  return runConfig(config, ['guest', ...args]);
}
