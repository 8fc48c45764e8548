/**
 * Memory accesses of translated code, fast and slow: the look-up taken from the wrong table or not heeded, crossings
 * of pages ignored, failures of slow paths not noticed, code under a write not looked for.
 */
import { comparisons, partsDropped } from '../conditions.ts';
import { type Edit, edit, type Family } from '../family.ts';
import type { Source } from '../source.ts';

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  DELTA_WRITE_USER: ['DELTA_READ_USER', 'TLB: the table for reading, for a write'],
  DELTA_WRITE_SUPERVISOR: ['DELTA_READ_SUPERVISOR', 'TLB: the table for reading, for a write'],
  DELTA_READ_USER: ['DELTA_READ_SUPERVISOR', "TLB: the supervisor's table, for a user"],
  ACCESS_WRITE: ['ACCESS_READ', 'a write walked as a read'],
};

/** What says that an access must not be carried out: taken for the answer that lets it through. */
const CHECKS: Readonly<Record<string, string>> = {
  alignmentChecked: 'false',
  isReadable: 'true',
  isRam: 'true',
  holdsCode: 'false',
  wroteBesideCode: 'false',
};

function names(source: Source): Edit[] {
  return source.tokens.flatMap((token, n) => {
    const to = NAMES[token.text];
    const used = source.tokens[n - 1]?.text === '.' || /^[),]$/.test(source.tokens[n + 1]?.text ?? '');
    const inImport = /^import\b/.test(source.text.slice(source.text.lastIndexOf('\n', token.start) + 1));
    return to && used && !inImport ? [edit(token, ...to)] : [];
  });
}

function calls(source: Source): Edit[] {
  return source.calls().flatMap((call): Edit[] => {
    const { name, args, start, end, statement } = call;
    const answer = CHECKS[name];
    if (answer !== undefined) return [edit(call, answer, `${name} not asked`)];
    const [first, second] = args;
    // In a list of WebAssembly statements.
    if (name === 'leaveIfFailed' && !statement) {
      return [edit({ start, end }, 'b.m.module.nop()', 'a failed slow path not noticed')];
    }
    if (name === 'note' && statement) return [];
    if (name === 'lookUp' && args.length === 3) {
      const write = args[2]!;
      const text = source.slice(write);
      return [
        edit(write, text === 'true' ? 'false' : `!(${text})`, 'looked up for the other kind of access'),
        edit(second!, '1', 'alignment and crossing not looked at'),
      ];
    }
    if (name === 'if' && args.length === 3 && /^(?:slow|test)$/.test(source.slice(first!))) {
      return [edit(first!, 'm.con(0)', 'TLB check dropped')];
    }
    if (name === 'con' && /^(?:size - 1|s\.size - 1|0x1000 - s\.size|0xfff)$/.test(source.slice(first!))) {
      return [edit(first!, source.slice(first!) === '0x1000 - s.size' ? '0x1000' : '0', 'page-cross ignored')];
    }
    return [];
  });
}

/** In the slow paths: the second page taken for the first, and lengths. */
function slowPaths(source: Source): Edit[] {
  if (!source.file.endsWith('slow-paths.ts')) return [];
  const out: Edit[] = [];
  source.tokens.forEach((token, n) => {
    const [before, behind] = [source.tokens[n - 1]?.text ?? '', source.tokens[n + 1]?.text ?? ''];
    if (token.text === 'second' && !/^const$/.test(before))
      out.push(edit(token, 'first', 'the second page taken for the first'));
    if (token.text === 'inFirst' && before === '-' && behind === ')') out.push(edit(token, '0', 'page-cross ignored'));
    if (token.text === 'changedCode' && behind === '||')
      out.push(edit(token, 'false', 'a walk that changes code not noticed'));
    if (token.text === '0x1000') out.push(edit(token, '0x2000', 'page-cross ignored'));
  });
  for (const { range } of source.conditions()) {
    // Where more fails than has to, the interpreter does it: only what lets more through is wrong.
    out.push(...partsDropped(source, range).filter(({ text }) => text === 'false'));
    if (!/ < 0/.test(source.slice(range))) out.push(...comparisons(source, range));
  }
  return out;
}

export const memory: Family = {
  name: 'memory',
  does: 'TLB checks dropped, page-crosses ignored, failed slow paths not noticed',
  files: /^src\/(?:translator\/lower\/(?:block-lowering|word-memory|simd-memory|x87-memory)|vmm\/slow-paths)\.ts$/,
  edits: (source) => [...names(source), ...calls(source), ...slowPaths(source)],
};
