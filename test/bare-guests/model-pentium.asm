; The Pentium with MMX: CMPXCHG8B, RDTSC, MSRs, MMX and PSE; not what the Pentium Pro brought.
;cpu pentium
%include "prelude.inc"

body:
  xor eax, eax
  cpuid
  log eax                       ;= 1
  log ebx                       ;= 756e6547
  mov eax, 1
  cpuid
  log eax                       ;= 543
  and edx, 0x00ffffff & ~(1 << 9)
  log edx                       ;= 8001bf
  try rdtsc
  try cmpxchg8b [DATA]
  try paddb mm0, mm1
  try emms
  mov ecx, 0x10
  try rdmsr
  ; IA32_SYSENTER_CS, IA32_PAT, IA32_MTRRCAP, IA32_EFER.
  mov ecx, 0x174
  try rdmsr                     ;= #13(0)
  mov ecx, 0x277
  try rdmsr                     ;= #13(0)
  mov ecx, 0xfe
  try rdmsr                     ;= #13(0)
  mov ecx, 0xc0000080
  try rdmsr                     ;= #13(0)
  try cmovz eax, ecx            ;= #6(0)
  try fcmovb st0, st1           ;= #6(0)
  try sysenter                  ;= #6(0)
  try fxsave [DATA]             ;= #6(0)
  try prefetchnta [DATA]        ;= #6(0)
  try pshufw mm0, mm1, 5        ;= #6(0)
  try rdpmc                     ;= #6(0)
  mov eax, CR4_PSE | (1 << 6)
  try mov cr4, eax
  mov eax, CR4_PAE
  try mov cr4, eax              ;= #13(0)
  mov eax, CR4_PGE
  try mov cr4, eax              ;= #13(0)
  mov eax, 1 << 9
  try mov cr4, eax              ;= #13(0)
  ret
