/** Control flow: blocks cut in the wrong place, edges to the wrong block, pages and entries not checked, registers not kept. */
import { comparisons, partsDropped } from '../conditions.ts';
import { type Edit, edit, type Family, matters } from '../family.ts';
import type { Source } from '../source.ts';

/** Fields that name a direction or target, and the one they are taken for. */
const FIELDS: Readonly<Record<string, string>> = {
  taken: 'next',
  self: 'next',
  tlbWordNext: 'tlbWord',
  used: 'written',
  xmmUsed: 'xmmWritten',
};

function fields(source: Source): Edit[] {
  return source.tokens.flatMap((token, n) => {
    const to = FIELDS[token.text];
    if (!to || source.tokens[n - 1]?.text !== '.' || source.tokens[n + 1]?.text === '=') return [];
    const receiver = source.tokens[n - 2]?.text ?? '';
    if (/^(?:taken|self)$/.test(token.text) ? receiver !== 'e' : !/^(?:registers|target|scan|b)$/.test(receiver))
      return [];
    return [edit(token, to, 'one field for another')];
  });
}

/** Lists of WebAssembly statements from which one part is left out. */
const PARTS =
  /^(?:storeRegisters|storeFlags|loadXmm|storeXmm|loadX87|storeX87|checkEntry|checkPages|toDynamic|toDispatcher|setState)$/;

function parts(source: Source): Edit[] {
  const out: Edit[] = [];
  for (const call of source.calls()) {
    const first = source.tokenAt(call.start);
    const spread = source.tokens[first - 1]?.text === '...';
    if (!PARTS.test(call.name) || call.statement) continue;
    const behind = source.tokens[source.tokenAt(call.end)]?.text;
    if (spread) out.push(edit(call, '[]', `${call.name} left out`));
    else if (
      call.name === 'setState' &&
      /^[,\]]$/.test(behind ?? '') &&
      /^[[,]$/.test(source.tokens[first - 1]?.text ?? '')
    )
      out.push(edit(call, 'm.module.nop()', 'a word of the state not written'));
  }
  return out;
}

/** What is compared of an entry of the jump cache before it is followed. */
function compared(source: Source): Edit[] {
  return source.calls().flatMap((call) => {
    const [op, field] = call.args;
    const is =
      call.name === 'bin' && op && field && source.slice(op) === "'xor'" && source.slice(field).startsWith('field(');
    return is ? [edit(call, 'm.con(0)', "part of an entry's key not compared")] : [];
  });
}

function conditions(source: Source): Edit[] {
  return source.conditions().flatMap(({ range }): Edit[] => {
    const text = source.slice(range);
    if (!matters(source, range.start) || /MAX_|debug|countChains|chain\b/.test(text)) return [];
    const dropped = partsDropped(source, range);
    // In the cache, what lets less through makes a guest slower, no more.
    return source.file.startsWith('src/cache/') ? dropped : [...dropped, ...comparisons(source, range)];
  });
}

export const control: Family = {
  name: 'control',
  does: 'blocks cut wrongly, edges to the wrong block, entries and pages not checked, registers and flags not kept',
  files:
    /^src\/(?:translator\/(?:structure|control-graph|lower\/(?:region-lowering|registers-used|select-target|x87-locals|simd-registers|block-lowering))|cache\/(?:block-scan|region-former))\.ts$/,
  edits: (source) => [...fields(source), ...parts(source), ...compared(source), ...conditions(source)],
};
