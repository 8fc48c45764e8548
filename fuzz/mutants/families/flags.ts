/**
 * Flags: not written, written where they must not be (a shift by zero), of another kind, one taken for
 * another, carry in and carry out dropped.
 */
import { type Edit, edit, type Family, matters } from '../family.ts';
import type { Source } from '../source.ts';

const KINDS: Readonly<Record<string, string>> = {
  FLAGS_ADD: 'FLAGS_LOGIC',
  FLAGS_SUB: 'FLAGS_LOGIC',
  FLAGS_ADC: 'FLAGS_ADD',
  FLAGS_SBB: 'FLAGS_SUB',
  FLAGS_INC: 'FLAGS_DEC',
  FLAGS_DEC: 'FLAGS_INC',
  FLAGS_LOGIC: 'FLAGS_RESULT',
  FLAGS_RESULT: 'FLAGS_LOGIC',
  OVERRIDE_CF: 'OVERRIDE_OF',
  OVERRIDE_OF: 'OVERRIDE_CF',
};
const BITS: Readonly<Record<string, string>> = { CF: 'PF', PF: 'CF', AF: 'CF', ZF: 'SF', SF: 'ZF', OF: 'SF' };
const OPERANDS: Readonly<Record<string, string>> = {
  FLAG_A: 'FLAG_B',
  FLAG_B: 'FLAG_A',
  FLAG_R: 'FLAG_A',
  FLAG_C: 'FLAG_B',
  FLAG_X: 'FLAG_C',
};

/** Statements that put flags into the IR. */
function statements(source: Source): Edit[] {
  return source.objects().flatMap((node): Edit[] => {
    const { properties } = node;
    const kind = properties.get('k');
    const text = kind ? source.slice(kind.value) : '';
    const out: Edit[] = [];
    if (text === "'flagsif'" && properties.has('e')) {
      out.push(edit(properties.get('e')!.whole, "e: { k: 'const', value: 1 }", 'flags written for a shift by zero'));
    }
    if (text === "'override'") {
      for (const name of ['cf', 'of']) {
        const found = properties.get(name);
        if (found && properties.size > 2)
          out.push(edit(found.whole, `${name}: undefined`, `${name.toUpperCase()} not written`));
      }
    }
    if (text === "'cond'") {
      const cc = properties.get('cc');
      if (cc) out.push(edit(cc.whole, `cc: (${source.slice(cc.value)}) ^ 1`, 'the opposite condition'));
    }
    return out;
  });
}

/** A push of nothing but flags, left out; carry in taken for zero. */
function dropped(source: Source): Edit[] {
  return source.calls().flatMap(({ name, args, statement, start, end }): Edit[] => {
    const [first] = args;
    if (!first) return [];
    const text = source.slice(first);
    if (name === 'push' && statement && /^\{ k: '(?:flags|override|flagsif)'/.test(text)) {
      return [edit(statement, ';', 'flags not written')];
    }
    if (name === 'cond') return [edit({ start, end }, `{ k: 'const', value: 0 }`, 'carry or condition dropped')];
    return [];
  });
}

/** Names in the file that keeps flags lazy and the one that rebuilds them. */
function names(source: Source): Edit[] {
  return source.tokens.flatMap((token, n): Edit[] => {
    const before = source.tokens[n - 1]?.text;
    const behind = source.tokens[n + 1]?.text;
    // Imports and declarations.
    if (token.kind !== 'name' || before === 'const' || before === '{' || behind === '}') return [];
    const table = /FLAGS_|OVERRIDE_/.test(token.text) ? KINDS : token.text.startsWith('FLAG_') ? OPERANDS : BITS;
    const to = table[token.text];
    const inImport = /^import\b/.test(source.text.slice(source.text.lastIndexOf('\n', token.start) + 1));
    const known = to !== undefined && (before === '.' || new RegExp(`\\b${to}\\b`).test(source.text));
    if (!known || inImport || (before === ',' && behind === ',')) return [];
    const rule =
      table === KINDS ? 'another kind of flags' : table === BITS ? 'one flag for another' : 'another operand';
    return [edit(token, to, rule)];
  });
}

const NAMED =
  /^src\/translator\/(?:lower\/(?:flags|block-lowering)|lazy-flags|flag-flow|lift\/(?:arithmetic|logic|shifts|strings|flag-control|sse-compare|x87-compare))\.ts$/;

export const flags: Family = {
  name: 'flags',
  does: 'flags not written, written when they must not be, of another kind; carry dropped',
  files: /^src\/translator\/(?:lift\/|lower\/(?:flags|block-lowering)\.ts$|lazy-flags\.ts$|flag-flow\.ts$)/,
  edits: (source) =>
    [...statements(source), ...dropped(source), ...(NAMED.test(source.file) ? names(source) : [])].filter(({ start }) =>
      matters(source, start),
    ),
};
