; 16-bit protected mode: a 16-bit code segment with a 16-bit stack, of which only SP counts; pushes of every width, PUSHA, ENTER, LEAVE, POP ESP, RET n; far
; calls there and back between code of both widths; 16-bit interrupt gates; a 16-bit TSS whose stacks serve gates of both widths; bit strings and
; strings whose addresses wrap at 64 KiB. SDM vol. 1 sections 3.6, 6.2; vol. 3 sections 5.8, 20.4, 21.4.
%include "prelude.inc"
CODE16_3 equ FREE | 3       ; as CODE16, level 3
STACK16  equ FREE + 8       ; 16-bit stack, base STACK1 - 8000h
STACK163 equ FREE + 0x10 | 3
TASK16   equ FREE + 0x18
GATE32   equ FREE + 0x20 | 3
SEGD     equ FREE + 0x28    ; 64 KiB at DATA
BASE1    equ STACK1 - 0x8000
BASE3    equ STACK3 - 0x8000

body:
  descriptor FREE, IMAGE, 0xffff, 0x00fb
  descriptor STACK16, BASE1, 0xffff, 0x0093
  descriptor STACK163, BASE3, 0xffff, 0x00f3
  descriptor TASK16, TSS3, 0x2b, 0x0081
  descriptor SEGD, DATA, 0xffff, 0x00f3
  gate GDT + (GATE32 & ~7), CODE0, inner32, 0xec, 1
  gate IDT + 0x45 * 8, CODE16, handler16 - IMAGE, 0xe6, 0
  ; A 16-bit gate leads to 16-bit code: offsets have 16 bits.
  mov ax, SEGD
  mov fs, ax
  mov ax, STACK16
  mov ss, ax
  mov esp, 0xabcd8000
  jmp CODE16:small - IMAGE
bits 16
small:
  mov eax, 0x11112222
  push ax
  push eax
  push byte -2
  push dword -3
  mov [fs:0], esp
  mov bp, sp
  mov eax, [bp]
  mov [fs:4], eax
  mov ax, [bp + 4]
  mov [fs:8], ax
  add sp, 12
  mov [fs:0xc], esp
  ; PUSHA with SP above: what it pushes for SP, and ESP's upper half.
  mov ecx, 0xcccc0001
  pusha
  mov bp, sp
  mov ax, [bp + 6]
  mov [fs:0x10], ax
  pushad
  mov bp, sp
  mov eax, [bp + 12]
  mov [fs:0x14], eax
  popad
  popa
  mov [fs:0x18], esp
  ; ENTER and LEAVE.
  mov ebp, 0x99998888
  enter 6, 2
  mov [fs:0x1c], ebp
  mov [fs:0x20], esp
  leave
  mov [fs:0x24], ebp
  mov [fs:0x28], esp
  ; POP ESP takes all of it; POP SP not.
  push dword 0x12347ffe
  pop esp
  mov [fs:0x2c], esp
  push word 0x7ff0
  pop sp
  mov [fs:0x30], esp
  mov esp, 0xabcd8000
  ; RET n, near and far, within and across widths.
  push word 0x5555
  push word .after_ret - $$
  ret 2
.after_ret:
  mov [fs:0x34], esp
  call dword CODE0:called32
  mov [fs:0x38], esp
  int 0x45
  mov [fs:0x3c], esp
  ; A bit string below and above: offsets wrap in 16-bit addresses.
  mov ax, -1
  bts word [fs:0], ax        ; bit 15 of the word at FFFEh
  bt word [fs:0xfffe], 15
  setc [fs:0x40]
  jmp dword CODE0:beyond
bits 32
beyond:
  mov ax, DATA0
  mov ss, ax
  mov esp, STACK0
  mov ax, SEGD
  mov fs, ax
  mov es, ax
  ; Strings that wrap: SI and DI.
  mov esi, 0x1fffe
  mov edi, 0x20000
  mov ecx, 0x70002
  mov byte [DATA + 0xfffe], 0x61
  mov byte [DATA + 0xffff], 0x62
  a16 fs rep movsb
  mov [DATA + 0x44], esi
  mov [DATA + 0x48], edi
  mov [DATA + 0x4c], ecx
  mov ax, [DATA]
  mov [DATA + 0x50], ax
  mov ax, DATA0
  mov es, ax
  ; A 16-bit TSS: its stacks serve both gates.
  mov word [TSS3 + 2], 0x8000
  mov word [TSS3 + 4], STACK16
  mov ax, TASK16
  ltr ax
  mov dword [resume], 0
  push dword STACK163
  push dword 0xeeee8000
  push dword 2
  push dword CODE16_3
  push dword user16 - IMAGE
  iret
back_32:
  mov ax, DATA0
  mov ss, ax
  mov ds, ax
  mov es, ax
  mov esp, STACK0
  mov byte [GDT + TASK + 5], 0x89
  mov ax, TASK
  ltr ax
  jmp done

called32:
  movzx ebp, sp              ; ESP as an address would be beyond the limit
  mov eax, [ebp + 4]
  mov [DATA + 0x64], eax
  retf

inner32:
  mov [DATA + 0x70], esp
  movzx ebp, sp
  mov eax, [ebp + 8]
  mov [DATA + 0x74], eax
  mov eax, [ebp + 12]
  mov [DATA + 0x78], eax
  mov eax, [ebp + 16]
  mov [DATA + 0x7c], eax
  jmp back_32

bits 16
handler16:
  push bp
  mov bp, sp
  push ax
  mov ax, [bp + 2]
  mov [fs:0x54], ax
  mov ax, [bp + 4]
  mov [fs:0x56], ax
  mov ax, [bp + 6]
  mov [fs:0x58], ax
  mov [fs:0x5a], cs
  pop ax
  pop bp
  iret
user16:
  mov ax, SEGD | 3
  mov fs, ax
  mov ax, DATA3
  mov ds, ax
  int 0x45
  mov [fs:0x80], esp
  mov [fs:0x84], ss
  push dword 0x77778888
  call dword GATE32:0
  hlt
bits 32

align 4
expectations:
  holds DATA, 0xabcd7ff4 & 0xffff0000, 0xffff0000
  holds DATA + 4, -3
  holds DATA + 8, 0xfffe, 0xffff
  holds DATA + 0xc, 0xabcd8000
  holds DATA + 0x10, 0x8000, 0xffff
  holds DATA + 0x14, 0xabcd7ff0
  holds DATA + 0x18, 0xabcd8000
  holds DATA + 0x1c, 0x99997ffe
  holds DATA + 0x20, 0xabcd7ff4
  holds DATA + 0x24, 0x99998888
  holds DATA + 0x28, 0xabcd8000
  holds DATA + 0x2c, 0x12347ffe
  holds DATA + 0x30, 0x12347ff0
  holds DATA + 0x34, 0xabcd8000
  holds DATA + 0x38, 0xabcd8000
  holds DATA + 0x3c, 0xabcd8000
  holds DATA + 0x40, 1, 0xff
  holds DATA + 0x44, 0x10000
  holds DATA + 0x48, 0x20002
  holds DATA + 0x4c, 0x70000
  holds DATA + 0x50, 0x6261, 0xffff
  holds DATA + 0x58, (CODE16 << 16), 0xffff0000
  holds DATA + 0x64, CODE16
  holds DATA + 0x70, 0x7fec, 0xffff
  holds DATA + 0x74, 0x77778888
  holds DATA + 0x78, 0xeeee7ffc, 0xffff
  holds DATA + 0x7c, STACK163
  holds DATA + 0x80, 0x8000, 0xffff
  holds DATA + 0x84, STACK163, 0xffff
expectations_end:
%include "tables.inc"
