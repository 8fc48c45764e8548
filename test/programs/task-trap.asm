; The T bit of a task-state segment: a trap in the new task, before its first instruction, with BT in DR6, behind the error code that
; has been pushed there. SDM vol. 3 sections 7.2.1, 17.3.1.5.
; qemu: knows no T bit
%include "prelude.inc"
TASK2   equ FREE

%macro prepare 1 ; EIP of TASK2
  mov dword [TSS2 + 0x20], %1
  mov dword [TSS2 + 0x24], 2
  mov dword [TSS2 + 0x38], STACK1
  mov dword [TSS2 + 0x48], DATA0
  mov dword [TSS2 + 0x4c], CODE0
  mov dword [TSS2 + 0x50], DATA0
  mov dword [TSS2 + 0x54], DATA0
  mov dword [TSS2 + 0x64], 1
%endmacro

body:
  descriptor TASK2, TSS2, 0x67, 0x0089
  mov dword [IDT + 13 * 8], TASK2 << 16
  mov dword [IDT + 13 * 8 + 4], 0x8500
  prepare called
  call TASK2:0
  prepare faulted
  mov dword [resume], trapped
faulting:
  mov fs, [code_selector]
  hlt
called:
  iret
faulted:
  jmp done
trapped:
  mov eax, [STACK1 - 4]
  mov [DATA], eax
  str [DATA + 4]
  jmp done

code_selector dw 0x1f0       ; nothing there
align 4
expectations:
  event 1, 0, called, CODE0, 0, 0x10000, 0xffff8ff0
  event 1, 0, faulted, CODE0, 0, 0x10000, 0xffff8ff0
  holds DATA, 0x1f0
  holds DATA + 4, TASK2, 0xffff
expectations_end:
%include "tables.inc"
