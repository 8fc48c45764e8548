; Data breakpoints and accesses of every width and kind: x87, MMX and SSE operands, images, pushes of several registers, strings copied many at a time,
; locked exchanges, what crosses into a watched page, and what comes near. SDM vol. 3 section 17.2.5.
%include "prelude.inc"

%macro at_dr0 1 ; address: one byte, writes
  mov eax, %1
  mov dr0, eax
%endmacro

body:
  mov eax, cr0
  and eax, ~4
  mov cr0, eax
  mov eax, 0x600
  mov cr4, eax
  fninit
  at_dr0 DATA + 15
  mov eax, 0x00010402
  mov dr7, eax
  xorps xmm0, xmm0
  movups [DATA], xmm0        ; bytes 0 to 15
w1:
  movups [DATA - 16], xmm0
  movups [DATA + 16], xmm0
  movlps [DATA + 8], xmm0
w2:
  movss [DATA + 12], xmm0
w3:
  movss [DATA + 16], xmm0
  fld1
  fst qword [DATA + 9]
w4:
  fst qword [DATA + 7]       ; bytes 7 to 14
  fstp tword [DATA + 6]      ; bytes 6 to 15
w5:
  pxor mm0, mm0
  movq [DATA + 8], mm0
w6:
  emms
  fnstenv [DATA]
w7:
  fxsave [DATA]
w8:
  mov esp, DATA + 0x20
  pusha                      ; bytes 0 to 31
w9:
  mov esp, DATA + 0x18
  push dword 0
  push dword 0
w10:
  call w11                   ; bytes 12 to 15
w11:
  enter 0, 0
w12:
  mov esp, STACK0
  xor eax, eax
  xor edx, edx
  xor ebx, ebx
  xor ecx, ecx
  lock cmpxchg8b [DATA + 8]
w13:
  xchg [DATA + 15], al
w14:
  bts dword [DATA], ebx      ; bytes 0 to 3
  mov ecx, 127
  bts dword [DATA], ecx      ; bit 127 is in bytes 12 to 15
w15:
  sgdt [DATA + 10]
w16:
  mov esi, DATA + 0x800
  mov edi, DATA - 64
  mov ecx, 64
  rep movsd                  ; stops behind the one that writes bytes 12 to 15
w17:
  setz [DATA + 15]
w18:
  cmp byte [DATA + 15], 1    ; a read
  mov al, [DATA + 15]
  ; Reads and writes, four bytes.
  xor eax, eax
  mov dr7, eax
  at_dr0 DATA + 0x1000
  mov eax, 0x000f0402
  mov dr7, eax
  mov eax, [DATA + 0xffd]    ; into the watched page
r1:
  movups xmm0, [DATA + 0xff4]
r2:
  movups xmm0, [DATA + 0xff0]
  fld tword [DATA + 0xff8]
r3:
  mov esi, DATA + 0xf00
  mov edi, DATA + 0x400
  mov ecx, 0x42
  rep movsd
r4:
  lodsd
  xor eax, eax
  mov dr7, eax
  mov cr4, eax
  jmp done

align 4
expectations:
%macro write 1
  event 1, 0, %1, CODE0, 0, 0, 0xffff0ff1
%endmacro
  write w1
  write w2
  write w3
  write w4
  write w5
  write w6
  write w7
  write w8
  write w9
  write w11
  write w13
  write w14
  write w15
  write w16
  write w17 - 2
  write w18
  write r1
  write r2
  write r3
  write r4 - 2
expectations_end:
%include "tables.inc"
