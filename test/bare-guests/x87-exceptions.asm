; x87 exceptions (SDM vol. 1 sections 8.5 to 8.7, vol. 3 section 2.5): masked responses, #MF at the next instruction that waits,
; those that do not; #NM by CR0.TS, MP and EM.
%include "prelude.inc"
CR0_MP equ 1 << 1
CR0_EM equ 1 << 2
CR0_TS equ 1 << 3
CR0_NE equ 1 << 5

%macro control 1
  mov word [word_], %1
  fldcw [word_]
%endmacro
; Status word without TOP.
%macro log_status 0
  fnstsw ax
  and eax, 0xc7ff
  log eax
%endmacro
%macro log_st0 0
  fstp tword [number]
  movzx eax, word [number + 8]
  log eax
  mov eax, [number + 4]
  log eax
  mov eax, [number]
  log eax
%endmacro

body:
  mov eax, 1 << 9
  mov cr4, eax
  mov eax, cr0
  and eax, ~(CR0_EM | CR0_TS)
  or eax, CR0_NE | CR0_MP
  mov cr0, eax
  fninit
  ; Masked: 0/0, 1/0, sqrt(-1), 1/3, a stack that is empty, one that is full.
  fldz
  fldz
  fdivp
  log_status                    ;= 1
  log_st0                       ;= ffff c0000000 0
  fnclex
  fld1
  fldz
  fdivp
  log_status                    ;= 4
  log_st0                       ;= 7fff 80000000 0
  fnclex
  fld1
  fld tword [three]
  fdivp
  log_status                    ;= 220
  log_st0                       ;= 3ffd aaaaaaaa aaaaaaab
  fnclex
  fadd st0, st1
  log_status                    ;= 41
  fnclex
  fninit
  fld1
  fld1
  fld1
  fld1
  fld1
  fld1
  fld1
  fld1
  fld1
  log_status                    ;= 241
  log_st0                       ;= ffff c0000000 0
  fninit
  ; Denormals, unnormals, pseudo-values.
  fld tword [denormal]
  fld1
  fmulp
  log_status                    ;= 2
  log_st0                       ;= 0 0 1
  fnclex
  fld tword [unnormal]
  fld1
  faddp
  log_status                    ;= 1
  log_st0                       ;= ffff c0000000 0
  fnclex
  fld tword [pseudo_denormal]
  fld1
  fmulp
  log_status                    ;= 2
  log_st0                       ;= 1 80000000 1
  fnclex
  fld tword [pseudo_infinity]
  fxam
  fnstsw ax
  and eax, 0x4700
  log eax                       ;= 0
  fchs
  fabs
  log_status                    ;= 0
  fcomp st0
  log_status                    ;= 4501

  ; Unmasked: the instruction leaves its operands, #MF comes with the next that waits, and says where.
  fninit
  control 0x37b
  fld1
  fldz
  try fdivp
  log_status                    ;= 8084
  try fnop                      ;= #16(0)
  try fwait                     ;= #16(0)
  try fld1                      ;= #16(0)
  try paddb mm0, mm0            ;= #16(0)
  try emms                      ;= #16(0)
  try fldenv [DATA]             ;= #16(0)
  ; These do not wait.
  try fnstcw [word_]
  try fnstsw [word_]
  try fnsave [DATA]
  frstor [DATA]
  try fnop                      ;= #16(0)
  try fxsave [DATA]
  fnclex
  try fnop
  ; The quotient was not stored, and nothing was popped.
  fxch
  log_st0                       ;= 3fff 80000000 0
  log_st0                       ;= 0 0 0
  ; Unmasking what is pending already raises it with the next, masking keeps it.
  fninit
  fld1
  fldz
  fdivp
  control 0x37b
  try fnop                      ;= #16(0)
  fnclex
  ; A store to memory that is inexact and unmasked is made; one that overflows is not.
  fninit
  control 0x35f
  fld tword [third]
  mov dword [number], 0
  fstp dword [number]
  try fnop                      ;= #16(0)
  log_status                    ;= 82a0
  mov eax, [number]
  log eax                       ;= 3eaaaaab
  fnclex
  control 0x337
  fld tword [huge]
  mov dword [number], 0x1234
  fst dword [number]
  try fnop                      ;= #16(0)
  mov eax, [number]
  log eax                       ;= 1234
  fninit

  ; CR0.TS: #NM for all but WAIT, and for that with MP.
  mov eax, cr0
  or eax, CR0_TS
  mov cr0, eax
  try fld1                      ;= #7(0)
  try fnstsw ax                 ;= #7(0)
  try fninit                    ;= #7(0)
  try fwait                     ;= #7(0)
  mov eax, cr0
  and eax, ~CR0_MP
  mov cr0, eax
  try fwait
  try fnclex                    ;= #7(0)
  clts
  mov eax, cr0
  or eax, CR0_EM
  mov cr0, eax
  try fld1                      ;= #7(0)
  try fwait
  try paddb mm0, mm0            ;= #6(0)
  mov eax, cr0
  and eax, ~CR0_EM
  or eax, CR0_MP
  mov cr0, eax
  fninit
  ret

align 8
word_: dd 0
number: times 3 dd 0
three: dw 0, 0, 0, 0xc000, 0x4000
third: dq 0xaaaaaaaaaaaaaaaa
  dw 0x3ffd
huge: dq 0x8000000000000000
  dw 0x7000
denormal: dq 1
  dw 0
unnormal: dq 0x4000000000000000
  dw 0x3fff
pseudo_denormal: dq 0x8000000000000001
  dw 0
pseudo_infinity: dq 0
  dw 0x7fff
