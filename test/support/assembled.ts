/**
 * Folders of guest programs in assembly with their images in assembled.json beside them, checked in so that tests need
 * no assembler; `node --import tsx test/support/assemble-programs.ts` makes them.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

export const PROGRAMS = fileURLToPath(new URL('../programs/', import.meta.url));
export const BARE_GUESTS = fileURLToPath(new URL('../bare-guests/', import.meta.url));

export interface Assembled {
  /** SHA-256 of source and included files. */
  readonly source: string;
  /** The image, deflated, in base64. */
  readonly image: string;
}

/** Names of all programs of a folder. */
export function programNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.asm'))
    .map((file) => file.slice(0, -4))
    .sort();
}

export const sourceOf = (folder: string, name: string): string => readFileSync(join(folder, `${name}.asm`), 'utf8');

/** Hash of a program's source and of all that programs of its folder may include. */
export function sourceHash(folder: string, name: string): string {
  const hash = createHash('sha256').update(sourceOf(folder, name));
  const includes = readdirSync(folder).filter((file) => file.endsWith('.inc'));
  for (const include of includes.sort()) hash.update(readFileSync(join(folder, include)));
  return hash.digest('hex');
}

/** All images of a folder. */
export function assembledPrograms(folder: string): Readonly<Record<string, Assembled>> {
  return JSON.parse(readFileSync(join(folder, 'assembled.json'), 'utf8')) as Record<string, Assembled>;
}

/** The image of a program. @throws Error where it was made from another source */
export function imageOf(folder: string, name: string): Uint8Array {
  const program = assembledPrograms(folder)[name];
  if (program?.source !== sourceHash(folder, name)) {
    throw new Error(`${name}: assembled.json is of another source; run test/support/assemble-programs.ts`);
  }
  return inflateRawSync(Buffer.from(program.image, 'base64'));
}
