/** Assembles the x87 runtime: `node --import tsx docs/generate-x87-runtime.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import binaryen from 'binaryen';
import { x87Text } from '../src/translator/runtime/x87-text.ts';

const FILE = fileURLToPath(new URL('../src/translator/runtime/x87-bytes.ts', import.meta.url));

/** The file's text. */
export function x87Bytes(): string {
  const module = binaryen.parseText(x87Text());
  const F = binaryen.Features;
  module.setFeatures(F.MVP | F.SignExt | F.NontrappingFPToInt | F.Multivalue);
  const lines =
    Buffer.from(module.emitBinary())
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  module.dispose();
  const text = lines.map((line) => `  '${line}',`).join('\n');
  return `/** The x87 runtime, assembled from x87-text.ts by docs/generate-x87-runtime.ts; base64. A test keeps the two together. */
export const X87_BYTES: readonly string[] = [
${text}
];
`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(FILE, x87Bytes());
}
