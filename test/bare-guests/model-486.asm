; The 486 without CPUID: what came later is undefined, and so are flags and bits of control registers.
;cpu 486,-cpuid
%include "prelude.inc"

body:
  try cpuid                     ;= #6(0)
  ; EFLAGS.AC can be set, ID cannot.
  pushfd
  pop eax
  or eax, (1 << 18) | (1 << 21)
  push eax
  popfd
  pushfd
  pop eax
  and eax, (1 << 18) | (1 << 21)
  log eax                       ;= 40000
  push dword 2
  popfd
  try rdtsc                     ;= #6(0)
  try rdmsr                     ;= #6(0)
  try wrmsr                     ;= #6(0)
  try cmpxchg8b [DATA]          ;= #6(0)
  try cmovz eax, ecx            ;= #6(0)
  try paddb mm0, mm1            ;= #6(0)
  try emms                      ;= #6(0)
  try sysenter                  ;= #6(0)
  try fxsave [DATA]             ;= #6(0)
  try addps xmm0, xmm1          ;= #6(0)
  try fcomi st1                 ;= #6(0)
  try nop dword [eax]           ;= #6(0)
  try ud2                       ;= #6(0)
  ; VME is there, PSE is not.
  mov eax, CR4_PSE
  try mov cr4, eax              ;= #13(0)
  mov eax, 1
  try mov cr4, eax
  mov eax, cr4
  log eax                       ;= 1
  ; What it has.
  mov eax, 0x01020304
  bswap eax
  log eax                       ;= 4030201
  mov ecx, 5
  xadd eax, ecx
  log eax                       ;= 4030206
  cmpxchg ecx, edx
  invlpg [DATA]
  ret
