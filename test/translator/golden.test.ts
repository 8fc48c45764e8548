/**
 * What the translator makes of small pieces of code, in files beside the
 * sources (golden/*.txt), so that a change in generated code is seen in review. After a change that is meant:
 *
 *     npx vitest run test/translator/golden.test.ts -u
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { plainMode, regionsOfCode } from '../../src/translator/code-regions.ts';
import { calloutsText, coldExitsText, functionText, irStages, listingText } from '../../src/translator/explain.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type RegionRequest } from '../../src/translator/region.ts';

const FOLDER = fileURLToPath(new URL('golden', import.meta.url));
const raw = await loadBinaryen();

function golden(request: RegionRequest): string {
  const options = DEFAULT_TRANSLATOR_OPTIONS;
  const sections: (readonly [string, string])[] = [
    ['code', listingText(request)],
    ['IR', irStages(request, options).at(-1)!.text],
    ['callouts', calloutsText(request, options)],
    ['cold exits', coldExitsText(raw, request, options)],
    ['WebAssembly', functionText(raw, request, options)],
  ];
  return sections.map(([title, text]) => `== ${title} ==\n${text === '' ? 'none' : text}\n`).join('\n');
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

test.each(files)('%s', async (file) => {
  const code = parseCodeText(readFileSync(join(FOLDER, file), 'utf8'));
  const mode = plainMode(code.code32, code.user);
  const requests = regionsOfCode({ ...code, mode, leaders: [...code.labels.values()] }, 32);
  await expect(requests.map(golden).join('\n')).toMatchFileSnapshot(join(FOLDER, file.replace(/\.txt$/, '.golden')));
});

test('no golden file is left without a source', () => {
  const left = readdirSync(FOLDER).filter(
    (name) => name.endsWith('.golden') && !files.includes(name.replace(/golden$/, 'txt')),
  );
  expect(left).toEqual([]);
});
