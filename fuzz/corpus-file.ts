/**
 * Files of the corpus: a case, what it showed, and, where somebody from outside has judged it, what that said: so it is
 * replayed where none of them is installed.
 */
import type { Ending, FuzzCase, Outcome } from './case.ts';
import { caseFromValue, caseToJson, patchesFromJson, patchesToJson, stateFromJson, stateToJson } from './case-json.ts';
import { type JsonValue, parseJson } from './json-reader.ts';
import type { Knowledge } from './oracle.ts';

/** What an oracle from outside says of a case. */
export interface Expected {
  /** Its name, and whatever tells more: a processor's name. */
  readonly by: string;
  readonly knows: Knowledge;
  readonly outcome: Outcome;
}

export interface CorpusCase {
  readonly case: FuzzCase;
  /** What it showed, for people. */
  readonly note: string;
  readonly expected: Expected | undefined;
}

const MAX_NOTE = 4000;

function expectedToJson({ by, knows, outcome }: Expected): unknown {
  const { ending, retired, state, written } = outcome;
  return {
    by,
    knows: { ...knows, eflags: knows.eflags >>> 0 },
    ending,
    retired: retired ?? null,
    state: stateToJson(state),
    written: patchesToJson(written),
  };
}

/** A corpus case as the text of its file. */
export function corpusToJson({ case: c, note, expected }: CorpusCase): string {
  const data = JSON.parse(caseToJson(c, note)) as Record<string, unknown>;
  if (expected !== undefined) data['expected'] = expectedToJson(expected);
  return `${JSON.stringify(data, undefined, 1)}\n`;
}

const flag = (v: JsonValue): boolean => (typeof v.value === 'boolean' ? v.value : v.fail('true or false'));

function endingIn(v: JsonValue): Ending {
  const kind = v.field('kind').oneOf(['steps', 'halt', 'exception', 'shutdown']);
  if (kind !== 'exception') return { kind };
  const code = v.field('errorCode');
  return {
    kind,
    vector: v.field('vector').integer(0, 255),
    software: flag(v.field('software')),
    errorCode: code.value === undefined || code.value === null ? undefined : code.integer(0, 0xffff_ffff),
    ...(v.field('unknownError').value === true && { unknownError: true as const }),
  };
}

/** Reads what an oracle said; undefined where the file has nothing of it. @throws FileError */
export function expectedFromJson(v: JsonValue): Expected | undefined {
  if (v.value === undefined || v.value === null) return undefined;
  const knows = v.field('knows');
  const retired = v.field('retired');
  return {
    by: v.field('by').text(200),
    knows: {
      system: flag(knows.field('system')),
      segmentCaches: flag(knows.field('segmentCaches')),
      fpuPointers: flag(knows.field('fpuPointers')),
      eflags: knows.field('eflags').word() | 0,
      cr2: flag(knows.field('cr2')),
    },
    outcome: {
      ending: endingIn(v.field('ending')),
      retired: retired.value === null || retired.value === undefined ? undefined : retired.integer(0, 2 ** 32),
      state: stateFromJson(v.field('state')),
      written: patchesFromJson(v.field('written')),
      accesses: undefined,
    },
  };
}

/**
 * Reads a file of the corpus; a plain case is one too.
 * @param file its name, for messages
 * @throws FileError in one line
 */
export function corpusFromJson(file: string, text: string): CorpusCase {
  const v = parseJson(file, text);
  const note = v.field('note');
  return {
    case: caseFromValue(v),
    note: note.value === undefined ? '' : note.text(MAX_NOTE),
    expected: expectedFromJson(v.field('expected')),
  };
}

/** A name for a corpus file: by what the case is, so that the same case has the same name. */
export function corpusName(c: FuzzCase): string {
  // FNV-1a over the text of the case; the name that it has there is left out.
  let hash = 0x811c_9dc5;
  for (const character of caseToJson({ ...c, name: '' })) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x0100_0193);
  }
  return `${c.mode}-${(hash >>> 0).toString(16).padStart(8, '0')}.json`;
}
