; Single step with TF: a trap behind each instruction, none behind the one that sets it; not behind MOV SS and POP SS, but behind the next;
; behind STI; repeated strings step by iterations; INT n, INT3 and INTO go in with TF clear, IRET brings it back; POPF that clears it;
; LSS is as any other. SDM vol. 3 sections 17.3.1.4, 6.8.3.
; qemu: holds the trap off behind STI and LSS, too, and pushes RF clear between two iterations
%include "prelude.inc"
TF equ 0x100

body:
  mov esp, STACK0
  mov esi, DATA
  mov edi, DATA + 0x100
  mov ecx, 3
  pushfd
  or dword [esp], TF
  popfd
s0:
  nop
s1:
  rep movsb
s2:
  mov ax, ss
s3:
  mov ss, ax
  nop
s4:
  push ss
s5:
  pop ss
  inc eax
s6:
  sti
s7:
  cli
s8:
  int 0x42
s9:
  pushfd
s10:
  and dword [esp], ~TF
s11:
  popfd
s12:
  nop
  mov esp, STACK0
  mov ecx, 1
  push dword 2
  push dword 2 | TF
  popfd
t0:
  lss esp, [lss_pointer]
t1:
  jmp t3
t2:
  nop
t3:
  loop t3
t4:
  lar eax, ax
t5:
  cpuid
t6:
  popfd                      ; the flags of the beginning are still there
t7:
  nop
  jmp done

align 4
lss_pointer dd STACK0 - 4
  dw DATA0
align 4
BS equ 0xffff4ff0
%macro step 1
  event 1, 0, %1, CODE0, TF, TF, BS
%endmacro
expectations:
  step s1
  event 1, 0, s1, CODE0, TF | 0x10000, TF | 0x10000, BS
  event 1, 0, s1, CODE0, TF | 0x10000, TF | 0x10000, BS
  event 1, 0, s2, CODE0, TF, TF | 0x10000, BS
  step s3
  step s4
  step s5
  step s6
  step s7
  step s8
  event 0x42, 0, s9, CODE0, TF, TF
  step s10
  step s11
  event 1, 0, s12, CODE0, 0, TF, BS
  step t1
  step t3
  step t4
  step t5
  step t6
  event 1, 0, t7, CODE0, 0, TF, BS
expectations_end:
%include "tables.inc"
