/** Bytes as NASM writes them: lines of `db`, runs of one byte as `times`. */

const PER_LINE = 16;
const MIN_RUN = 12;

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`;

/** Lines that assemble to `bytes`. */
export function bytesText(bytes: Uint8Array): string {
  const lines: string[] = [];
  let line: string[] = [];
  const flush = () => {
    if (line.length > 0) lines.push(`  db ${line.join(', ')}`);
    line = [];
  };
  for (let n = 0; n < bytes.length; ) {
    let run = 1;
    while (n + run < bytes.length && bytes[n + run] === bytes[n]) run++;
    if (run >= MIN_RUN) {
      flush();
      lines.push(`  times ${run} db ${hex(bytes[n]!)}`);
      n += run;
      continue;
    }
    line.push(hex(bytes[n]!));
    if (line.length === PER_LINE) flush();
    n++;
  }
  flush();
  return lines.join('\n');
}
