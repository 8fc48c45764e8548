; The Pentium III: SSE, and what the Pentium II has; not SSE2, CLFLUSH, NX.
;cpu pentium3
%include "prelude.inc"

body:
  mov eax, 1
  cpuid
  log eax                       ;= 683
  log ebx                       ;= 2
  and edx, ~(1 << 9)
  log edx                       ;= 381f9ff
  mov eax, 2
  cpuid
  log eax                       ;= 3020101
  log edx                       ;= c040882
  mov eax, (1 << 9) | (1 << 10)
  mov cr4, eax
  try addps xmm0, xmm1
  try prefetchnta [DATA]
  try sfence
  try fxsave [DATA]
  try cmovz eax, ecx
  try fcomi st1
  try pshufw mm0, mm1, 5
  try addpd xmm0, xmm1          ;= #6(0)
  try paddb xmm0, xmm1          ;= #6(0)
  try paddq mm0, mm1            ;= #6(0)
  try lfence                    ;= #6(0)
  try clflush [DATA]            ;= #6(0)
  try movnti [DATA], eax        ;= #6(0)
  try pause
  try haddps xmm0, xmm1         ;= #6(0)
  mov ecx, 0xc0000080
  try rdmsr                     ;= #13(0)
  ret
