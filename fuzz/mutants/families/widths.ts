/** Widths and sign extension: narrowing dropped, the wrong size, zeros in place of sign bits. */
import { computes, type Edit, edit, type Family } from '../family.ts';
import type { Source } from '../source.ts';

function ofCalls(source: Source): Edit[] {
  return source.calls().flatMap((call): Edit[] => {
    const { name, args, start, end, receiver } = call;
    const [first, second] = args;
    if (!first) return [];
    if ((name === 'zext' || name === 'sext') && second) {
      const other = name === 'zext' ? 'sext' : 'zext';
      const callee = source.slice({ start, end: first.start });
      const rest = source.slice({ start: first.start, end });
      return [
        edit({ start, end }, source.slice(first), name === 'zext' ? 'not cut to its size' : 'sign extension dropped'),
        edit({ start, end }, callee.replace(name, other) + rest, 'extended the other way'),
      ];
    }
    // What is cut or extended at once is read alike from a register of any width.
    const cut = /(?:[sz]ext|shl)\($/.test(source.text.slice(0, start));
    if ((name === 'readReg' || name === 'writeReg') && second && !cut) {
      const size = source.slice(second);
      const to = size === '2' ? '4' : size === '4' ? '2' : '4';
      return [edit(second, to, 'another width')];
    }
    // Whether a load or multiplication is signed.
    const last = args.at(-1)!;
    const flag = source.slice(last);
    if (/^(?:load|mulHigh|divide64|extend)$/.test(name) && /^(?:true|false|signed|s\.signed)$/.test(flag)) {
      const to = flag === 'true' ? 'false' : flag === 'false' ? 'true' : `!${flag}`;
      return [edit(last, to, 'the other sign extension')];
    }
    const sized = args.findIndex((arg) => /^(?:s\.size|i\.s[01])$/.test(source.slice(arg)));
    if (receiver.endsWith('m') || receiver === 'c') {
      if (/^(?:load|store|top|push|linear|address)$/.test(name) && sized >= 0) {
        return [edit(args[sized]!, '1', 'one byte only')];
      }
    }
    return [];
  });
}

function ofNodes(source: Source): Edit[] {
  return source.objects().flatMap(({ properties }) => {
    const size = properties.get('size');
    if (!size) return [];
    const text = source.slice(size.value);
    return [edit(size.whole, text === '4' ? 'size: 2' : 'size: 4', 'another width')];
  });
}

export const widths: Family = {
  name: 'widths',
  does: 'widths and sign extension',
  files: /^src\/translator\/(?:lift|lower)\//,
  edits: (source) => [...ofCalls(source), ...ofNodes(source)].filter(({ start }) => computes(source, start)),
};
