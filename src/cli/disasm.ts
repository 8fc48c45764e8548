/**
 * `transvisor disasm FILE`: an Intel-syntax listing of a flat binary.
 */
import { once } from 'node:events';
import { disassemble, formatLine } from '../decoder/listing.ts';
import { readImage } from '../host/files.ts';
import { type OptionSpec, parseNumber, parseOptions } from './parse-options.ts';
import { EXIT_OK, UsageError } from './usage-error.ts';

const FILE_LIMIT = 64 * 2 ** 20;
const LINES_A_WRITE = 1000;

interface DisasmConfig {
  code32: boolean;
  origin: number;
  offset: number;
  length: number;
}

const OPTIONS: readonly OptionSpec<DisasmConfig>[] = [
  {
    name: '16',
    help: '16-bit code',
    apply: (c) => {
      c.code32 = false;
    },
  },
  {
    name: '32',
    help: '32-bit code (the default)',
    apply: (c) => {
      c.code32 = true;
    },
  },
  {
    name: 'origin',
    value: 'ADDRESS',
    help: 'address of the first byte listed',
    apply: (c, v) => {
      c.origin = parseNumber(v, 0, 0xffffffff, 'address');
    },
  },
  {
    name: 'offset',
    value: 'N',
    help: 'bytes of the file to leave out at its beginning',
    apply: (c, v) => {
      c.offset = parseNumber(v, 0, FILE_LIMIT, 'offset');
    },
  },
  {
    name: 'length',
    value: 'N',
    help: 'bytes to list',
    apply: (c, v) => {
      c.length = parseNumber(v, 0, FILE_LIMIT, 'length');
    },
  },
];

/** Prints the listing and returns the exit status. @throws UsageError, FileError */
export async function disasm(args: readonly string[]): Promise<number> {
  const at = args.findIndex((arg, i) => !arg.startsWith('-') && !takesValue(args[i - 1]));
  const file = args[at];
  if (file === undefined) throw new UsageError('disasm: name a file');
  const config: DisasmConfig = { code32: true, origin: 0, offset: 0, length: FILE_LIMIT };
  parseOptions(
    args.filter((_, i) => i !== at),
    OPTIONS,
    config,
  );
  const bytes = readImage(file, FILE_LIMIT);
  if (config.offset > bytes.length) {
    throw new UsageError(`--offset: ${config.offset} is beyond the file's ${bytes.length} bytes`);
  }
  const code = bytes.subarray(config.offset, config.offset + config.length);
  let lines: string[] = [];
  for (const line of disassemble(code, config.origin, config.code32)) {
    if (lines.push(formatLine(line)) === LINES_A_WRITE) {
      await print(lines);
      lines = [];
    }
  }
  await print(lines);
  return EXIT_OK;
}

function takesValue(arg: string | undefined): boolean {
  return OPTIONS.some(
    (option) => option.value !== undefined && (arg === `-${option.name}` || arg === `--${option.name}`),
  );
}

async function print(lines: readonly string[]): Promise<void> {
  if (lines.length > 0 && !process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain');
}
