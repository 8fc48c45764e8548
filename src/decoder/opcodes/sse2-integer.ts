/**
 * Opcode table, 0F map: the integer instructions on XMM registers, which SSE2
 * brought (and LDDQU, of SSE3). Notation: opcode-notation.ts.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const SSE2_INTEGER: readonly RowDraft[] = rows(
  'sse2',
  'translated',
  `
    66 0F 60            punpcklbw Vx,Wx
    66 0F 61            punpcklwd Vx,Wx
    66 0F 62            punpckldq Vx,Wx
    66 0F 63            packsswb Vx,Wx
    66 0F 64            pcmpgtb Vx,Wx
    66 0F 65            pcmpgtw Vx,Wx
    66 0F 66            pcmpgtd Vx,Wx
    66 0F 67            packuswb Vx,Wx
    66 0F 68            punpckhbw Vx,Wx
    66 0F 69            punpckhwd Vx,Wx
    66 0F 6A            punpckhdq Vx,Wx
    66 0F 6B            packssdw Vx,Wx
    66 0F 6C            punpcklqdq Vx,Wx
    66 0F 6D            punpckhqdq Vx,Wx
    66 0F 6E            movd Vd,Ed
    66 0F 6F            movdqa Vx,Wx
    F3 0F 6F            movdqu Vx,Wx
    66 0F 70            pshufd Vx,Wx,Ib
    F3 0F 70            pshufhw Vx,Wx,Ib
    F2 0F 70            pshuflw Vx,Wx,Ib
    66 0F 71/2          psrlw Ux,Ib
    66 0F 71/4          psraw Ux,Ib
    66 0F 71/6          psllw Ux,Ib
    66 0F 72/2          psrld Ux,Ib
    66 0F 72/4          psrad Ux,Ib
    66 0F 72/6          pslld Ux,Ib
    66 0F 73/2          psrlq Ux,Ib
    66 0F 73/6          psllq Ux,Ib
    66 0F 73/3          psrldq Ux,Ib
    66 0F 73/7          pslldq Ux,Ib
    66 0F 74            pcmpeqb Vx,Wx
    66 0F 75            pcmpeqw Vx,Wx
    66 0F 76            pcmpeqd Vx,Wx
    66 0F 7E            movd Ed,Vd
    F3 0F 7E            movq Vq,Wq
    66 0F 7F            movdqa Wx,Vx
    F3 0F 7F            movdqu Wx,Vx
    66 0F C4            pinsrw Vx,Rd/Mw,Ib
    66 0F C5            pextrw Gd,Ux,Ib
    66 0F D1            psrlw Vx,Wx
    66 0F D2            psrld Vx,Wx
    66 0F D3            psrlq Vx,Wx
    66 0F D4            paddq Vx,Wx
    66 0F D5            pmullw Vx,Wx
    66 0F D6            movq Wq,Vq
    F3 0F D6            movq2dq Vq,Nq
    F2 0F D6            movdq2q Pq,Uq
    66 0F D7            pmovmskb Gd,Ux
    66 0F D8            psubusb Vx,Wx
    66 0F D9            psubusw Vx,Wx
    66 0F DA            pminub Vx,Wx
    66 0F DB            pand Vx,Wx
    66 0F DC            paddusb Vx,Wx
    66 0F DD            paddusw Vx,Wx
    66 0F DE            pmaxub Vx,Wx
    66 0F DF            pandn Vx,Wx
    66 0F E0            pavgb Vx,Wx
    66 0F E1            psraw Vx,Wx
    66 0F E2            psrad Vx,Wx
    66 0F E3            pavgw Vx,Wx
    66 0F E4            pmulhuw Vx,Wx
    66 0F E5            pmulhw Vx,Wx
    66 0F E7            movntdq Mx,Vx
    66 0F E8            psubsb Vx,Wx
    66 0F E9            psubsw Vx,Wx
    66 0F EA            pminsw Vx,Wx
    66 0F EB            por Vx,Wx
    66 0F EC            paddsb Vx,Wx
    66 0F ED            paddsw Vx,Wx
    66 0F EE            pmaxsw Vx,Wx
    66 0F EF            pxor Vx,Wx
    F2 0F F0            lddqu Vx,Mx                 sse3
    66 0F F1            psllw Vx,Wx
    66 0F F2            pslld Vx,Wx
    66 0F F3            psllq Vx,Wx
    66 0F F4            pmuludq Vx,Wx
    66 0F F5            pmaddwd Vx,Wx
    66 0F F6            psadbw Vx,Wx
    66 0F F7            maskmovdqu Vx,Ux              interpreted
    66 0F F8            psubb Vx,Wx
    66 0F F9            psubw Vx,Wx
    66 0F FA            psubd Vx,Wx
    66 0F FB            psubq Vx,Wx
    66 0F FC            paddb Vx,Wx
    66 0F FD            paddw Vx,Wx
    66 0F FE            paddd Vx,Wx
`,
);
