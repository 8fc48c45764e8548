/**
 * Opcode table, 0F map: the general and the system instructions. The SIMD
 * part of the map is in mmx.ts and sse*.ts. Notation: opcode-notation.ts.
 *
 * PREFETCHh, which came with SSE, are NOPs to the P6 before it.
 *
 * SHLD and SHRD by zero leave the flags alone, so they read what they write; so does LAR of a bad selector, of
 * which only ZF tells.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const TWO_BYTE: readonly RowDraft[] = rows(
  '386',
  'translated',
  `
    0F 40+cc            cmovcc Gv,Ev        r=oszapc cmov
    0F 80+cc            jcc Jz              r=oszapc ends
    0F 90+cc            setcc Eb            r=oszapc
    0F B6               movzx Gv,Eb
    0F B7               movzx Gv,Ew
    0F BE               movsx Gv,Eb
    0F BF               movsx Gv,Ew
    0F C8+r             bswap Zv            486
    0F AF               imul Gv,Ev          w=oc u=szap
    0F A3               bt Ev,Gv            w=c u=osap
    0F AB               bts Ev,Gv           w=c u=osap lock
    0F B3               btr Ev,Gv           w=c u=osap lock
    0F BB               btc Ev,Gv           w=c u=osap lock
    0F BA/4             bt Ev,Ib            w=c u=osap
    0F BA/5             bts Ev,Ib           w=c u=osap lock
    0F BA/6             btr Ev,Ib           w=c u=osap lock
    0F BA/7             btc Ev,Ib           w=c u=osap lock
    0F BC               bsf Gv,Ev           w=z u=osapc
    0F BD               bsr Gv,Ev           w=z u=osapc
    F3 0F B8            popcnt Gv,Ev        w=oszapc popcnt
    0F A4               shld Ev,Gv,Ib       r=oszapc w=szpc u=oa
    0F A5               shld Ev,Gv,CL       r=oszapc w=szpc u=oa
    0F AC               shrd Ev,Gv,Ib       r=oszapc w=szpc u=oa
    0F AD               shrd Ev,Gv,CL       r=oszapc w=szpc u=oa
    0F B0               cmpxchg Eb,Gb       w=oszapc lock 486
    0F B1               cmpxchg Ev,Gv       w=oszapc lock 486
    0F C7/1             cmpxchg8b Mq        w=z lock cx8
    0F C0               xadd Eb,Gb          w=oszapc lock 486
    0F C1               xadd Ev,Gv          w=oszapc lock 486
    NP 0F C3            movnti Md,Gd        sse2

    0F 18/0m            prefetchnta Mb      ppro
    0F 18/1m            prefetcht0 Mb       ppro
    0F 18/2m            prefetcht1 Mb       ppro
    0F 18/3m            prefetcht2 Mb       ppro
    0F 0D | 0F 18/0r | 0F 18/1r | 0F 18/2r | 0F 18/3r | 0F 18/4 | 0F 18/5 | 0F 18/6 | 0F 18/7 | 0F 19 | 0F 1A | 0F 1B | 0F 1C | 0F 1D | 0F 1E | 0F 1F  nop Ev  ppro

    0F A0               push FS             sensitive
    0F A8               push GS             sensitive
    0F A1               pop FS              sensitive
    0F A9               pop GS              sensitive
    0F B2               lss Gv,Mp           callout sensitive ends
    0F B4               lfs Gv,Mp           callout sensitive ends
    0F B5               lgs Gv,Mp           callout sensitive ends

    0F 00/0             sldt Rv/Mw          286 callout sensitive
    0F 00/1             str Rv/Mw           286 callout sensitive
    0F 00/2             lldt Ew             286 callout sensitive
    0F 00/3             ltr Ew              286 callout sensitive
    0F 00/4             verr Ew             w=z 286 callout sensitive
    0F 00/5             verw Ew             w=z 286 callout sensitive
    0F 01/0m            sgdt Ms             286 callout sensitive
    0F 01/1m            sidt Ms             286 callout sensitive
    0F 01/2m            lgdt Ms             286 callout sensitive
    0F 01/3m            lidt Ms             286 callout sensitive
    0F 01/4             smsw Rv/Mw          286 callout sensitive
    0F 01/6             lmsw Ew             286 callout sensitive ends
    0F 01/7m            invlpg M            486 callout sensitive ends
    NP 0F 01=C8         monitor             monitor callout sensitive
    NP 0F 01=C9         mwait               monitor callout sensitive ends
    0F 01=F9            rdtscp              rdtscp sensitive
    NP 0F 01=CA         clac                smap sensitive
    NP 0F 01=CB         stac                smap sensitive
    0F 02               lar Gv,Rv/Mw        w=z 286 callout sensitive
    0F 03               lsl Gv,Rv/Mw        w=z 286 callout sensitive
    0F 05               syscall             syscall callout sensitive ends
    0F 07               sysret              syscall callout sensitive ends
    0F 06               clts                286 callout sensitive ends
    0F 08               invd                486 callout sensitive
    0F 09               wbinvd              486 callout sensitive
    0F 20               mov Rd,Cd           u=oszapc callout sensitive
    0F 21               mov Rd,Dd           u=oszapc callout sensitive
    0F 22               mov Cd,Rd           u=oszapc callout sensitive ends
    0F 23               mov Dd,Rd           u=oszapc callout sensitive ends
    0F 30               wrmsr               msr callout sensitive ends
    0F 31               rdtsc               tsc sensitive
    0F 32               rdmsr               msr callout sensitive
    0F 33               rdpmc               ppro callout sensitive
    0F 34               sysenter            sep callout sensitive ends
    0F 35               sysexit             sep callout sensitive ends
    0F A2               cpuid               cpuid callout sensitive
    0F AA               rsm                 w=oszapcdin callout sensitive ends

    0F 0B               ud2                 callout ends
    0F B9               ud1 Gv,Ev           callout ends
    0F FF               ud0 Gv,Ev           callout ends

    NP 0F AE/0m         fxsave Mfx          fxsr interpreted
    NP 0F AE/1m         fxrstor Mfx         fxsr interpreted
    NP 0F AE/2m         ldmxcsr Md          sse
    NP 0F AE/3m         stmxcsr Md          sse
    NP 0F AE/7m         clflush Mb          clflush interpreted
    NP 0F AE/5r         lfence              sse2
    NP 0F AE/6r         mfence              sse2
    NP 0F AE/7r         sfence              sse
`,
);
