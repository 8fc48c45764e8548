; Task switches by JMP, CALL, IRET and INT through a task gate, 32- and 16-bit: what is saved where, the link back, NT, busy bits,
; CR0.TS, LDT, the error code of a fault, local breakpoints that go. SDM vol. 3 sections 7.2 to 7.4.
; qemu: leaves DR7 alone; the upper halves of registers of a 16-bit task are undefined
%include "prelude.inc"
TASK2   equ FREE         ; 32-bit, TSS2
TASK16  equ FREE + 8     ; 16-bit, TSS3
GATE    equ FREE + 0x10  ; task gate to TASK2
TABLE   equ FREE + 0x18  ; an LDT
IN_LDT  equ 0x04         ; data, in the LDT

%macro prepare 1 ; EIP of TASK2
  mov dword [TSS2 + 0x1c], 0
  mov dword [TSS2 + 0x20], %1
  mov dword [TSS2 + 0x24], 0x802    ; OF
  mov dword [TSS2 + 0x28], 0x11111111
  mov dword [TSS2 + 0x2c], 0x22222222
  mov dword [TSS2 + 0x38], STACK1
  mov dword [TSS2 + 0x48], DATA0
  mov dword [TSS2 + 0x4c], CODE0
  mov dword [TSS2 + 0x50], DATA0
  mov dword [TSS2 + 0x54], DATA0
  mov dword [TSS2 + 0x58], IN_LDT
  mov dword [TSS2 + 0x5c], 0
  mov dword [TSS2 + 0x60], TABLE
  mov dword [TSS2 + 0x64], 0
%endmacro

body:
  descriptor TASK2, TSS2, 0x67, 0x0089
  descriptor TASK16, TSS3, 0x2b, 0x0081
  descriptor TABLE, LDT, 0xf, 0x0082
  mov dword [LDT], LOW(DATA, 0xfff)
  mov dword [LDT + 4], HIGH(DATA, 0xfff, 0x4093)
  gate GDT + GATE, TASK2, 0, 0x85, 0
  mov dword [IDT + 0x42 * 8], TASK2 << 16
  mov dword [IDT + 0x42 * 8 + 4], 0x8500
  mov dword [IDT + 13 * 8], TASK2 << 16
  mov dword [IDT + 13 * 8 + 4], 0x8500

  ; CALL, and IRET back.
  prepare called
  mov eax, 0xaaaaaaaa
  mov ecx, 0xcccccccc
  mov ebx, 0x401 | 0x55      ; local breakpoints, which go
  mov dr7, ebx
  clts
  stc
  call TASK2:0
back:
  mov [DATA + 0x20], eax     ; as saved
  pushfd
  pop dword [DATA + 0x24]
  str [DATA + 0x28]
  mov eax, [GDT + TASK2 + 4]
  mov [DATA + 0x2c], eax
  mov eax, [GDT + TASK + 4]
  mov [DATA + 0x30], eax
  mov eax, [TSS2 + 0x24]     ; IRET saved its flags without NT
  mov [DATA + 0x34], eax
  mov eax, [TSS2 + 0x20]
  mov [DATA + 0x38], eax
  ; JMP to it, and back.
  prepare jumped
  jmp TASK2:0
jumped_back:
  ; INT through a task gate.
  prepare interrupted
  int 0x42
int_back:
  ; A fault with an error code, through a task gate.
  prepare faulted
faulting:
  mov fs, [code_selector]
  ; 16-bit.
trapped:
  str [DATA + 0x64]
  mov ax, TABLE
  lldt ax
  mov word [TSS3 + 0x0e], small_task - IMAGE
  mov word [TSS3 + 0x10], 0x0003
  mov word [TSS3 + 0x12], 0x5555
  mov word [TSS3 + 0x1a], 0x1000
  mov word [TSS3 + 0x22], DATA0
  mov word [TSS3 + 0x24], CODE16
  mov word [TSS3 + 0x26], DATA0
  mov word [TSS3 + 0x28], DATA0
  mov word [TSS3 + 0x2a], 0
  mov byte [GDT + TASK2 + 5], 0x89
  jmp TASK16:0

called:
  mov [DATA], eax
  mov [DATA + 4], ecx
  mov [DATA + 8], fs
  mov [DATA + 0xa], gs
  pushfd
  pop dword [DATA + 0xc]
  mov eax, cr0
  mov [DATA + 0x10], eax
  mov eax, [TSS2]
  mov [DATA + 0x14], eax
  mov eax, dr7
  mov [DATA + 0x18], eax
  sldt [DATA + 0x1c]
  str [DATA + 0x1e]
  mov eax, [GDT + TASK + 4]  ; both are busy
  mov [DATA + 0x3c], eax
  mov eax, [fs:0]
  mov [DATA + 0x40], eax
  iret
called_again:
  hlt

jumped:
  pushfd
  pop dword [DATA + 0x44]
  mov eax, [GDT + TASK + 4]
  mov [DATA + 0x48], eax
  mov eax, [TSS + 0x20]
  mov [DATA + 0x4c], eax
  jmp TASK:0

interrupted:
  mov eax, [TSS + 0x20]
  mov [DATA + 0x50], eax
  mov [DATA + 0x54], esp
  iret

faulted:
  pop dword [DATA + 0x60]
  mov [DATA + 0x80], esp
  mov eax, [TSS + 0x20]
  mov [DATA + 0x84], eax
  jmp trapped

bits 16
small_task:
  mov [dword DATA + 0x68], eax
  mov [dword DATA + 0x6c], esp
  mov [dword DATA + 0x70], fs
  mov [dword DATA + 0x72], gs
  sldt [dword DATA + 0x74]
  str [dword DATA + 0x76]
  lahf
  mov [dword DATA + 0x78], ah
  jmp dword CODE0:done

bits 32
code_selector dw 0x1f0       ; nothing there
align 4
expectations:
  holds DATA, 0x11111111
  holds DATA + 4, 0x22222222
  holds DATA + 8, IN_LDT
  holds DATA + 0xc, 0x4802
  holds DATA + 0x10, 0x39
  holds DATA + 0x14, TASK
  holds DATA + 0x18, 0x400
  holds DATA + 0x1c, TASK2 << 16 | TABLE
  holds DATA + 0x20, 0xaaaaaaaa
  holds DATA + 0x24, 3, 0x4d03
  holds DATA + 0x28, TASK, 0xffff
  holds DATA + 0x2c, 0x8900, 0xff00
  holds DATA + 0x30, 0x8b00, 0xff00
  holds DATA + 0x34, 0x802
  holds DATA + 0x38, called_again
  holds DATA + 0x3c, 0x8b00, 0xff00
  holds DATA + 0x40, 0x11111111
  holds DATA + 0x44, 0x802
  holds DATA + 0x48, 0x8900, 0xff00
  holds DATA + 0x4c, jumped_back
  holds DATA + 0x50, int_back
  holds DATA + 0x54, STACK1
  holds DATA + 0x60, 0x1f0
  holds DATA + 0x80, STACK1
  holds DATA + 0x84, faulting
  holds DATA + 0x64, TASK2, 0xffff
  holds DATA + 0x68, 0xffff5555
  holds DATA + 0x6c, 0xffff1000
  holds DATA + 0x70, 0
  holds DATA + 0x74, TASK16 << 16
  holds DATA + 0x78, 3, 0xff
expectations_end:
%include "tables.inc"
