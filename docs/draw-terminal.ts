/**
 * Draws docs/terminal.svg, the picture in the README: a session with the
 * bundled guest, as it really ran.
 *
 *     node --import tsx docs/draw-terminal.ts
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/transvisor', import.meta.url));
const OUT = fileURLToPath(new URL('terminal.svg', import.meta.url));
const COMMANDS = ['cpuid', 'smc', 'bench', 'poweroff'];
const PROMPT = 'CMS> ';
const CHAR = 8.4;
const LINE = 17;
const PAD = 14;

/** Types a command at each prompt and returns all that the guest printed. */
function session(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, 'guest', '-accel', 'translate'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const left = [...COMMANDS];
    let text = '';
    let seen = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const at = text.indexOf(PROMPT, seen);
      if (at < 0) return;
      seen = at + PROMPT.length;
      const command = left.shift();
      if (command !== undefined) child.stdin.write(`${command}\r`);
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

const escapeXml = (s: string) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const output = (await session()).replaceAll('\r', '').trimEnd();
const lines = ['$ npm start', ...output.trimStart().split('\n')];
const width = Math.max(...lines.map((l) => l.length)) * CHAR + 2 * PAD;
const height = lines.length * LINE + 2 * PAD;
const rows = lines.map((l, n) => {
  const typed = l.startsWith(PROMPT) || l.startsWith('$');
  return `<text x="${PAD}" y="${PAD + 12 + n * LINE}" fill="${typed ? '#9ece6a' : '#c0caf5'}">${escapeXml(l)}</text>`;
});
writeFileSync(
  OUT,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14" xml:space="preserve">
<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>
${rows.join('\n')}
</svg>
`,
);
