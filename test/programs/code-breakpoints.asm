; Instruction breakpoints: a fault in front of the instruction, with RF clear; RF lets it pass, once; not behind MOV SS;
; only at the first byte. SDM vol. 3 sections 17.2.4, 17.3.1.1.
; qemu: stops behind MOV SS, too (section 17.3.1.1: as if RF were set)
%include "prelude.inc"

body:
  mov dword [resume_rf], 1
  mov eax, here
  mov dr0, eax
  mov eax, after_ss
  mov dr1, eax
  mov eax, inside + 1
  mov dr2, eax
  mov eax, last
  mov dr3, eax
  mov eax, 0x4aa            ; all global
  mov dr7, eax
  mov ecx, 3
here:
  inc dword [DATA]
  dec ecx
  jnz here
  mov ax, DATA0
  mov ss, ax
after_ss:
  inc dword [DATA]
inside:
  mov eax, 1
last:
  jmp next
next:
  xor eax, eax
  mov dr7, eax
  jmp done

expectations:
  event 1, 0, here, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, here, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, here, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, last, CODE0, 0, 0x10000, 0xffff0ff8
  holds DATA, 4
expectations_end:
%include "tables.inc"
