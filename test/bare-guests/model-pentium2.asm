; The Pentium II: PAE, SYSENTER, MTRRs, PAT, CMOV, FXSAVE; no SSE.
;cpu pentium2
%include "prelude.inc"

body:
  mov eax, 0x80000000
  cpuid
  log eax                       ;= 3020101
  mov eax, 1
  cpuid
  log eax                       ;= 652
  and edx, ~(1 << 9)
  log edx                       ;= 181f9ff
  try cmovz eax, ecx
  try fcmovb st0, st1
  try fxsave [DATA]
  try prefetchnta [DATA]
  try nop dword [eax]
  try addps xmm0, xmm1          ;= #6(0)
  try pshufw mm0, mm1, 5        ;= #6(0)
  try ldmxcsr [DATA]            ;= #6(0)
  mov ecx, 0x277
  rdmsr
  log eax                       ;= 70406
  mov ecx, 0x174
  try rdmsr
  mov eax, (1 << 9)
  try mov cr4, eax
  mov eax, (1 << 10)
  try mov cr4, eax              ;= #13(0)
  ret
