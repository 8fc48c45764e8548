; Instructions whose operands reach into a page that is not there: registers, flags, x87 and memory are as the manual (or,
; of REP, the count) says. What test/programs/restarts.asm has is not here again.
%include "prelude.inc"
EDGE equ DATA + 0x1000
HOLE_PTE equ PT0 + (EDGE >> 12) * 4

; A floating-point status word, TOP and tags, in one word.
%macro log_fpu 0
  fnstenv [environment]
  mov ax, [environment + 4]
  shl eax, 16
  mov ax, [environment + 8]
  log eax
%endmacro

body:
  mov eax, 1 << 9
  mov cr4, eax
  mov dword [HOLE_PTE], 0
  invlpg [EDGE]
  mov edi, DATA
  mov eax, 0x11223344
  mov ecx, 0x400
  cld
  rep stosd

  ; REPE CMPSB, SCASD, LODSW: the elements before the edge count, flags are of the last one.
  mov esi, EDGE - 3
  mov edi, DATA + 1
  mov ecx, 10
  cmp eax, eax
  try repe cmpsb                ;= #PF(0)@51000
  sub esi, EDGE
  log ecx                       ;= 7
  log esi                       ;= 0
  mov edi, EDGE - 8
  mov ecx, 10
  try repe scasd                ;= #PF(0)@51000
  mov edx, edi
  sub edx, EDGE
  log ecx                       ;= 8
  log edx                       ;= 0
  mov esi, EDGE - 2
  mov ecx, 3
  mov eax, 0
  try rep lodsw                 ;= #PF(0)@51000
  sub esi, EDGE
  log esi                       ;= 0
  log ecx                       ;= 2
  log eax                       ;= 1122
  ; MOVSD, of which an element lies across the edge: it is not moved, nor are its first bytes. Backwards too.
  mov esi, DATA
  mov edi, EDGE - 6
  mov dword [EDGE - 6], 0
  mov word [EDGE - 2], 0x5555
  mov ecx, 5
  try rep movsd                 ;= #PF(2)@51000
  log ecx                       ;= 4
  sub esi, DATA
  log esi                       ;= 4
  movzx eax, word [EDGE - 2]
  log eax                       ;= 5555
  mov dword [EDGE - 4], 0x11223344
  std
  mov esi, DATA + 8
  mov edi, EDGE
  mov ecx, 2
  try rep movsd                 ;= #PF(2)@51000
  cld
  log ecx                       ;= 2
  sub esi, DATA
  log esi                       ;= 8
  ; A source that is not there counts before a destination that is not.
  mov esi, EDGE
  mov edi, EDGE + 8
  try movsd                     ;= #PF(0)@51000

  ; LEAVE: neither ESP nor EBP.
  mov esi, esp
  mov ebp, EDGE
  try leave                     ;= #PF(0)@51000
  sub esi, esp
  log esi                       ;= 0
  sub ebp, EDGE
  log ebp                       ;= 0
  ; BOUND: the upper bound is not there.
  mov eax, 0x11223344
  try bound eax, [EDGE - 4]     ;= #PF(0)@51000
  mov dword [EDGE - 8], 0
  mov dword [EDGE - 4], 0x7fffffff
  try bound eax, [EDGE - 8]

  ; Exchanges: the register stays, nothing is written.
  mov eax, 0x77777777
  mov ecx, eax
  mov edx, [EDGE - 4]
  try xchg eax, [EDGE - 2]      ;= #PF(2)@51000
  try xadd [EDGE - 2], eax      ;= #PF(2)@51000
  try cmpxchg [EDGE - 2], ecx   ;= #PF(2)@51000
  try add [EDGE - 2], eax       ;= #PF(2)@51000
  try sgdt [EDGE - 4]           ;= #PF(2)@51000
  try neg dword [EDGE - 1]      ;= #PF(2)@51000
  try shl dword [EDGE - 1], 1   ;= #PF(2)@51000
  sub eax, ecx
  log eax                       ;= 0
  sub edx, [EDGE - 4]
  log edx                       ;= 0
  ; CMPXCHG8B needs to write whatever it finds.
  mov eax, [EDGE - 4]
  try cmpxchg8b [EDGE - 4]      ;= #PF(2)@51000
  ; PUSH and POP of memory, CALL through memory: ESP stays.
  mov esi, esp
  try push dword [EDGE - 2]     ;= #PF(0)@51000
  try pop dword [EDGE - 2]      ;= #PF(2)@51000
  try call [EDGE - 2]           ;= #PF(0)@51000
  try jmp far [EDGE - 4]        ;= #PF(0)@51000
  try lgs eax, [EDGE - 4]       ;= #PF(0)@51000
  sub esi, esp
  log esi                       ;= 0

  ; x87: no pop, no state lost. Of images the last byte is what is missed, as on AMD's processors.
  fninit
  fld1
  fldpi
  log_fpu                       ;= 30000fff
  try fstp tword [EDGE - 8]     ;= #PF(2)@51000
  try fbstp [EDGE - 8]          ;= #PF(2)@51000
  try fistp qword [EDGE - 4]    ;= #PF(2)@51000
  try fstp dword [EDGE - 2]     ;= #PF(2)@51000
  try fld tword [EDGE - 8]      ;= #PF(0)@51000
  try fld qword [EDGE - 4]      ;= #PF(0)@51000
  try fadd dword [EDGE - 2]     ;= #PF(0)@51000
  try fnsave [EDGE - 60]        ;= #PF(2)@5102f
  try frstor [EDGE - 60]        ;= #PF(0)@5102f
  try fnstenv [EDGE - 20]       ;= #PF(2)@51007
  try fldenv [EDGE - 20]        ;= #PF(0)@51007
  try fnstcw [EDGE - 1]         ;= #PF(2)@51000
  try fldcw [EDGE - 1]          ;= #PF(0)@51000
  try fnstsw [EDGE - 1]         ;= #PF(2)@51000
  try fxsave [EDGE - 256]       ;= #PF(2)@510ff
  try fxrstor [EDGE - 256]      ;= #PF(0)@510ff
  log_fpu                       ;= 30000fff
  fistp dword [DATA]
  mov eax, [DATA]
  log eax                       ;= 3
  fninit
  ; MASKMOVDQU writes bytes that are selected; one beyond the edge is a fault, none is not.
  pxor xmm0, xmm0
  pcmpeqb xmm1, xmm1
  mov edi, EDGE - 8
  try maskmovdqu xmm0, xmm1     ;= #PF(2)@51000
  psrldq xmm1, 8
  try maskmovdqu xmm0, xmm1
  mov eax, [EDGE - 4]
  log eax                       ;= 0
  ret
environment: times 28 db 0
