/**
 * The package's version, from its package.json.
 */
import { readFileSync } from 'node:fs';
import { packageFile } from './package-file.ts';

/** For example "0.1.0". */
export function version(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
