; The Pentium 4: SSE2 and CLFLUSH; neither SSE3 nor NX.
;cpu pentium4
%include "prelude.inc"

body:
  mov eax, 1
  cpuid
  log eax                       ;= f29
  log ebx                       ;= 10809
  and edx, ~(1 << 9)
  log edx                       ;= 789f9ff
  mov eax, 0x80000000
  cpuid
  log eax                       ;= 80000004
  mov eax, 0x80000002
  cpuid
  log eax                       ;= 65746e49
  mov eax, (1 << 9) | (1 << 10)
  mov cr4, eax
  try addpd xmm0, xmm1
  try paddb xmm0, xmm1
  try clflush [DATA]
  try lfence
  try haddps xmm0, xmm1         ;= #6(0)
  try lddqu xmm0, [DATA]        ;= #6(0)
  try fisttp dword [DATA]       ;= #6(0)
  mov ecx, 0xc0000080
  try rdmsr                     ;= #13(0)
  ret
