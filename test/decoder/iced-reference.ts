/**
 * iced-x86 as the second opinion: decodes the same bytes with both and says where they
 * disagree, after the listed differences (iced-differences.ts) are taken away.
 *
 * Compared are status, length, mnemonic and operands (through the whole
 * printed instruction), and the size of the memory operand.
 */
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction, K } from '../../src/decoder/instruction.ts';
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { format } from '../../src/decoder/print.ts';
import { NEW_ENCODINGS, NOT_OUR_CPU, REWRITES } from './iced-differences.ts';

// The package is CommonJS with exports that an ESM import does not see.
const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;

function formatter(syntax: Iced.FormatterSyntax): Iced.Formatter {
  const made = new iced.Formatter(syntax);
  made.memorySizeOptions = iced.MemorySizeOptions.Always;
  made.hexPrefix = '0x';
  made.hexSuffix = '';
  made.uppercaseHex = false;
  made.branchLeadingZeros = false;
  made.showBranchSize = false;
  made.usePseudoOps = false;
  return made;
}

const intel = formatter(iced.FormatterSyntax.Intel);
/** For x87: the Intel formatter writes `fld st,dword ptr [eax]`. */
const masm = formatter(iced.FormatterSyntax.Masm);
masm.masmAddDsPrefix32 = false;

const X87_FEATURES: ReadonlySet<string> = new Set(['fpu', 'fcmov', 'fisttp']);

/** BSF and BSR with F3 are TZCNT and LZCNT only on later processors, WBINVD with F3 is WBNOINVD. */
const BASE_OPTIONS = iced.DecoderOptions.NoMPFX_0FBC | iced.DecoderOptions.NoMPFX_0FBD | iced.DecoderOptions.NoWbnoinvd;
/** 0F 19 to 0F 1F are hint NOPs: no MPX, no CET. */
const OPTIONS = BASE_OPTIONS | iced.DecoderOptions.ForceReservedNop;

const foreign: ReadonlySet<string> = new Set(Object.values(NOT_OUR_CPU).flatMap((names) => names.split(' ')));
const newEncoding = new RegExp(`^(?:66|67|f0|f2|f3|26|2e|36|3e|64|65)*(?:${Object.keys(NEW_ENCODINGS).join('|')})`);

/** Where the printed instruction is placed. */
const EIP = 0x1000;

/** How often each rewrite was needed, by its place in REWRITES. */
export const rewritesUsed: number[] = REWRITES.map(() => 0);

const insn = new Instruction();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function textsAgree(ours: string, theirs: string, row: OpcodeRow, code32: boolean): string | undefined {
  let text = theirs;
  if (text === ours) return undefined;
  for (const [i, rule] of REWRITES.entries()) {
    if (rule.only && !rule.only.includes(row.mnemonic)) continue;
    if (rule.code32 !== undefined && rule.code32 !== code32) continue;
    const next = text.replace(rule.from, rule.to);
    if (next === text) continue;
    text = next;
    rewritesUsed[i] = (rewritesUsed[i] ?? 0) + 1;
    if (text === ours) return undefined;
  }
  return `"${ours}", iced says "${theirs}"${text === theirs ? '' : ` (rewritten "${text}")`}`;
}

function isForeign(theirs: Iced.Instruction, bytes: Uint8Array): boolean {
  if (newEncoding.test(hex(bytes))) return true;
  const words = intel.format(theirs).split(' ');
  return words.some((word) => foreign.has(word));
}

function compareDecoded(theirs: Iced.Instruction, code32: boolean): string | undefined {
  const x87 = X87_FEATURES.has(insn.row.feature);
  const difference = textsAgree(format(insn, EIP), (x87 ? masm : intel).format(theirs), insn.row, code32);
  if (difference !== undefined) return difference;
  if (insn.length !== theirs.length) return `length ${insn.length}, iced says ${theirs.length}`;
  const size = insn.k0 === K.Mem ? insn.s0 : insn.k1 === K.Mem ? insn.s1 : insn.k2 === K.Mem ? insn.s2 : -1;
  const theirSize = iced.MemorySizeExt.size(theirs.memorySize);
  if (size > 0 && size !== theirSize) return `memory operand of ${size} bytes, iced says ${theirSize}`;
  return undefined;
}

/**
 * Decodes the first instruction of `bytes` with both.
 * @returns what is different, or undefined
 */
export function disagreement(bytes: Uint8Array, code32: boolean): string | undefined {
  const status = decode(bytes, 0, bytes.length, code32, insn);
  const prefetch = status === DecodeStatus.Ok && insn.row.mnemonic.startsWith('prefetch');
  const decoder = new iced.Decoder(code32 ? 32 : 16, bytes, prefetch ? BASE_OPTIONS : OPTIONS);
  decoder.ip = BigInt(EIP);
  const theirs = decoder.decode();
  const invalid = theirs.code === iced.Code.INVALID;
  const short = decoder.lastError === iced.DecoderError.NoMoreBytes;
  let difference: string | undefined;
  if (status === DecodeStatus.Ok) {
    difference = invalid ? `"${format(insn, EIP)}", iced says invalid` : compareDecoded(theirs, code32);
  } else if (status === DecodeStatus.NeedMore) {
    if (!short && !isForeign(theirs, bytes))
      difference = `needs more bytes, iced says ${invalid ? 'invalid' : intel.format(theirs)}`;
  } else if (status === DecodeStatus.TooLong) {
    if (!invalid || short)
      difference = `longer than 15 bytes, iced says ${invalid ? 'too few bytes' : intel.format(theirs)}`;
  } else if (!invalid && !isForeign(theirs, bytes)) {
    difference = `undefined, iced says "${intel.format(theirs)}"`;
  }
  theirs.free();
  decoder.free();
  return difference === undefined ? undefined : `${code32 ? 32 : 16}-bit ${hex(bytes)}: ${difference}`;
}
