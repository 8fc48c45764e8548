; Single steps by branches (IA32_DEBUGCTL.BTF): with TF set, a trap behind branches that are taken, and behind nothing else; BTF goes off with the trap.
; SDM vol. 3 section 17.4.3.
; qemu: has no BTF
%include "prelude.inc"

%macro by_branches 0
  mov ecx, 0x1d9
  mov eax, 2
  xor edx, edx
  wrmsr
  pushfd
  or dword [esp], 0x100
  popfd
%endmacro

body:
  mov esp, STACK0
  mov dword [resume], first
  by_branches
  nop
  mov esi, DATA
  mov edi, DATA
  xor eax, eax
  jnz first                  ; not taken
  mov ecx, 2
  rep movsb
  jz taken
  hlt
taken:
  hlt
first:
  mov ecx, 0x1d9
  rdmsr
  mov [DATA + 0x10], eax
  mov dword [resume], second
  by_branches
  inc eax
  call called
called:
  hlt
second:
  jmp done

align 4
expectations:
  event 1, 0, taken, CODE0, 0x100, 0x100, 0xffff4ff0
  event 1, 0, called, CODE0, 0x100, 0x100, 0xffff4ff0
  holds DATA + 0x10, 0
expectations_end:
%include "tables.inc"
