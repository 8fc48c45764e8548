; DR7.GD: any MOV of a debug register faults with BD, and GD is off then. DR4 and DR5 are DR6 and DR7 but with CR4.DE; bits that
; are fixed. Only level 0 may touch them, which comes first. SDM vol. 3 sections 17.2.1 to 17.2.4, 17.3.1.3.
; qemu: has no general detect
%include "prelude.inc"

body:
  ; GD.
  mov eax, 0x2400
  mov dr7, eax
guarded:
  mov eax, dr0
  faults_to guarded_2
  mov eax, 0x2400
  mov dr7, eax
  jmp guarded
guarded_2:
  mov eax, dr7
  mov [DATA + 4], eax
  goes_on
  ; Fixed bits.
  xor eax, eax
  dec eax
  mov dr6, eax
  mov ebx, dr6
  mov [DATA + 8], ebx
  xor eax, eax
  mov dr6, eax
  db 0x0f, 0x21, 0xe3       ; mov ebx, dr4
  mov [DATA + 12], ebx
  mov eax, 0xff00d955       ; fields of DR0 and DR1: nothing that matters; all bits that are zero
  and eax, 0xffffff00
  db 0x0f, 0x23, 0xe8       ; mov dr5, eax
  mov ebx, dr7
  mov [DATA + 16], ebx
  xor eax, eax
  mov dr7, eax
  mov eax, 8
  mov cr4, eax
  faults_to undefined_1
undefined:
  db 0x0f, 0x21, 0xe3       ; mov ebx, dr4
undefined_1:
  faults_to undefined_3
undefined_2:
  db 0x0f, 0x23, 0xe8       ; mov dr5, eax
undefined_3:
  goes_on
  to_user user
user:
  faults_to back
outside:
  mov eax, dr7
back:
  jmp done

expectations:
  event 1, 0, guarded, CODE0, 0x10000, 0x10000, 0xffff2ff0
  event 1, 0, guarded, CODE0, 0x10000, 0x10000, 0xffff2ff0
  event 6, 0, undefined, CODE0
  event 6, 0, undefined_2, CODE0
  event 13, 0, outside, CODE3
  holds DATA + 4, 0x400
  holds DATA + 8, 0xffffeff0 | 0xf
  holds DATA + 12, 0xffff0ff0
  holds DATA + 16, 0xff000500
expectations_end:
%include "tables.inc"
