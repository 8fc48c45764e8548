// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source text
/** The machinery of mutants: rules find what they are meant to, choices follow from the seed, a mutant's fate is told rightly. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { catalogue, FAMILIES, inOrderOf, type Mutant, mutated } from '../../fuzz/mutants/catalogue.ts';
import { HARMLESS } from '../../fuzz/mutants/harmless.ts';
import { fateOf } from '../../fuzz/mutants/nursery.ts';
import { type Entry, earlier, reportOf, reportText, writeReport } from '../../fuzz/mutants/report.ts';
import { Source, tokenize } from '../../fuzz/mutants/source.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const sources = new Map<string, string>();
for (const entry of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (entry.endsWith('.ts')) sources.set(`src/${entry}`, readFileSync(join(ROOT, 'src', entry), 'utf8'));
}
const all = catalogue(sources);

/** What a family makes of a piece of code in a file of that name, each as the line that comes of it. */
function made(family: string, file: string, text: string): string[] {
  return catalogue(new Map([[file, text]]))
    .filter((m) => m.family === family)
    .map((m) => mutated(text, m));
}

describe('source texts', () => {
  it('become tokens: strings, templates, regular expressions and comments as a whole', () => {
    const text = "a?.b(`x${c + `}`} y`, /[/)]+/g, 'it\\'s') // )\n  /* ( */ >>> 0x1f_ff;";
    expect(tokenize(text).map((t) => t.text)).toEqual([
      ...['a', '?.', 'b', '(', '`x${c + `}`} y`', ',', '/[/)]+/g', ',', "'it\\'s'", ')', '>>>', '0x1f_ff', ';'],
    ]);
    expect(tokenize('a / b / c').map((t) => t.text)).toEqual(['a', '/', 'b', '/', 'c']);
  });

  it('have calls with arguments, and statements that are nothing but a call', () => {
    const source = new Source(
      'x.ts',
      'function f(a: number): void {\n  c.x.push(g(1, [2, 3]), { k: 4 });\n  if (h()) i();\n}',
    );
    const text = source
      .calls()
      .map((c) => [c.receiver, c.name, c.args.map((a) => source.slice(a)), c.statement !== undefined]);
    expect(text).toEqual([
      ['c.x', 'push', ['g(1, [2, 3])', '{ k: 4 }'], true],
      ['', 'g', ['1', '[2, 3]'], false],
      ['', 'h', [], false],
      ['', 'i', [], true],
    ]);
    expect(source.within(source.text.indexOf('push'))).toBe('f');
    expect(() => new Source('y.ts', 'a(]')).toThrow('y.ts: no bracket belongs to the one in line 1');
  });
});

describe('rules', () => {
  const LIFT = 'src/translator/lift/shifts.ts';

  it('swap operands where their order counts', () => {
    expect(made('operands', LIFT, "x = bin('shl', v, n);")).toEqual(["x = bin('shl', n, v);"]);
    expect(made('operands', LIFT, "x = bin('and', v, n); y = sub(a, a);")).toEqual([]);
    expect(made('operands', LIFT, "p({ k: 'select', c, a: one, b: two });")).toEqual([
      "p({ k: 'select', c, a: two, b: one });",
    ]);
  });

  it('take another operation, the other sign, the neighbouring boundary', () => {
    expect(made('operators', LIFT, "x = bin('ltu', a, b);")).toEqual([
      "x = bin('lts', a, b);",
      "x = bin('leu', a, b);",
    ]);
    expect(made('vectors', 'src/translator/lift/sse-x.ts', "op('i16x8.add_saturate_s', [a, b]);")).toEqual([
      "op('i16x8.add_saturate_u', [a, b]);",
      "op('i16x8.sub_saturate_s', [a, b]);",
    ]);
  });

  it('leave out flags, or write them for a shift by zero', () => {
    expect(made('flags', LIFT, "c.stmts.push({ k: 'flags', kind: FLAGS_RESULT, size, r });")).toEqual([';']);
    const shift = "c.stmts.push({ k: 'flagsif', e: n, then: flags });";
    expect(made('flags', LIFT, shift)).toContain(
      "c.stmts.push({ k: 'flagsif', e: { k: 'const', value: 1 }, then: flags });",
    );
    expect(made('flags', LIFT, 'const carry = c.hold(cond(CC_B));')).toEqual([
      "const carry = c.hold({ k: 'const', value: 0 });",
    ]);
  });

  it('drop checks: of limits, of the TLB, of page-crosses, of failures', () => {
    expect(made('guards', LIFT, 'c.guard(x);\nif (a || b) return false;')).toEqual([
      ';\nif (a || b) return false;',
      'c.guard(x);\nif (false || b) return false;',
      'c.guard(x);\nif (a || false) return false;',
    ]);
    const memory = made(
      'memory',
      'src/translator/lower/word-memory.ts',
      'b.code.push(m.if(slow, [b.leaveIfFailed()], y));',
    );
    expect(memory).toContain('b.code.push(m.if(m.con(0), [b.leaveIfFailed()], y));');
    expect(memory).toContain('b.code.push(m.if(slow, [b.m.module.nop()], y));');
  });

  it('leave links and entries of regions that are gone', () => {
    const text = 'class A {\n  private drop(region: Region): void {\n    this.links.set(region.key, 0);\n  }\n}';
    expect(made('lifetime', 'src/cache/translation-cache.ts', text)).toEqual([
      text.replace('this.links.set(region.key, 0);', ';'),
    ]);
  });

  it('make mutants of every family in the sources as they are, each another text that still has its brackets', () => {
    expect(all.length).toBeGreaterThan(1000);
    for (const { name } of FAMILIES) {
      expect(all.filter((m) => m.family === name).length, name).toBeGreaterThan(20);
    }
    expect(new Set(all.map((m) => m.id)).size).toBe(all.length);
    for (const m of all) {
      const text = mutated(sources.get(m.file)!, m);
      expect(text, m.id).not.toBe(sources.get(m.file));
      expect(() => new Source(m.file, text), m.id).not.toThrow();
    }
  });

  it('make nothing of what no guest can notice, and each kind of that is there', () => {
    const kinds = new Map(HARMLESS.map(([name]) => [name, 0]));
    for (const [file, text] of sources) {
      const source = new Source(file, text);
      for (const family of FAMILIES.filter((f) => f.files.test(file))) {
        for (const edit of family.edits(source)) {
          for (const [name, is] of HARMLESS) if (is(source, edit)) kinds.set(name, kinds.get(name)! + 1);
        }
      }
    }
    for (const [name, count] of kinds) {
      expect(count, name).toBeGreaterThan(0);
      // A few places, no more: a kind that swallows everything would leave nothing to be killed.
      expect(count, name).toBeLessThan(40);
    }
    // A guard of more bits leaves more often; not so one of a difference, or of fewer.
    expect(made('operators', LIFT, 'c.guard(and(x, con(4)));')).toEqual([]);
    expect(made('operators', LIFT, 'c.guard(xor(and(x, con(4)), y)); import { or, and };')).toContain(
      'c.guard(xor(or(x, con(4)), y)); import { or, and };',
    );
    // So does one of a sum in the place of a difference, but nothing in the place of either.
    const leaving = "wrong.push(m.bin('and', m.bin('xor', a, b), c));";
    expect(made('operators', 'src/translator/lower/x87.ts', leaving).join()).not.toContain("'or'");
    expect(made('operators', 'src/translator/lower/x87.ts', leaving.replace('wrong', 'right')).join()).toContain(
      "'or'",
    );
    // What is cut counts where a result decides about ZF.
    const cut = 'function f(c: Lifter): void {\n  const r = c.zext(x, size);\n  FLAGS;\n}\n';
    const uncut = cut.replace('c.zext(x, size)', 'x');
    expect(made('widths', LIFT, cut.replace('FLAGS', "p({ k: 'override', cf })"))).not.toContain(
      uncut.replace('FLAGS', "p({ k: 'override', cf })"),
    );
    expect(made('widths', LIFT, cut.replace('FLAGS', "p({ k: 'flags', kind: FLAGS_RESULT, r })"))).toContain(
      uncut.replace('FLAGS', "p({ k: 'flags', kind: FLAGS_RESULT, r })"),
    );
    expect(made('constants', LIFT, "c.guard(bin('gtu', x, con(7)));")).toEqual([]);
    expect(made('constants', LIFT, "c.guard(bin('ltu', x, con(7)));")).toEqual(["c.guard(bin('ltu', x, con(6)));"]);
  });

  it('come in the order of a seed, families in turn', () => {
    const order = inOrderOf(7, all);
    expect(order.slice(0, FAMILIES.length).map((m) => m.family)).toEqual(FAMILIES.map(({ name }) => name));
    expect(inOrderOf(7, all)).toEqual(order);
    expect(inOrderOf(8, all).map((m) => m.id)).not.toEqual(order.map((m) => m.id));
    expect(new Set(order).size).toBe(all.length);
  });
});

describe('the fate of a mutant', () => {
  const file = 'src/translator/lift/arithmetic.ts';
  const text = sources.get(file)!;
  const replacing = (before: string, after: string): Mutant => {
    const start = text.indexOf(before);
    expect(start, before).toBeGreaterThan(0);
    return { id: 'x', family: 'x', rule: 'x', file, line: 1, before, after, start, end: start + before.length };
  };

  it('is death where results differ', async () => {
    const fate = await fateOf(replacing('kind === FLAGS_ADC ?', 'kind !== FLAGS_ADC ?'), text, 1, 4000);
    expect(fate).toMatchObject({ result: 'killed', how: 'difference' });
    expect(fate.what).toMatch(/^\w+ 1:\d+, translator.*: interpreter/);
  }, 60_000);

  it('is to be stillborn where it does not load, and life where nothing is changed', async () => {
    expect(await fateOf(replacing('export const arithmetic:', 'export const algebra:'), text, 1, 512)).toMatchObject({
      result: 'stillborn',
    });
    expect(await fateOf(replacing('/** XADD', '/** xadd'), text, 1, 512)).toEqual({
      result: 'survived',
      how: 'none',
      cases: 512,
      what: '',
    });
  }, 60_000);
});

describe('the report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const head = { seed: 1, cases: 10, caseSeed: 2, possible: 3 };
  const entry = (id: string, result: Entry['result']): Entry => ({
    ...{ id, family: 'flags', rule: 'r', file: 'f', line: 1, before: 'b', after: 'a', start: 0, end: 1 },
    ...{ result, how: 'none', cases: 10, what: '' },
  });
  const entries = [entry('one', 'killed'), entry('two', 'survived'), entry('three', 'stillborn')];

  it('counts what was born, and is taken up again', () => {
    const report = reportOf(head, entries);
    expect(report).toMatchObject({
      counted: 2,
      killed: 1,
      stillborn: 1,
      families: { flags: { counted: 2, killed: 1 } },
    });
    expect(reportText(report)).toContain('1 of 2 mutants killed (50.0%)');
    const path = join(folder, 'report.json');
    expect(earlier(path, head)).toEqual([]);
    writeReport(path, report);
    expect(earlier(path, head)).toEqual(entries);
    expect(() => earlier(path, { ...head, cases: 11 })).toThrow('is of another run: its cases is 10, not 11');
    writeFileSync(path, '{');
    expect(() => earlier(path, head)).toThrow('it is not JSON');
  });
});
