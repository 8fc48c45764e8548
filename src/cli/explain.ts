/**
 * `transvisor explain`: what becomes of a piece of code on its way to WebAssembly.
 * The code is given as hexadecimal on the command line, as code text (code-text.ts)
 * in a file, or as a binary file.
 */
import { DecodeStatus, decode } from '../decoder/decode.ts';
import { Instruction } from '../decoder/instruction.ts';
import { readImage } from '../host/files.ts';
import { plainMode, regionsOfCode } from '../translator/code-regions.ts';
import { calloutsText, coldExitsText, functionText, irStagesText, listingText } from '../translator/explain.ts';
import type { Raw } from '../translator/lower/binaryen-raw.ts';
import { PASS_NAMES } from '../translator/passes/pass-names.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type RegionRequest, type TranslatorOptions } from '../translator/region.ts';
import { type CodeText, DEFAULT_ADDRESS, parseCodeText } from './code-text.ts';
import { choose, type OptionSpec, parseNumber, parseOptions } from './parse-options.ts';
import { EXIT_OK, UsageError } from './usage-error.ts';

/** Largest file; explaining costs milliseconds an instruction. */
const FILE_LIMIT = 0x1_0000;

interface ExplainConfig {
  code32?: boolean;
  user: boolean;
  address?: number;
  noPass: string[];
  maxRegion: number;
  chain: boolean;
}

export const EXPLAIN_OPTIONS: readonly OptionSpec<ExplainConfig>[] = [
  {
    name: 'mode',
    value: '16|32',
    help: '16-bit code as in real mode, or 32-bit code in flat segments (the default)',
    apply: (c, v) => {
      c.code32 = choose(v, ['16', '32'] as const, 'mode') === '32';
    },
  },
  {
    name: 'user',
    help: 'code of privilege level 3',
    apply: (c) => {
      c.user = true;
    },
  },
  {
    name: 'address',
    value: 'ADDRESS',
    help: 'offset of the first byte in its code segment',
    apply: (c, v) => {
      c.address = parseNumber(v, 0, 0xffff_ffff, 'address');
    },
  },
  {
    name: 'no-pass',
    value: 'NAME',
    help: `leave a pass out; any number of them: ${PASS_NAMES.join(', ')}`,
    apply: (c, v) => {
      c.noPass.push(choose(v, PASS_NAMES, 'pass'));
    },
  },
  {
    name: 'no-chain',
    help: 'exits go to the dispatcher',
    apply: (c) => {
      c.chain = false;
    },
  },
  {
    name: 'max-region',
    value: 'N',
    help: 'most blocks in a region',
    apply: (c, v) => {
      c.maxRegion = parseNumber(v, 1, 1000, 'count');
    },
  },
];

/** Prints each stage and returns the exit status. @throws UsageError, FileError */
export async function explain(args: readonly string[]): Promise<number> {
  const isPositional = (arg: string, n: number) => !arg.startsWith('-') && !takesValue(args[n - 1]);
  const words = args.filter(isPositional);
  if (words.length === 0) throw new UsageError('explain: give code as hexadecimal bytes, or a file');
  const config: ExplainConfig = {
    user: false,
    noPass: [],
    maxRegion: DEFAULT_TRANSLATOR_OPTIONS.maxRegion,
    chain: true,
  };
  parseOptions(
    args.filter((arg, n) => !isPositional(arg, n)),
    EXPLAIN_OPTIONS,
    config,
  );
  const code = readCode(words);
  const mode = plainMode(config.code32 ?? code.code32, config.user || code.user);
  const address = config.address ?? code.address;
  const good = decodableLength(code.bytes, mode.code32);
  if (good === 0) throw new UsageError(`explain: the first byte does not begin an instruction`);
  const moved = address - code.address;
  const leaders = [...code.labels.values()].map((label) => label + moved);
  const bytes = code.bytes.subarray(0, good);
  const requests = regionsOfCode({ bytes, address: address | 0, mode, leaders }, config.maxRegion);
  // Binaryen takes a third of a second to load: only once the command line is known to be good.
  const { loadBinaryen } = await import('../translator/lower/binaryen-raw.ts');
  const raw = await loadBinaryen();
  const { maxRegion, noPass, chain } = config;
  const options: TranslatorOptions = { ...DEFAULT_TRANSLATOR_OPTIONS, maxRegion, noPass, chain };
  for (const request of requests) process.stdout.write(`${report(raw, request, options)}\n`);
  if (good < code.bytes.length) {
    process.stdout.write(`${code.bytes.length - good} bytes from offset ${good} on are no instruction: left out\n`);
  }
  return EXIT_OK;
}

/** Code from what stands on the command line. @throws UsageError, FileError */
function readCode(words: readonly string[]): CodeText {
  const plain = (bytes: Uint8Array): CodeText => {
    return { bytes, code32: true, user: false, address: DEFAULT_ADDRESS, labels: new Map() };
  };
  if (words.every((word) => /^\s*([0-9a-fA-F]{2}\s*)+$/.test(word))) {
    return plain(Uint8Array.from(Buffer.from(words.join('').replace(/\s+/g, ''), 'hex')));
  }
  if (words.length > 1) throw new UsageError('explain: give one file, or bytes of two hexadecimal digits each');
  const file = words[0]!;
  const bytes = readImage(file, FILE_LIMIT);
  if (bytes.some((b) => b > 0x7e || (b < 0x20 && b !== 9 && b !== 10 && b !== 13))) return plain(bytes);
  try {
    return parseCodeText(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** How many bytes decode, one instruction after another. */
function decodableLength(bytes: Uint8Array, code32: boolean): number {
  const i = new Instruction();
  let at = 0;
  while (at < bytes.length && decode(bytes, at, bytes.length, code32, i) === DecodeStatus.Ok) at += i.length;
  return at;
}

function report(raw: Raw, request: RegionRequest, options: TranslatorOptions): string {
  const entry = (request.blocks[0]!.eip >>> 0).toString(16).padStart(8, '0');
  const parts: (readonly [string, string])[] = [
    [`Region ${entry}`, listingText(request)],
    ['IR', irStagesText(request, options)],
    ['WebAssembly', functionText(raw, request, options)],
    ['Callouts', calloutsText(request, options)],
    ['Cold exits', coldExitsText(raw, request, options)],
  ];
  return parts.map(([title, text]) => `== ${title} ==\n${text === '' ? 'none' : text}\n`).join('\n');
}

function takesValue(arg: string | undefined): boolean {
  return EXPLAIN_OPTIONS.some((o) => o.value !== undefined && (arg === `-${o.name}` || arg === `--${o.name}`));
}
