/**
 * The translator's part of the log: in_asm, ir, wat and callout.
 *
 * The text of a region is made anew from its request on the thread that runs
 * the guest, wherever it was translated, and only when an item is on. WebAssembly text
 * needs Binaryen, which may still be loading: until then it waits.
 */
import { calloutsText, functionText, irStagesText, listingText } from '../translator/explain.ts';
import { loadBinaryen, type Raw } from '../translator/lower/binaryen-raw.ts';
import type { RegionRequest, TranslatorOptions } from '../translator/region.ts';
import { hex32, type LogItem, type TraceLog } from './trace-log.ts';

const ITEMS: readonly LogItem[] = ['in_asm', 'ir', 'wat', 'callout'];

/** Regions whose text may wait for Binaryen. */
const MAX_WAITING = 4096;

export class TranslationTrace {
  private readonly log: TraceLog;
  private readonly options: TranslatorOptions;
  private raw: Raw | undefined;
  private waiting: RegionRequest[] = [];

  private constructor(log: TraceLog, options: TranslatorOptions) {
    this.log = log;
    this.options = options;
    if (!log.enabled('wat')) return;
    void loadBinaryen().then((raw) => {
      this.raw = raw;
      for (const request of this.waiting) this.wat(request);
      this.waiting = [];
    });
  }

  /** Undefined when none of the items is on, so that being off costs one comparison. */
  static of(log: TraceLog, options: TranslatorOptions): TranslationTrace | undefined {
    return ITEMS.some((item) => log.enabled(item)) ? new TranslationTrace(log, options) : undefined;
  }

  /** Regions go to the compiler: their guest code and IR. */
  submitted(requests: readonly RegionRequest[]): void {
    for (const request of requests) {
      if (this.wanted('in_asm', request)) {
        const callouts = calloutsText(request, this.options);
        const tail = callouts === '' ? '' : `\ncallouts:\n${callouts}`;
        this.log.write('in_asm', `${head('IN', request)}\n${listingText(request)}${tail}\n`);
      }
      if (this.wanted('ir', request)) {
        this.log.write('ir', `${head('IR', request)}\n${irStagesText(request, this.options)}\n`);
      }
    }
  }

  /** Regions came back and can run: their WebAssembly. */
  published(requests: readonly RegionRequest[]): void {
    if (!this.log.enabled('wat')) return;
    for (const request of requests) {
      if (this.raw) this.wat(request);
      else if (this.waiting.length < MAX_WAITING) this.waiting.push(request);
    }
  }

  /**
   * The monitor or the interpreter carried an instruction out for translated code.
   * @param eip where it stands, `csBase` its code segment's base
   */
  callout(mnemonic: string, eip: number, csBase: number): void {
    if (!this.log.enabledAt('callout', (eip + csBase) | 0)) return;
    this.log.write('callout', `callout ${mnemonic} at ${hex32(eip)}`);
  }

  private wat(request: RegionRequest): void {
    if (!this.raw || !this.wanted('wat', request)) return;
    this.log.write('wat', `${head('WAT', request)}\n${functionText(this.raw, request, this.options)}\n`);
  }

  private wanted(item: LogItem, request: RegionRequest): boolean {
    if (!this.log.enabled(item)) return false;
    const { csBase } = request.mode;
    return request.blocks.some(({ eip, bytes }) => this.log.enabledIn(item, eip + csBase, bytes.length));
  }
}

function head(what: string, request: RegionRequest): string {
  const { mode, blocks } = request;
  const kind = `${mode.code32 ? 32 : 16}-bit${mode.user ? ', user' : ''}`;
  return `${what} region ${request.id} at ${hex32(blocks[0]!.eip)}: ${blocks.length} blocks, ${kind}`;
}
