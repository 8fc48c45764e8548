/**
 * Opcode table, the maps 0F 38 and 0F 3A: SSSE3, SSE4.1, SSE4.2 and MOVBE.
 * Notation: opcode-notation.ts.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const THREE_BYTE: readonly RowDraft[] = rows(
  'sse41',
  'translated',
  `
    NP 0F38 00          pshufb Pq,Qq                ssse3
    66 0F38 00          pshufb Vx,Wx                ssse3
    NP 0F38 01          phaddw Pq,Qq                ssse3
    66 0F38 01          phaddw Vx,Wx                ssse3
    NP 0F38 02          phaddd Pq,Qq                ssse3
    66 0F38 02          phaddd Vx,Wx                ssse3
    NP 0F38 03          phaddsw Pq,Qq               ssse3
    66 0F38 03          phaddsw Vx,Wx               ssse3
    NP 0F38 04          pmaddubsw Pq,Qq             ssse3
    66 0F38 04          pmaddubsw Vx,Wx             ssse3
    NP 0F38 05          phsubw Pq,Qq                ssse3
    66 0F38 05          phsubw Vx,Wx                ssse3
    NP 0F38 06          phsubd Pq,Qq                ssse3
    66 0F38 06          phsubd Vx,Wx                ssse3
    NP 0F38 07          phsubsw Pq,Qq               ssse3
    66 0F38 07          phsubsw Vx,Wx               ssse3
    NP 0F38 08          psignb Pq,Qq                ssse3
    66 0F38 08          psignb Vx,Wx                ssse3
    NP 0F38 09          psignw Pq,Qq                ssse3
    66 0F38 09          psignw Vx,Wx                ssse3
    NP 0F38 0A          psignd Pq,Qq                ssse3
    66 0F38 0A          psignd Vx,Wx                ssse3
    NP 0F38 0B          pmulhrsw Pq,Qq              ssse3
    66 0F38 0B          pmulhrsw Vx,Wx              ssse3
    NP 0F38 1C          pabsb Pq,Qq                 ssse3
    66 0F38 1C          pabsb Vx,Wx                 ssse3
    NP 0F38 1D          pabsw Pq,Qq                 ssse3
    66 0F38 1D          pabsw Vx,Wx                 ssse3
    NP 0F38 1E          pabsd Pq,Qq                 ssse3
    66 0F38 1E          pabsd Vx,Wx                 ssse3
    66 0F38 10          pblendvb Vx,Wx,XMM0
    66 0F38 14          blendvps Vps,Wps,XMM0
    66 0F38 15          blendvpd Vpd,Wpd,XMM0
    66 0F38 17          ptest Vx,Wx                 w=oszapc
    66 0F38 20          pmovsxbw Vx,Wq
    66 0F38 21          pmovsxbd Vx,Wd
    66 0F38 22          pmovsxbq Vx,Ww
    66 0F38 23          pmovsxwd Vx,Wq
    66 0F38 24          pmovsxwq Vx,Wd
    66 0F38 25          pmovsxdq Vx,Wq
    66 0F38 30          pmovzxbw Vx,Wq
    66 0F38 31          pmovzxbd Vx,Wd
    66 0F38 32          pmovzxbq Vx,Ww
    66 0F38 33          pmovzxwd Vx,Wq
    66 0F38 34          pmovzxwq Vx,Wd
    66 0F38 35          pmovzxdq Vx,Wq
    66 0F38 28          pmuldq Vx,Wx
    66 0F38 29          pcmpeqq Vx,Wx
    66 0F38 2B          packusdw Vx,Wx
    66 0F38 38          pminsb Vx,Wx
    66 0F38 39          pminsd Vx,Wx
    66 0F38 3A          pminuw Vx,Wx
    66 0F38 3B          pminud Vx,Wx
    66 0F38 3C          pmaxsb Vx,Wx
    66 0F38 3D          pmaxsd Vx,Wx
    66 0F38 3E          pmaxuw Vx,Wx
    66 0F38 3F          pmaxud Vx,Wx
    66 0F38 40          pmulld Vx,Wx
    66 0F38 41          phminposuw Vx,Wx            interpreted
    66 0F38 2A          movntdqa Vx,Mx
    66 0F38 37          pcmpgtq Vx,Wx               sse42
    NFx 0F38 F0         movbe Gv,Mv                 movbe
    NFx 0F38 F1         movbe Mv,Gv                 movbe
    F2 0F38 F0          crc32 Gd,Eb                 sse42 interpreted
    F2 0F38 F1          crc32 Gd,Ev                 sse42 interpreted
    66 0F3A 08          roundps Vps,Wps,Ib
    66 0F3A 09          roundpd Vpd,Wpd,Ib
    66 0F3A 0A          roundss Vss,Wss,Ib
    66 0F3A 0B          roundsd Vsd,Wsd,Ib
    66 0F3A 0C          blendps Vps,Wps,Ib
    66 0F3A 0D          blendpd Vpd,Wpd,Ib
    66 0F3A 0E          pblendw Vx,Wx,Ib
    NP 0F3A 0F          palignr Pq,Qq,Ib            ssse3
    66 0F3A 0F          palignr Vx,Wx,Ib            ssse3
    66 0F3A 14          pextrb Rd/Mb,Vx,Ib
    66 0F3A 15          pextrw Rd/Mw,Vx,Ib
    66 0F3A 16          pextrd Ed,Vx,Ib
    66 0F3A 17          extractps Ed,Vx,Ib
    66 0F3A 20          pinsrb Vx,Rd/Mb,Ib
    66 0F3A 21          insertps Vx,Wd,Ib
    66 0F3A 22          pinsrd Vx,Ed,Ib
    66 0F3A 40          dpps Vps,Wps,Ib             interpreted
    66 0F3A 41          dppd Vpd,Wpd,Ib             interpreted
    66 0F3A 42          mpsadbw Vx,Wx,Ib            interpreted
    66 0F3A 60          pcmpestrm Vx,Wx,Ib          w=oszapc sse42 interpreted
    66 0F3A 61          pcmpestri Vx,Wx,Ib          w=oszapc sse42 interpreted
    66 0F3A 62          pcmpistrm Vx,Wx,Ib          w=oszapc sse42 interpreted
    66 0F3A 63          pcmpistri Vx,Wx,Ib          w=oszapc sse42 interpreted
`,
);
