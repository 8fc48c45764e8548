; A task that runs in virtual-8086 mode, entered by CALL; it has no rights (IOPL 0), and what it does is handled at level 0 with the stack of its own TSS;
; IRET of the nested task goes back; a code breakpoint at an address in that mode; a task switch with CR3. SDM vol. 3 sections 7.3, 20.2.3.
; qemu: 7.2 ends by a segmentation fault of its own at the task switch
%include "prelude.inc"
TASK2 equ FREE
SEG86 equ IMAGE / 16
DIR   equ TABLES
DIR2  equ TABLES + 0x1000
PT    equ TABLES + 0x2000
PT2   equ TABLES + 0x3000
ALIAS equ 0x3ff000          ; one page in one directory, another in the other

%macro prepare 1 ; EIP
  descriptor TASK2, TSS2, 0x67, 0x0089
  mov dword [TSS2 + 4], STACK1
  mov dword [TSS2 + 8], DATA0
  mov dword [TSS2 + 0x1c], DIR2
  mov dword [TSS2 + 0x20], %1
  mov dword [TSS2 + 0x24], 0x20002
  mov dword [TSS2 + 0x38], 0x1000
  mov dword [TSS2 + 0x48], 0x1111
  mov dword [TSS2 + 0x4c], SEG86
  mov dword [TSS2 + 0x50], STACK3 / 16 - 0x100
  mov dword [TSS2 + 0x54], DATA / 16
  mov dword [TSS2 + 0x58], 0x2222
  mov dword [TSS2 + 0x5c], 0x3333
  mov dword [TSS2 + 0x60], 0
  mov dword [TSS2 + 0x64], 0x00680000
%endmacro

body:
  ; Two directories: ALIAS is DATA in one, and the page of STACK3 in the other.
  mov edi, DIR
  mov ecx, 0x800
  xor eax, eax
  rep stosd
  mov edi, PT                ; and PT2 behind it
  mov eax, 7
  mov ecx, 0x400
.fill:
  mov [edi + PT2 - PT], eax
  stosd
  add eax, 0x1000
  loop .fill
  mov dword [DIR], PT | 7
  mov dword [DIR2], PT2 | 7
  mov dword [PT + (ALIAS >> 12) * 4], DATA | 7
  mov dword [PT2 + (ALIAS >> 12) * 4], 0x1f000 | 7
  mov dword [0x1f000], 0x22222222
  mov dword [DATA + 0x40], 0
  mov eax, DIR
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  mov eax, wanted
  mov dr0, eax
  mov eax, 0x402             ; global: a task switch leaves it
  mov dr7, eax
  prepare start86 - IMAGE
  mov dword [TSS + 0x1c], DIR ; a task switch does not save CR3
  mov dword [resume], after
  call TASK2:0
  hlt
bits 16
start86:
  mov [0], ds
  mov [2], es
  mov [4], fs
  mov [6], gs
  mov [8], ss
  mov eax, ecx
wanted:
  nop
  hlt
bits 32
; From the handler of #DB: in TASK2, at level 0.
after:
  mov dword [resume], after_2
  mov eax, [ALIAS]
  mov [DATA + 0x10], eax
  str [DATA + 0x14]
  mov eax, cr3
  mov [DATA + 0x18], eax
  ; Into virtual-8086 mode again, behind the breakpoint.
  push dword 0
  push dword 0
  push dword DATA / 16
  push dword 0
  push dword STACK3 / 16 - 0x100
  push dword 0x1000
  push dword 0x20002
  push dword SEG86
  push dword wanted + 1 - IMAGE
  iret
after_2:
  ; IRET with NT: back to TASK, with its directory.
  mov dword [resume], 0
  xor eax, eax
  mov dr7, eax
  mov dword [TSS + 0x20], back
  pushfd
  or dword [esp], 0x4000
  popfd
  iret
back:
  mov eax, cr3
  mov [DATA + 0x1c], eax
  mov eax, [ALIAS + 2]
  mov [DATA + 0x20], eax
  str [DATA + 0x24]
  jmp done

align 4
expectations:
  event 1, 0, wanted - IMAGE, SEG86, 0x20000, 0x30000, 0xffff0ff1
  event 13, 0, wanted + 1 - IMAGE, SEG86, 0x30000, 0x30000
  holds DATA, 0x1111 << 16 | DATA / 16
  holds DATA + 4, 0x3333 << 16 | 0x2222
  holds DATA + 8, STACK3 / 16 - 0x100, 0xffff
  holds DATA + 0x10, 0x22222222
  holds DATA + 0x14, TASK2, 0xffff
  holds DATA + 0x18, DIR2
  holds DATA + 0x1c, DIR
  holds DATA + 0x20, 0x22221111
  holds DATA + 0x24, TASK, 0xffff
expectations_end:
%include "tables.inc"
