/** A profile as one HTML page: tables, and the hottest regions with guest code, IR and WebAssembly side by side. */
import { type ProfileParts, type RegionCode, type Section, SHOWN_REGIONS, sections } from './report.ts';

const STYLE = `body { font: 14px/1.4 sans-serif; margin: 2em }
table { border-collapse: collapse; margin-bottom: 2em }
td, th { padding: 0.1em 1em 0.1em 0; text-align: left }
td + td, th + th { text-align: right }
details > div { display: grid; grid-template-columns: 2fr 2fr 3fr; gap: 1em; align-items: start }
pre { font: 12px/1.3 monospace; overflow-x: auto; max-height: 80vh; background: #f4f4f4; padding: 0.5em; margin: 0.3em 0 1em }
summary { cursor: pointer; padding: 0.2em 0 }`;

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function sectionHtml({ title, head, rows }: Section): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((cells) => row(cells, 'td')).join('\n');
  return `<h2>${escapeHtml(title)}</h2>\n<table>\n${row(head, 'th')}\n${body}\n</table>`;
}

function regionHtml(id: number, code: RegionCode, open: boolean): string {
  const columns = [code.guest, code.ir, code.wat].map((text) => `<pre>${escapeHtml(text)}</pre>`).join('\n');
  const title = escapeHtml(`region ${id}: ${code.title}`);
  return `<details${open ? ' open' : ''}><summary>${title}</summary>\n<div>\n${columns}\n</div></details>`;
}

export function profileHtml(parts: ProfileParts): string {
  const { profile, code } = parts;
  const shown = profile.regions.slice(0, SHOWN_REGIONS).flatMap(({ id }, n) => {
    const region = code.get(id);
    return region === undefined ? [] : [regionHtml(id, region, n < 3)];
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Transvisor: profile</title><style>${STYLE}</style></head><body>
<h1>Where the time went: ${profile.total.toFixed(0)} ms, ${profile.samples} samples</h1>
${sections(parts).map(sectionHtml).join('\n')}
<h2>Guest code, IR and WebAssembly of the hottest regions</h2>
${shown.join('\n')}
</body></html>
`;
}
