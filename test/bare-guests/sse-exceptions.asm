; SSE's exceptions (SDM vol. 1 section 11.5, vol. 3 section 2.5): #XM and #UD for unmasked ones, flags, #NM and #UD by CR0
; and CR4, #GP for alignment, reserved bits of MXCSR.
%include "prelude.inc"
CR4_OSFXSR equ 1 << 9
CR4_OSXMMEXCPT equ 1 << 10
CR0_EM equ 1 << 2
CR0_TS equ 1 << 3
CR0_AM equ 1 << 18

%macro mxcsr 1
  mov dword [word_], %1
  ldmxcsr [word_]
%endmacro
%macro log_mxcsr 0
  stmxcsr [word_]
  log_word
%endmacro
%macro log_word 0
  mov eax, [word_]
  log eax
%endmacro
%macro log_low 1
  movd eax, %1
  log eax
%endmacro

body:
  clts
  ; Without CR4.OSFXSR all of SSE is undefined, MMX and what orders memory is not.
  xor eax, eax
  mov cr4, eax
  try addps xmm0, xmm1          ;= #6(0)
  try movaps xmm0, [ones]       ;= #6(0)
  try paddb xmm0, xmm1          ;= #6(0)
  try ldmxcsr [word_]           ;= #6(0)
  try cvtpi2ps xmm0, mm0        ;= #6(0)
  try pshufb xmm0, xmm1         ;= #6(0)
  try roundps xmm0, xmm1, 0     ;= #6(0)
  try paddb mm0, mm1
  try pshufb mm0, mm1
  try pavgb mm0, mm1
  try mfence
  try sfence
  try prefetchnta [0xffffff00]
  try popcnt eax, ecx
  try crc32 eax, ecx
  emms
  mov eax, CR4_OSFXSR
  mov cr4, eax

  ; CR0.EM: undefined, also with TS.
  mov eax, cr0
  or eax, CR0_EM | CR0_TS
  mov cr0, eax
  try addps xmm0, xmm1          ;= #6(0)
  try paddb mm0, mm1            ;= #6(0)
  try fld1                      ;= #7(0)
  try lfence
  try movnti [DATA], eax
  and eax, ~CR0_EM
  mov cr0, eax
  ; CR0.TS: device not available.
  try addps xmm0, xmm1          ;= #7(0)
  try paddb mm0, mm1            ;= #7(0)
  try movups [DATA], xmm0       ;= #7(0)
  try stmxcsr [word_]           ;= #7(0)
  try ldmxcsr [word_]           ;= #7(0)
  try fxsave [DATA]             ;= #7(0)
  try emms                      ;= #7(0)
  try pshufb xmm0, xmm1         ;= #7(0)
  try ptest xmm0, xmm1          ;= #7(0)
  ; Before the operand is looked at.
  try addps xmm0, [DATA + 1]    ;= #7(0)
  try addps xmm0, [0xc00000]    ;= #7(0)
  try sfence
  clts

  ; Alignment: #GP(0) before #PF; unaligned moves may be anywhere.
  try movaps xmm0, [DATA + 4]   ;= #13(0)
  try movaps [DATA + 8], xmm0   ;= #13(0)
  try addps xmm0, [DATA + 1]    ;= #13(0)
  try paddb xmm0, [DATA + 2]    ;= #13(0)
  try pshufb xmm0, [DATA + 8]   ;= #13(0)
  try roundps xmm0, [DATA + 8], 0       ;= #13(0)
  try ptest xmm0, [DATA + 8]    ;= #13(0)
  try movntdqa xmm0, [DATA + 8] ;= #13(0)
  try movntps [DATA + 4], xmm0  ;= #13(0)
  try addps xmm0, [0xc00008]    ;= #13(0)
  try addps xmm0, [0xc00010]    ;= #PF(0)@c00010
  try movups xmm0, [DATA + 1]
  try lddqu xmm0, [DATA + 1]
  try pcmpistri xmm0, [DATA + 1], 0
  try movss xmm0, [DATA + 1]
  try addss xmm0, [DATA + 1]
  try pmovzxbw xmm0, [DATA + 1]
  try fxsave [DATA + 8]         ;= #13(0)
  try fxrstor [DATA + 8]        ;= #13(0)
  ; 16 bytes across pages, of which the second is not there: nothing is written.
  movups xmm0, [ones]
  mov dword [PT0 + (DATA >> 12) * 4 + 4], 0
  invlpg [DATA + 0x1000]
  mov dword [DATA + 0xff8], 0
  try movups [DATA + 0xff8], xmm0       ;= #PF(2)@51000
  try movups xmm1, [DATA + 0xff9]       ;= #PF(0)@51000
  mov eax, [DATA + 0xff8]
  log eax                       ;= 0
  mov dword [PT0 + (DATA >> 12) * 4 + 4], (DATA + 0x1000) | 3

  ; Reserved bits of MXCSR; MXCSR_MASK says which there are.
  mov dword [word_], 0x10000
  try ldmxcsr [word_]           ;= #13(0)
  mov dword [word_], 0xffff
  try ldmxcsr [word_]
  log_mxcsr                     ;= ffff
  fxsave [DATA]
  mov eax, [DATA + 28]
  log eax                       ;= ffff
  mov dword [DATA + 24], 0x10000
  try fxrstor [DATA]            ;= #13(0)

  ; Masked: flags and default results. 1/3 rounded each way, 0/0, 1/0.
  mxcsr 0x1f80
  movss xmm0, [ones]
  divss xmm0, [three]
  log_low xmm0                  ;= 3eaaaaab
  log_mxcsr                     ;= 1fa0
  mxcsr 0x3f80
  movss xmm0, [ones]
  divss xmm0, [three]
  log_low xmm0                  ;= 3eaaaaaa
  mxcsr 0x5f80
  movss xmm0, [ones]
  divss xmm0, [three]
  log_low xmm0                  ;= 3eaaaaab
  mxcsr 0x7f80
  movss xmm0, [ones]
  divss xmm0, [three]
  log_low xmm0                  ;= 3eaaaaaa
  mxcsr 0x1f80
  xorps xmm0, xmm0
  divss xmm0, xmm0
  log_low xmm0                  ;= ffc00000
  log_mxcsr                     ;= 1f81
  mxcsr 0x1f80
  movss xmm0, [ones]
  divss xmm0, [zeros]
  log_low xmm0                  ;= 7f800000
  log_mxcsr                     ;= 1f84
  ; A denormal operand; with DAZ it is zero. A tiny result; with FTZ it is zero.
  mxcsr 0x1f80
  movss xmm0, [tiny]
  mulss xmm0, [ones]
  log_low xmm0                  ;= 1
  log_mxcsr                     ;= 1f82
  mxcsr 0x1fc0
  movss xmm0, [tiny]
  addss xmm0, [zeros]
  log_low xmm0                  ;= 0
  log_mxcsr                     ;= 1fc0
  mxcsr 0x1f80
  movss xmm0, [small]
  mulss xmm0, [third]
  log_low xmm0                  ;= 2aaaab
  log_mxcsr                     ;= 1fb0
  mxcsr 0x9f80
  movss xmm0, [small]
  mulss xmm0, [third]
  log_low xmm0                  ;= 0
  log_mxcsr                     ;= 9fb0
  ; Overflow.
  mxcsr 0x1f80
  movss xmm0, [big]
  mulss xmm0, xmm0
  log_low xmm0                  ;= 7f800000
  log_mxcsr                     ;= 1fa8
  mxcsr 0x7f80
  movss xmm0, [big]
  mulss xmm0, xmm0
  log_low xmm0                  ;= 7f7fffff

  ; Unmasked, without CR4.OSXMMEXCPT: #UD. With it #XM; the destination stays, the flag is set.
  mxcsr 0x1d80
  movss xmm0, [ones]
  try divss xmm0, [zeros]       ;= #6(0)
  log_mxcsr                     ;= 1d84
  mov eax, CR4_OSFXSR | CR4_OSXMMEXCPT
  mov cr4, eax
  mxcsr 0x1d80
  movaps xmm0, [ones]
  try divps xmm0, [zeros]       ;= #19(0)
  log_low xmm0                  ;= 3f800000
  log_mxcsr                     ;= 1d84
  ; A sticky flag alone raises nothing.
  try addss xmm0, xmm0
  mxcsr 0x0f80
  movaps xmm0, [ones]
  try divps xmm0, [threes]      ;= #19(0)
  log_mxcsr                     ;= fa0
  ; Before an unmasked precision exception comes one that is unmasked of the operands, and nothing else is flagged.
  mxcsr 0x0e80
  movaps xmm0, [mixed]
  try divps xmm0, [threes]      ;= #19(0)
  log_mxcsr                     ;= e82
  mxcsr 0x1f00
  try comiss xmm0, [nan]        ;= #19(0)
  mxcsr 0x1f00
  try ucomiss xmm0, [nan]
  log_mxcsr                     ;= 1f00
  try cvttps2dq xmm0, [bigs]    ;= #19(0)
  try cvtss2si eax, [nan]       ;= #19(0)
  mxcsr 0x0f80
  try roundps xmm0, [thirds], 8
  try roundps xmm0, [thirds], 0 ;= #19(0)
  mxcsr 0x1f80
  ret

align 16
ones: dd 1.0, 1.0, 1.0, 1.0
threes:
three: dd 3.0, 3.0, 3.0, 3.0
zeros: dd 0, 0, 0, 0
thirds:
third: dd 0x3eaaaaab, 0x3eaaaaab, 0x3eaaaaab, 0x3eaaaaab
bigs:
big: dd 0x7f000000, 0x7f000000, 0x7f000000, 0x7f000000
mixed: dd 1.0, 1, 1.0, 1.0
tiny: dd 1
small: dd 0x00800000
nan: dd 0x7fc00000
word_: dd 0
