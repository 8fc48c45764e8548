/** Draws docs/architecture.svg: `node --import tsx docs/draw-architecture.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const out: string[] = [];
const WIDTH = 980;
const HEIGHT = 760;

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function text(x: number, y: number, content: string, size = 13, weight = 'normal', anchor = 'middle'): void {
  out.push(
    `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${xml(content)}</text>`,
  );
}

/** A box with a title and lines below it. */
function box(x: number, y: number, w: number, h: number, fill: string, title: string, ...lines: string[]): void {
  out.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" fill="${fill}" stroke="#445"/>`);
  text(x + w / 2, y + 20, title, 14, 'bold');
  lines.forEach((line, n) => {
    text(x + w / 2, y + 38 + n * 16, line, 12);
  });
}

/** An arrow through points, with a label beside its middle. */
function arrow(points: readonly (readonly [number, number])[], label = '', dx = 6, dy = -6, dashed = false): void {
  const path = points.map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  out.push(`<path d="${path}" fill="none" stroke="#223" stroke-width="1.5" marker-end="url(#tip)"${dash}/>`);
  if (label === '') return;
  const [ax, ay] = points[Math.floor((points.length - 1) / 2)]!;
  const [bx, by] = points[Math.floor((points.length - 1) / 2) + 1]!;
  text((ax + bx) / 2 + dx, (ay + by) / 2 + dy, label, 12, 'normal', 'start');
}

const HOST = '#e8eef7';
const MONITOR = '#fdf0d5';
const CACHE = '#e3f1e1';
const TRANSLATOR = '#f6e1e7';
const INTERPRETER = '#ece4f6';
const STATE = '#f2f2ee';

box(
  20,
  20,
  450,
  60,
  HOST,
  'src/cli, src/index.ts, src/host',
  'command line, library; files, terminal, threads, clock of Node',
);
box(
  20,
  120,
  450,
  92,
  MONITOR,
  'src/vmm: Machine, VcpuLoop',
  'stretches of guest code, up to the next deadline;',
  'interrupts between them; virtual or real time;',
  'loaders; slices of a few ms for the host',
);
box(
  560,
  120,
  400,
  92,
  MONITOR,
  'src/vmm/devices',
  'PIC, PIT, UART, RTC, i8042, VGA registers, DMA, PCI',
  'behind a port bus and a memory bus;',
  'they raise lines, never touch the CPU',
);
box(
  20,
  252,
  450,
  92,
  MONITOR,
  'src/vmm: TranslatingEngine',
  'the dispatcher: finds a region, runs it,',
  'deals with why it left; cold code is interpreted;',
  'slow paths, callouts, compile queue',
);
box(
  560,
  252,
  400,
  92,
  CACHE,
  'src/cache: TranslationCache',
  'regions by physical entry, linear entry and mode;',
  'links, jump cache, function table;',
  'forms regions, forgets those whose bytes change',
);
box(
  20,
  384,
  450,
  92,
  INTERPRETER,
  'src/interpreter',
  'decoded blocks, one handler an instruction,',
  'exact at every boundary; counts executions:',
  'a block that grows hot is asked for as a region',
);
box(
  560,
  384,
  400,
  120,
  TRANSLATOR,
  'src/translator (on a thread of its own)',
  'decode -> lift -> fold, dead-flags -> lower',
  'IR: registers, lazy flags, memory (docs/ir.md)',
  'our own writer, or Binaryen -> a module of many regions',
  'V8: Liftoff, then its optimizing tier',
  'bytes in, bytes out: plain data across threads',
);
box(20, 516, 450, 60, INTERPRETER, 'src/decoder', 'one opcode table: decoder, printer, fuzzing, support matrix');
box(560, 534, 400, 60, CACHE, 'compiled regions', 'functions in one table; tail calls from region to region');
box(
  20,
  620,
  940,
  120,
  STATE,
  'src/cpu: one WebAssembly.Memory a machine',
  'vCPU state  |  words of the translator  |  jump cache  |  link slots  |  TLB (2^20 entries)',
  'delta tables: read and write, supervisor and user  |  guest RAM and ROM',
  'paging, segments, exceptions, system instructions: functions on Cpu that both engines use',
  'code-page versions: every write to code, whoever makes it, voids decoded blocks and regions',
);

arrow(
  [
    [245, 80],
    [245, 120],
  ],
  'run, stop, type',
  8,
  4,
);
arrow(
  [
    [470, 150],
    [560, 150],
  ],
  'due events',
  -36,
  -6,
);
arrow(
  [
    [560, 190],
    [470, 190],
  ],
  'INTR',
  -14,
  -6,
);
arrow(
  [
    [245, 212],
    [245, 252],
  ],
  'run(budget)',
  8,
  4,
);
arrow(
  [
    [470, 282],
    [560, 282],
  ],
  'find',
  -12,
  -6,
);
arrow(
  [
    [560, 322],
    [470, 322],
  ],
  'region',
  -40,
  -6,
);
arrow(
  [
    [200, 344],
    [200, 384],
  ],
  'cold code, callouts',
  8,
  4,
);
arrow(
  [
    [470, 420],
    [515, 420],
    [515, 305],
    [560, 305],
  ],
  'hot',
  -28,
  44,
  true,
);
arrow(
  [
    [760, 344],
    [760, 384],
  ],
  'batch of requests',
  8,
  4,
);
arrow(
  [
    [760, 504],
    [760, 534],
  ],
  'module',
  8,
  4,
);
arrow(
  [
    [470, 335],
    [535, 335],
    [535, 560],
    [560, 560],
  ],
  'enter / leave',
  -79,
  53,
);
arrow([
  [245, 476],
  [245, 516],
]);
arrow(
  [
    [760, 594],
    [760, 620],
  ],
  'loads and stores',
  8,
  4,
);
arrow(
  [
    [245, 576],
    [245, 620],
  ],
  '',
  0,
  0,
);

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif">
<title>How Transvisor is built</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#223"/></marker></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${out.join('\n')}
</svg>
`;
writeFileSync(fileURLToPath(new URL('architecture.svg', import.meta.url)), svg);
