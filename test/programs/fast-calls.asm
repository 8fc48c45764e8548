; SYSENTER and SYSEXIT: flat segments by the selector in an MSR, whatever the descriptors say; flags; a null selector, the wrong level.
; SDM vol. 2 SYSENTER, SYSEXIT.
%include "prelude.inc"

body:
  xor edx, edx
  mov ecx, 0x174
  xor eax, eax
  wrmsr
  bad null_enter, sysenter
  bad null_exit, sysexit
  mov ecx, 0x174
  mov eax, CODE0
  xor edx, edx
  wrmsr
  mov ecx, 0x175
  mov eax, STACK1
  wrmsr
  mov ecx, 0x176
  mov eax, entered
  wrmsr
  mov dword [resume], over
  to_user user
user:
  push dword 0x3202 & ~0x3000
  popfd
  mov edx, came_back
  mov ecx, STACK3 - 0x40
  sysenter
came_back:
  mov [DATA + 0x10], esp
  mov [DATA + 0x14], cs
  mov [DATA + 0x16], ss
  pushfd
  pop dword [DATA + 0x18]
exit_3:
  sysexit
over:
  jmp done

entered:
  mov [DATA], esp
  mov [DATA + 4], cs
  mov [DATA + 6], ss
  pushfd
  pop dword [DATA + 8]
  mov eax, cr0
  sysexit

align 4
expectations:
  event 13, 0, null_enter, CODE0
  event 13, 0, null_exit, CODE0
  event 13, 0, exit_3, CODE3
  holds DATA, STACK1
  holds DATA + 4, DATA0 << 16 | CODE0
  holds DATA + 8, 0, 0x20200
  holds DATA + 0x10, STACK3 - 0x40
  holds DATA + 0x14, DATA3 << 16 | CODE3
  holds DATA + 0x18, 0, 0x200
expectations_end:
%include "tables.inc"
