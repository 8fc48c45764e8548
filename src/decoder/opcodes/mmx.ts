/**
 * Opcode table, 0F map: MMX, and the instructions that SSE and SSE2 added on MMX
 * registers. Notation: opcode-notation.ts.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const MMX: readonly RowDraft[] = rows(
  'mmx',
  'translated',
  `
    NP 0F 60            punpcklbw Pq,Qd
    NP 0F 61            punpcklwd Pq,Qd
    NP 0F 62            punpckldq Pq,Qd
    NP 0F 63            packsswb Pq,Qq
    NP 0F 64            pcmpgtb Pq,Qq
    NP 0F 65            pcmpgtw Pq,Qq
    NP 0F 66            pcmpgtd Pq,Qq
    NP 0F 67            packuswb Pq,Qq
    NP 0F 68            punpckhbw Pq,Qq
    NP 0F 69            punpckhwd Pq,Qq
    NP 0F 6A            punpckhdq Pq,Qq
    NP 0F 6B            packssdw Pq,Qq
    NP 0F 6E            movd Pd,Ed
    NP 0F 6F            movq Pq,Qq
    NP 0F 70            pshufw Pq,Qq,Ib             sse
    NP 0F 71/2          psrlw Nq,Ib
    NP 0F 71/4          psraw Nq,Ib
    NP 0F 71/6          psllw Nq,Ib
    NP 0F 72/2          psrld Nq,Ib
    NP 0F 72/4          psrad Nq,Ib
    NP 0F 72/6          pslld Nq,Ib
    NP 0F 73/2          psrlq Nq,Ib
    NP 0F 73/6          psllq Nq,Ib
    NP 0F 74            pcmpeqb Pq,Qq
    NP 0F 75            pcmpeqw Pq,Qq
    NP 0F 76            pcmpeqd Pq,Qq
    NP 0F 77            emms
    NP 0F 7E            movd Ed,Pd
    NP 0F 7F            movq Qq,Pq
    NP 0F C4            pinsrw Pq,Rd/Mw,Ib          sse
    NP 0F C5            pextrw Gd,Nq,Ib             sse
    NP 0F D1            psrlw Pq,Qq
    NP 0F D2            psrld Pq,Qq
    NP 0F D3            psrlq Pq,Qq
    NP 0F D4            paddq Pq,Qq                 sse2
    NP 0F D5            pmullw Pq,Qq
    NP 0F D7            pmovmskb Gd,Nq              sse
    NP 0F D8            psubusb Pq,Qq
    NP 0F D9            psubusw Pq,Qq
    NP 0F DA            pminub Pq,Qq                sse
    NP 0F DB            pand Pq,Qq
    NP 0F DC            paddusb Pq,Qq
    NP 0F DD            paddusw Pq,Qq
    NP 0F DE            pmaxub Pq,Qq                sse
    NP 0F DF            pandn Pq,Qq
    NP 0F E0            pavgb Pq,Qq                 sse
    NP 0F E1            psraw Pq,Qq
    NP 0F E2            psrad Pq,Qq
    NP 0F E3            pavgw Pq,Qq                 sse
    NP 0F E4            pmulhuw Pq,Qq               sse
    NP 0F E5            pmulhw Pq,Qq
    NP 0F E7            movntq Mq,Pq                sse
    NP 0F E8            psubsb Pq,Qq
    NP 0F E9            psubsw Pq,Qq
    NP 0F EA            pminsw Pq,Qq                sse
    NP 0F EB            por Pq,Qq
    NP 0F EC            paddsb Pq,Qq
    NP 0F ED            paddsw Pq,Qq
    NP 0F EE            pmaxsw Pq,Qq                sse
    NP 0F EF            pxor Pq,Qq
    NP 0F F1            psllw Pq,Qq
    NP 0F F2            pslld Pq,Qq
    NP 0F F3            psllq Pq,Qq
    NP 0F F4            pmuludq Pq,Qq               sse2
    NP 0F F5            pmaddwd Pq,Qq
    NP 0F F6            psadbw Pq,Qq                sse
    NP 0F F7            maskmovq Pq,Nq              sse interpreted
    NP 0F F8            psubb Pq,Qq
    NP 0F F9            psubw Pq,Qq
    NP 0F FA            psubd Pq,Qq
    NP 0F FB            psubq Pq,Qq                 sse2
    NP 0F FC            paddb Pq,Qq
    NP 0F FD            paddw Pq,Qq
    NP 0F FE            paddd Pq,Qq
`,
);
