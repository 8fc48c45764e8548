; SYSCALL and SYSRET outside of 64-bit mode (AMD's manual, vol. 3), RDTSCP.
%include "prelude.inc"
EFER equ 0xc0000080
STAR equ 0xc0000081

body:
  ; Without EFER.SCE they are undefined.
  mov ecx, EFER
  xor eax, eax
  xor edx, edx
  wrmsr
  try syscall                   ;= #6(0)
  mov ebx, .behind
  db 0x0f, 7                     ;= #6(0)
.behind:
  mov ecx, EFER
  mov eax, 1
  wrmsr
  rdmsr
  log eax                       ;= 1
  mov eax, 2
  try wrmsr                     ;= #13(0)
  ; To level 0 at `entry`, CS 8 and SS 10h; back to CS 1Bh and SS 23h.
  mov ecx, STAR
  mov eax, entry
  mov edx, 0x00180008
  wrmsr
  mov [kernel_esp], esp
  user
  mov esi, esp
  mov eax, 0x1234
  syscall
  pushfd
  pop edx
  mov ecx, cs
  mov ebp, ss
  mov ebx, .back + ALIAS
  db 0x0f, 7                     ;= #13(0)
.back:
  kernel
  log eax                       ;= 2345
  and edx, 0x3200
  log edx                       ;= 3200
  and ecx, 0xffff
  log ecx                       ;= 1b
  log ebp                       ;= 23
  log esi                       ;= 46f000
  mov ecx, 0xc0000103
  mov eax, 7
  xor edx, edx
  wrmsr
  xor ecx, ecx
  rdtscp
  log ecx                       ;= 7
  ; CR4.TSD closes it outside of level 0.
  mov eax, 1 << 2
  mov cr4, eax
  rdtscp
  user
  try3 rdtscp                   ;= #13(0)
  kernel
  ret

entry:
  ; The stack is the caller's still, and closed to nobody.
  add eax, 0x1111
  mov edi, cs
  mov ebx, ss
  shl ebx, 16
  or edi, ebx
  cmp edi, 0x00100008
  jne .wrong
  pushfd
  pop edi
  test edi, 1 << 9
  jnz .wrong
  db 0x0f, 7
.wrong:
  hlt
