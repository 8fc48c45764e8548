/**
 * Vectors from a real processor, as files: recorded with the host's processor (`transvisor fuzz --record`), replayed
 * without it. fuzz/vectors/ has those that are checked in, in a folder for each processor.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import { FileError } from '../../json-reader.ts';
import type { Oracle } from '../../oracle.ts';
import { folderOf, processorName } from './processor.ts';
import { type RecordOptions, recordableRows, recordRows } from './record.ts';
import { replayVectors, type VectorReplay } from './replay.ts';
import type { VectorRow } from './vector-format.ts';
import { VectorReader } from './vector-reader.ts';
import { encodeVectors } from './vector-writer.ts';

export { CASES_PER_ROW, type RecordOptions, recordableRows } from './record.ts';
export { replayVectors, type VectorFinding, type VectorReplay } from './replay.ts';
export type { Vector, VectorHeader, VectorRow } from './vector-format.ts';
export { VectorReader } from './vector-reader.ts';

/** Ending of their files' names. */
export const VECTOR_SUFFIX = '.vectors';
/** Largest file that is read, in bytes. */
export const VECTOR_LIMIT: number = 64 * 2 ** 20;

/** The file that a row's vectors are in, without its ending. */
function groupOf({ feature, mnemonic, id }: OpcodeRow): string {
  if (['fpu', 'fcmov', 'fisttp'].includes(feature)) return 'x87';
  if (feature === 'undocumented' && mnemonic.startsWith('f')) return 'x87';
  if (['mmx', 'sse', 'sse2'].includes(feature)) return feature;
  if (/^(ssse3|sse\d|sse4.)$/.test(feature)) return 'sse3';
  // The largest of them in two, so that they can be replayed at once.
  return id < 'j' ? 'integer-1' : 'integer-2';
}

const GROUPS: ReadonlyMap<string, string> = new Map(OPCODES.map((row) => [row.id, groupOf(row)]));

/** What was recorded. */
export interface Recording {
  readonly processor: string;
  readonly folder: string;
  readonly files: readonly {
    readonly path: string;
    readonly rows: number;
    readonly cases: number;
    readonly bytes: number;
  }[];
  /** Rows of which there are fewer cases than wanted, with their number. */
  readonly short: readonly (readonly [row: string, cases: number])[];
}

function write(path: string, bytes: Uint8Array): void {
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, bytes);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new FileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The rows of a file, if there is one. @throws FileError where it is damaged */
function rowsIn(path: string): VectorRow[] {
  return existsSync(path) ? [...openVectors(path).rows()] : [];
}

const INDEX: ReadonlyMap<string, number> = new Map(OPCODES.map(({ id, index }) => [id, index]));

/** What a file has after a recording: of each row what is new, or else what there was. Rows that the table has no more are left out. */
function merged(before: readonly VectorRow[], now: readonly VectorRow[]): VectorRow[] {
  const rows = new Map([...before, ...now].map((row) => [row.row, row]));
  return [...rows.values()].filter(({ row }) => INDEX.has(row)).sort((a, b) => INDEX.get(a.row)! - INDEX.get(b.row)!);
}

/**
 * Records vectors of the host's processor into files of a folder below `folder` that is named by the processor. Rows that
 * are not recorded now stay as they are in files that are there; each is replaced whole or not at all, when all cases are there.
 * @param host the oracle of the host's processor
 * @throws FileError in one line when a file that is there is damaged, or one cannot be written
 */
export async function recordVectors(host: Oracle, folder: string, options: RecordOptions): Promise<Recording> {
  const processor = processorName();
  const into = join(folder, folderOf(processor));
  const groups = new Map<string, { readonly before: VectorRow[]; readonly now: VectorRow[] }>();
  for (const { id } of recordableRows(options.only)) {
    const group = GROUPS.get(id)!;
    // Before the work is done, so that nothing of it is lost to a damaged file.
    if (!groups.has(group)) groups.set(group, { before: rowsIn(join(into, group + VECTOR_SUFFIX)), now: [] });
  }
  try {
    mkdirSync(into, { recursive: true });
  } catch (error) {
    throw new FileError(`${into}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const rows = await recordRows(host, options);
  for (const row of rows) groups.get(GROUPS.get(row.row)!)!.now.push(row);
  const files = [...groups].map(([group, { before, now }]) => {
    const path = join(into, group + VECTOR_SUFFIX);
    const list = merged(before, now);
    const bytes = encodeVectors({ processor, knows: host.knows }, list);
    write(path, bytes);
    return { path, rows: list.length, cases: list.reduce((sum, r) => sum + r.vectors.length, 0), bytes: bytes.length };
  });
  const short = rows
    .filter(({ vectors }) => vectors.length < options.cases)
    .map(({ row, vectors }) => [row, vectors.length] as const);
  return { processor, folder: into, files, short };
}

/**
 * Opens a file of vectors.
 * @throws FileError in one line where it cannot be read, is damaged, or holds something else
 */
export function openVectors(path: string): VectorReader {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new FileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (bytes.length > VECTOR_LIMIT) throw new FileError(`${path}: has ${bytes.length} bytes, more than ${VECTOR_LIMIT}`);
  return new VectorReader(path, bytes);
}

/** Replays a file of vectors in some oracles. @throws FileError */
export function replayVectorFile(path: string, oracles: readonly Oracle[]): Promise<VectorReplay> {
  return replayVectors(openVectors(path), oracles);
}
