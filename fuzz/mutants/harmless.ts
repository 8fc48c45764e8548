/**
 * Changes that a rule proposes and no guest can notice: most of them leave more to the interpreter than has to be, which
 * does the same, only slower. Each kind is told with its reason.
 *
 * What holds: a kind is about a construction of the sources, wherever it stands, never about a single place.
 */
import type { Edit } from './family.ts';
import type { Call, Range, Source } from './source.ts';

const contains = (outer: Range, inner: Range) => outer.start <= inner.start && inner.end <= outer.end;

const CALLS = new WeakMap<Source, readonly Call[]>();

/** Calls around a range, the innermost first. */
function around(source: Source, range: Range): Call[] {
  let calls = CALLS.get(source);
  if (calls === undefined) {
    calls = source.calls();
    CALLS.set(source, calls);
  }
  const found = calls.filter(
    (call) => contains(call, range) && !(call.start === range.start && call.end === range.end),
  );
  return found.sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** The operation that a call builds: `and(a, b)`, `bin('and', a, b)`, `m.bin('and', a, b)`; empty for others. */
function operation(source: Source, { name, args }: Call): string {
  const [first] = args;
  if (name === 'bin' && first) return source.slice(first).replaceAll("'", '');
  return /^(?:and|or)$/.test(name) ? name : '';
}

/** Whether calls stand in a condition for leaving to the interpreter, such that each bit more leaves no less often. */
function leaves(source: Source, calls: readonly Call[]): boolean {
  for (const call of calls) {
    if (/^(?:and|or)$/.test(operation(source, call))) continue;
    return call.name === 'guard' || (call.name === 'push' && call.receiver === 'wrong');
  }
  return false;
}

/** Text of the function from an offset to its end: to the next bracket at the beginning of a line, or of a method. */
function rest(source: Source, at: number): string {
  const end = /\n {0,2}\}/g;
  end.lastIndex = at;
  return source.text.slice(at, end.exec(source.text)?.index);
}

/** Text of the function around an offset: from the last line that is a head. */
function body(source: Source, at: number): string {
  const start = /\n(?: {2})?(?:export )?(?:(?:private )?\w+\(|function |const )[^\n]*(?:\{|=>|=)\n/g;
  let from = 0;
  // The last head before the offset.
  for (let found = start.exec(source.text); found && found.index < at; found = start.exec(source.text))
    from = found.index;
  return source.text.slice(from, at) + rest(source, at);
}

/** +1 where a constant becomes greater, -1 where it becomes less, 0 where that is not known. */
function direction(before: string, after: string): number {
  const [a, b] = [Number(before.replaceAll('_', '')), Number(after.replaceAll('_', ''))];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return Math.sign(b - a);
  return after === `${before} + 1` || before === `${after} - 1` ? 1 : 0;
}

type Kind = (source: Source, edit: Edit) => boolean;

const KINDS: Readonly<Record<string, Kind>> = {
  /** A mask in a guard, or a difference, taken for what it is joined with: bits more, which leave no less often. */
  'a guard that lets less through': (source, e) => {
    const before = source.slice(e);
    if (!/^'?(?:and|xor)'?$/.test(before) || e.text !== before.replace(/and|xor/, 'or')) return false;
    const [call, ...outer] = around(source, e).filter(({ start }) => start !== e.start);
    // Where it is a string, the innermost call is the operation itself.
    return leaves(source, before.startsWith("'") || call === undefined ? outer : [call, ...outer]);
  },

  /** A limit that a guard compares with, moved so that the guard lets less through. */
  'a guard with a tighter limit': (source, e) => {
    const calls = around(source, e);
    const up = direction(source.slice(e), e.text);
    if (up === 0 || calls[0]?.name !== 'con') return false;
    const less = calls[1]?.name === 'sub' ? 1 : 0;
    const compared = calls[1 + less];
    if (compared?.name !== 'bin' || !leaves(source, calls.slice(2 + less))) return false;
    const op = operation(source, compared);
    if (compared.args[2] === undefined || !contains(compared.args[2], e)) return false;
    const rising = less === 1 ? -up : up;
    return /^l[te][us]$/.test(op) ? rising > 0 : /^g[te][us]$/.test(op) && rising < 0;
  },

  /** Level 3 is refused where the rule is chosen, and left to the interpreter by the check of level 0 otherwise. */
  'level 3 leaves at the check of level 0': (source, e) =>
    source.slice(e) === 'c.mode.user' &&
    /return false/.test(rest(source, e.end).slice(0, 60)) &&
    /requireLevel0\(/.test(rest(source, e.end)),

  /** Pages that can be written can be read, in the same place: what is not found by that goes the long way. */
  'a load looked up among pages that can be written': (source, e) => {
    const [call] = around(source, e);
    return call?.name === 'lookUp' && source.slice(e) === 'false';
  },

  /** Both halves of a vector hold the same: its elements were put there twice. */
  'the other one of two equal halves': (source, e) => {
    if (e.rule !== 'the other half') return false;
    const list = /elements\(\d, \[([\d, ]+)\]\)/.exec(body(source, e.start))?.[1]?.split(', ') ?? [];
    const half = list.length / 2;
    return half > 1 && list.slice(0, half).join() === list.slice(half).join();
  },

  /** Sums of few unsigned numbers are far from the sign. */
  'the sign of a sum of unsigned numbers': (source, e) => {
    if (!/signed$/.test(e.rule) || /i16x8\.extadd_pairwise/.test(source.slice(e))) return false;
    return body(source, e.start).includes('extadd_pairwise_i8x16_u') && /shr_u|extadd_pairwise/.test(source.slice(e));
  },

  /** The upper half of what is shifted left by 32 is shifted out. */
  'the sign of what is shifted out': (source, e) => {
    const [extend, shift] = around(source, e);
    return extend?.name === 'extend' && shift !== undefined && /^[\w.]+\('i64\.shl'/.test(source.slice(shift));
  },

  /** A result is cut when it is written; SF, ZF and PF are of its own bits, and so is CF where it is no comparison. */
  'signs above a result': (source, e) => {
    if (e.rule !== 'extended the other way' || !e.text.startsWith('c.sext(')) return false;
    return /lift\/shifts\.ts$/.test(source.file) || /FLAGS_ADC/.test(body(source, e.start));
  },

  /** A rotation's flags are single bits of its result, which is cut when it is written. */
  'what stands above a rotated value': (source, e) => {
    // The whole of the function, inner blocks included.
    const text = body(source, e.start) + source.text.slice(e.end, source.text.indexOf('\n}', e.end));
    const rotates = /lift\/shifts\.ts$/.test(source.file) && /'override'|overrideOf\(/.test(text);
    return rotates && e.rule === 'not cut to its size' && !/FLAGS_|k: 'flags/.test(text);
  },

  /** The lowest bit behind a shift is the same whatever comes in above: counts are below 32. */
  'the sign of a shift of which one bit is taken': (source, e) => {
    if (!/^'(?:sar|shr)'$/.test(source.slice(e)) || !/^'(?:sar|shr)'$/.test(e.text)) return false;
    const [shift, mask] = around(source, e);
    return shift?.name === 'bin' && mask?.name === 'and' && source.slice(mask.args[1]!) === 'con(1)';
  },

  /** A store takes the lowest bytes of a word: of a register with a name of its own, which is no upper byte. */
  'a register read wider than what is stored of it': (source, e) => {
    const [read, store] = around(source, e);
    if (e.rule !== 'another width' || e.text !== '4' || read?.name !== 'readReg' || store?.name !== 'store')
      return false;
    return /^E[A-Z]{2}$/.test(source.slice(read.args[0]!)) && store.args[2] !== undefined && contains(store.args[2], e);
  },

  /** What was converted is converted back and compared with what it came from: of the wrong sign it leaves as inexact. */
  'a conversion back that finds more inexact': (source, e) =>
    e.rule === 'unsigned instead of signed' && /\n *const back = [^\n]*$/.test(source.text.slice(0, e.start)),

  /** Regions that are taken for written to are translated again. */
  'regions dropped that need not be': (source, e) => source.within(e.start) === 'overlaps' && e.text === 'true',

  /** States of flags that are joined come to be a dynamic one, which holds whatever they held. */
  'a state of flags joined with one more': (source, e) =>
    (source.within(e.start) === 'entryStates' && e.text === 'true') ||
    (source.within(e.start) === 'join' && source.slice(e) === 'a === b' && e.text === 'false'),

  /** INC and DEC leave the same carry alone, and have it in the same place. */
  'the carry that INC and DEC keep': (source, e) => {
    const call = around(source, e).find(({ args }) => args.length > 1);
    return /^FLAGS_(?:INC|DEC)$/.test(source.slice(e)) && call?.name === 'carry';
  },

  /**
   * TF, RF and a shadow come of the interpreter, which leaves flags where they belong, and where a region casts a shadow they
   * are put there first.
   */
  'flags put in place where they are': (source, e) =>
    e.rule === 'materializeFlags left out' && /\(TF \| RF\)[^\n]*\{\s*$/.test(source.text.slice(0, e.start)),

  /** With a shadow cast, the head of the dispatcher's loop takes a single step. */
  'a step that the head of the loop takes as well': (source, e) =>
    e.rule === 'stepFor left out' &&
    /interruptShadow = true;[^}]*$/.test(source.text.slice(0, e.start).split('case ').at(-1)!),

  /** Without its link a region is looked up. */
  'a link that is not made': (source, e) => e.rule === 'links.set left out' && !/, 0\);$/.test(source.slice(e)),

  /** The first of two tests: each has a constant that is not zero, and taken apart always asks the second, which is exact. */
  'a first test that fails more often': (source, e) =>
    source.within(e.start) === 'guardUnless' && /x\.op $/.test(source.text.slice(0, e.start)),

  /** A sum of three, in whatever order. */
  'sums in another order': (source, e) =>
    source.within(e.start) === 'foldBinary' &&
    e.text === 'true' &&
    /\.k [!=]== 'const'$/.test(source.slice(e)) &&
    /^[^\n]*\) \{\s*return add\(add\(/.test(source.text.slice(e.end)),

  /** All that writes flags, or stands in front of that, looks at something else as well: what is alive for it is always alive. */
  'flags kept alive by what is not their readers': (source, e) =>
    source.within(e.start) === 'walkBlock' && e.text === '!(readsFlags(x))',

  /** A mapping that is looked at once more than it must. */
  'a page checked that need not be': (source, e) => source.within(e.start) === 'checkPages' && e.text === 'true',

  /** Temporaries kept that nothing reads: binaryen drops them, or they cost a little. */
  'temporaries kept for longer': (source, e) =>
    e.rule === 'clear left out' && /passes\/dead-flags\.ts$/.test(source.file),

  /** The halves of a change of memory stand in one instruction, in front of its flags: where one may leave, so may the other. */
  'one half of a change of memory': (source, e) =>
    /^'rmw(?:load|store)'$/.test(source.slice(e)) && e.rule.startsWith('dead flags too eager'),

  /** A flags word has no size. */
  'the size of a flags word': (source, e) =>
    e.rule === 'another width' && /kind: FLAGS_WORD, $/.test(source.text.slice(0, e.start)),

  /** Rows of what has MMX and XMM forms have no third: behind the one it can only be the other. */
  'an operand of a kind that no row has': (source, e) =>
    source.slice(e) === 'i.k0 !== K.Mm' && e.text === 'false' && body(source, e.start).includes('i.k0 === K.Xmm'),

  /** Whoever takes something from the budget in the middle makes the block be left besides. */
  'a budget that was shortened': (source, e) =>
    e.text === 'false' && /^cpu\.remaining !== budget/.test(source.slice(e)),

  /** Less is taken into a block or region than could be. */
  'a block that ends early': (source, e) =>
    /cache\/(?:block-scan|region-former)\.ts$/.test(source.file) &&
    e.text === 'true' &&
    /^\s*[^\n]*\) (?:break|continue|return(?: undefined)?);/.test(source.text.slice(e.end)),

  /** The numbers of dead regions are forgotten between regions, where the function begins. */
  'regions that are dead and forgotten': (source, e) =>
    /\.dead$/.test(source.slice(e)) && body(source, e.start).includes('this.bury();'),

  /** A region that is not to be found yet, or no longer, is not found for being kept in the lists either. */
  'a region in the lists that cannot be found': (source, e) =>
    e.rule === 'drop left out' && /^(?:publish|takePlace|abandon)$/.test(source.within(e.start)),

  /**
   * CF is overridden alone, OF only together with it: whoever asks whether one of them is need not ask for OF, and what an
   * override leaves of another is never CF.
   */
  'OF overridden alone': (source, e) =>
    (source.slice(e) === 'OVERRIDE_CF' && /~bits & \($/.test(source.text.slice(0, e.start))) ||
    (source.slice(e) === 'OVERRIDE_OF' &&
      /OVERRIDE_CF \| (?:abi\.)?$/.test(source.text.slice(0, e.start)) &&
      /^\)+ [!=]== 0/.test(source.text.slice(e.end))),

  /**
   * Nothing is made of two constants but these (counted over 40,000 cases of all kinds); bytes that are extended are no
   * constants, and a constant is added to a sum with another nowhere.
   */
  'an operation that no lifting rule asks for with two constants': (source, e) => {
    const line = source.text.slice(source.text.lastIndexOf('\n', e.start) + 1, source.text.indexOf('\n', e.end));
    if (source.within(e.start) === 'fold') return line.includes("=== 'sext8'");
    if (source.within(e.start) === 'foldBinary')
      return /^a\.b\.value [+-] b\.value/.test(source.text.slice(e.start - 10));
    if (source.within(e.start) !== 'compute') return false;
    const operation = /case '(\w+)':(?![\s\S]*case ')/.exec(source.text.slice(0, e.start))?.[1] ?? '';
    return !/^(?:sub|and|shl)$/.test(operation);
  },

  /** A list of one made like a longer one, or the other way round: the same code in another shape. */
  'another shape of the same': (source, e) =>
    /\.length$/.test(source.text.slice(0, e.start).trimEnd()) && /^ 1\)/.test(source.text.slice(e.end)),
};

/** Whether no guest can notice the change. */
export function isHarmless(source: Source, edit: Edit): boolean {
  return Object.values(KINDS).some((is) => is(source, edit));
}

/** The kinds, for whoever wants to see what each one leaves out. */
export const HARMLESS: readonly (readonly [string, Kind])[] = Object.entries(KINDS);
